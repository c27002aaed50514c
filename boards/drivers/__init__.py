# SPDX-License-Identifier: Apache-2.0
"""PYNQ drivers of krait's kernels. Importing this package binds them to their VLNVs; do so before making an Overlay."""

from collections.abc import Mapping

from boards.drivers.base import Identity, KernelError, KraitIP
from boards.drivers.mamba2_accel import Mamba2Accel
from boards.drivers.striped import StripedIP
from boards.drivers.tern_matvec import TernMatvec
from boards.drivers.ternary_accel import TernaryAccel

__all__ = ["DRIVERS", "Identity", "KernelError", "KraitIP", "Mamba2Accel", "StripedIP", "TernMatvec", "TernaryAccel"]

DRIVERS: Mapping[str, type[StripedIP]] = {driver.KERNEL: driver for driver in (TernMatvec, Mamba2Accel, TernaryAccel)}
"""The driver of each kernel of golden.spec."""

# SPDX-License-Identifier: Apache-2.0
"""PYNQ drivers of krait's kernels. Importing this package binds them to their VLNVs; do so before making an Overlay."""

from boards.drivers.base import Identity, KernelError, KraitIP
from boards.drivers.tern_matvec import TernMatvec

__all__ = ["Identity", "KernelError", "KraitIP", "TernMatvec"]

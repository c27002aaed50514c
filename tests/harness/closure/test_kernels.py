# SPDX-License-Identifier: Apache-2.0
"""Kernels whose coverage is closed: each loads, and what it is asked for exists."""

import pytest

from golden.errors import InputError
from golden.spec.configs import load_config
from harness.closure import kernels
from harness.regress.suites import MODULES


@pytest.mark.parametrize("name", kernels.NAMES)
def test_a_kernel_loads(name: str) -> None:
    """Its configurations exist, its weights are of knobs that it has, and its bins are listed once."""
    kernel = kernels.load(name)
    assert name in MODULES
    assert all(load_config(name, config) for config in kernel.configs)
    assert set(kernel.weights) | set(kernel.frugal) <= set(kernel.values)
    assert len(kernel.bins) == len(set(kernel.bins)) > 100


def test_tern_matvec_has_a_knob_for_every_bin() -> None:
    """140 bins, each with a setting; spans are led and not weighed."""
    kernel = kernels.load("tern_matvec")
    assert len(kernel.bins) == 140
    assert all(kernel.setting(each) is not None for each in kernel.bins)
    assert "vectors" not in kernel.values


def test_another_kernel_is_refused() -> None:
    """The line names those that there are."""
    with pytest.raises(InputError, match="--kernel: found 'abacus', expected one of tern_matvec"):
        kernels.load("abacus")

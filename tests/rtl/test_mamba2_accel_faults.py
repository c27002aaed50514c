# SPDX-License-Identifier: Apache-2.0
"""The tests are tested: a wrong bit in a copy of a unit makes that unit's test fail, and the accelerator's.

All units are a matter of a night (`make faults`); two blocks and the run without a fault are always tried.
"""

from collections.abc import Mapping
from pathlib import Path

import pytest

from golden.errors import CheckError
from harness.sim.model import core_sources
from harness.sim.runner import simulate
from tests.rtl.faults import FAULTS, W4A4, assert_unit_test_finds
from tests.rtl.m2_accel_starts import smallest

pytestmark = pytest.mark.icarus
QUICK = ("dot", "topk")
CASES = [pytest.param(name, marks=() if name in QUICK else pytest.mark.nightly) for name in FAULTS]


def run(profile: str, planted: Mapping[str, Path]) -> None:
    """Run one start of the smallest build of a profile, some files by others."""
    cfg, test = smallest(1, "sim" if profile == W4A4 else "sim_w8a8"), "tests.rtl.cocotb_mamba2_accel"
    files = [planted.get(path.name, path) for path in core_sources("mamba2_accel")]
    simulate("mamba2_accel", files, cfg.parameters, test, testcase="one_start", sim="icarus", timeout_s=600)


@pytest.mark.parametrize("name", CASES)
def test_accelerator_finds_a_planted_fault(name: str, tmp_path: Path) -> None:
    """Law: the first difference is named with its stream or result, its place, the RTL's value and golden's."""
    copy = FAULTS[name].plant(tmp_path)
    with pytest.raises(CheckError, match=r"at \[\d+, \d+\] RTL -?\d+, golden -?\d+; \d+ of \d+ differ"):
        run(FAULTS[name].profile, {copy.name: copy})


@pytest.mark.nightly
@pytest.mark.parametrize("name", FAULTS)
def test_unit_finds_a_planted_fault(name: str, tmp_path: Path) -> None:
    """Law: the unit's own test on Icarus fails in one of its cases, and by a failure of the simulation."""
    assert_unit_test_finds(FAULTS[name], tmp_path)


@pytest.mark.parametrize("profile", ["fastmamba-w8a8", pytest.param(W4A4, marks=pytest.mark.nightly)])
def test_without_a_fault_nothing_is_found(profile: str) -> None:
    """Law: the same start on the sources as they are passes."""
    run(profile, {})

# SPDX-License-Identifier: Apache-2.0
"""checks.vh: a broken rule fails the cocotb run in both simulators, a kept one does not, a build can leave them out."""

from pathlib import Path

import pytest

from golden.errors import CheckError
from harness.sim.runner import simulate
from tests.rtl.dut import SIMS

DESIGN = Path(__file__).with_name("rtl_checks.v")
BROKEN = {"data_changes": "S3", "valid_falls": "S3", "condition_fails": "good is low"}


def run(testcase: str, sim: str, tmp_path: Path, defines: dict[str, str] | None = None) -> None:
    simulate("rtl_checks", [DESIGN], {}, "tests.rtl.cocotb_checks", testcase, sim, workdir=tmp_path, defines=defines)  # type: ignore[arg-type]


@pytest.mark.parametrize("sim", SIMS)
def test_legal_traffic_passes(sim: str, tmp_path: Path) -> None:
    """Nothing that the rules allow, and nothing under reset, trips a check."""
    run("legal", sim, tmp_path)


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("testcase", BROKEN)
def test_violations_fail_the_run(testcase: str, sim: str, tmp_path: Path) -> None:
    """The run fails, and the log says which rule was broken."""
    with pytest.raises(CheckError):
        run(testcase, sim, tmp_path)
    assert BROKEN[testcase] in (tmp_path / "sim.log").read_text()


@pytest.mark.parametrize("define", ["SYNTHESIS", "KRAIT_NO_CHECKS"])
def test_checks_can_be_left_out(define: str, tmp_path: Path) -> None:
    """Under synthesis, and for timed runs, the macros are empty: the same violation passes."""
    run("data_changes,condition_fails", "verilator", tmp_path, {define: "1"})

# SPDX-License-Identifier: Apache-2.0
"""The clock that a build's main program drives is, for Python, the one that cocotb drives."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from golden.errors import InputError
from harness.build import Clock, VerilatorBuild
from harness.build.waves import FILE
from harness.sim.runner import run_cocotb
from tests.harness.regress import toys


def told(clock: Clock | None, folder: Path, **options: Any) -> list[str]:
    """Return what was seen under a clock: that of the main program, or without one cocotb's; `options` of the build."""
    spec = toys.spec("verilator")
    assert isinstance(spec, VerilatorBuild)
    folder.mkdir()
    environment = {"TOLD": str(folder / "told"), "DRIVEN": "1" if clock else ""}
    found = run_cocotb(
        dataclasses.replace(spec, clock=clock, **options), "tests.harness.cocotb_clock", None, 1, environment, folder
    )
    found.check()
    return (folder / "told").read_text().splitlines()


def _picoseconds(line: str) -> float:
    return float(line.split()[0])


def test_python_sees_the_same(tmp_path: Path) -> None:
    """Edges come at the same times, to tasks in the same order, who find the same values: at an edge those of the
    cycle before, a timer of that moment before the edge; what they write moves the design in the same cycle."""
    ours, theirs = told(Clock("clk", 10), tmp_path / "ours"), told(None, tmp_path / "theirs")
    assert [line for line in ours if _picoseconds(line) > 5000] == [
        line for line in theirs if _picoseconds(line) > 5000
    ], "after the first edge, which ends the random values that inputs and registers begin with"
    assert len([line for line in ours if " value: " in line]) >= 4, "the counter hardly moved: nothing was compared"


def test_period_is_that_of_the_clock(tmp_path: Path) -> None:
    """Rising edges are a period apart, the first half a period after the start; with waves and coverage, too."""
    lines = told(Clock("clk", 4), tmp_path / "run", trace="fst", coverage=True)
    edges = [_picoseconds(line) for line in lines if " rising: " in line]
    assert edges == [2000 + 4000 * number for number in range(len(edges))]
    assert len(edges) == 31
    assert (tmp_path / "run" / FILE).stat().st_size
    assert (tmp_path / "run" / "coverage.dat").stat().st_size


@pytest.mark.parametrize("period", [0, 5, -2])
def test_odd_periods_are_refused(period: int) -> None:
    """A period that has no half in whole ns is the input's fault."""
    with pytest.raises(InputError, match=rf"clock clk: found a period of {period} ns"):
        Clock("clk", period)


def test_only_cocotb_has_a_main_program_of_that_kind() -> None:
    """A clock for a build whose main program is not cocotb's is refused."""
    with pytest.raises(InputError, match="a clock is for kind 'cocotb', found kind 'shared'"):
        dataclasses.replace(toys.spec("verilator"), kind="shared", clock=Clock("clk", 10))

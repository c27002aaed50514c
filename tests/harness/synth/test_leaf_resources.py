# SPDX-License-Identifier: Apache-2.0
"""What leaf units take of a device, against leaf_resources.json: a change of cost is noticed where it is made.

Each entry: module, its parameters, the cells that Yosys' xcup mapping needs, and the longest path that a pin or a
register of the unit sees. LUTs and flip-flops may move by 5 % and 4 cells (Yosys versions), the rest may not.
To accept a change, write what the failure prints into the file.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.paths import ROOT
from harness.synth.elaborate import elaborate
from harness.synth.mapping import summarize
from tests.rtl.dut import sources

ENTRIES = json.loads((Path(__file__).parent / "leaf_resources.json").read_text())
QUICK = {"fxp_sum_tree", "m2_mul_shift", "strm_fifo"}
SHARE, CELLS = 0.05, 4
LARGE = 700
"""LUTs from which on a unit is mapped at night only: these take most of the time of all."""


@dataclass(frozen=True)
class Cost:
    """Cells, and the most levels on a path from, to or within the unit."""

    lut: float
    ff: float
    dsp: float
    bram36: float
    uram: float
    levels: int


def cost(module: str, params: dict[str, int], work: Path) -> Cost:
    """Map a module and all below it."""
    design = elaborate([Path(path) for path in sources(module)], module, work / "elaborated", params)
    summary = summarize(design, "xcup", work / "modules")
    top = summary.modules[-1][0]
    levels = max([summary.slowest.longest.levels, *top.pins.arcs.values(), *top.pins.ends.values()])
    return Cost(**asdict(summary.total), levels=levels)


def near(found: float, expected: float) -> bool:
    return abs(found - expected) <= max(SHARE * expected, CELLS)


def _marks(entry: dict[str, Any]) -> list[pytest.MarkDecorator]:
    if entry["module"] in QUICK:
        return []
    return [pytest.mark.nightly if entry["cost"]["lut"] > LARGE else pytest.mark.slow]


@pytest.mark.parametrize(
    "entry",
    [pytest.param(e, id=e["module"], marks=_marks(e)) for e in ENTRIES],
)
def test_leaf(entry: dict[str, object], tmp_path: Path) -> None:
    """A unit takes what the file says, and its longest path has no more levels."""
    found = cost(entry["module"], entry["params"], tmp_path)  # type: ignore[arg-type]
    expected = Cost(**entry["cost"])  # type: ignore[arg-type]
    told = f"{entry['module']} {entry['params']}: found {json.dumps(asdict(found))}, expected {expected}"
    assert near(found.lut, expected.lut) and near(found.ff, expected.ff), told  # noqa: PT018
    assert (found.dsp, found.bram36, found.uram) == (expected.dsp, expected.bram36, expected.uram), told
    assert found.levels <= expected.levels, told


def test_quick_ones_are_there() -> None:
    """The units that every run maps are in the file, and every module of the file exists."""
    assert {entry["module"] for entry in ENTRIES} >= QUICK
    known = {path.stem for path in (ROOT / "hw" / "verilog").rglob("*.v")}
    assert {entry["module"] for entry in ENTRIES} <= known

# SPDX-License-Identifier: Apache-2.0
"""What counts of Verilator's coverage.dat: lines, branches, edges, terms of hand-written modules."""

from pathlib import Path

import pytest

from golden.errors import InputError
from harness.coverage.model import Point
from harness.coverage.verilator import read

TOY = "/any/where/hw/verilog/common/toy.v"


def entry(kind: str, line: int, hits: int, page: str = "toy", file: str = TOY, **more: object) -> str:
    fields = {"f": file, "l": line, "n": 5, "t": kind, "page": f"v_{kind}/{page}", **more}
    return "C '" + "".join(f"\x01{key}\x02{value}" for key, value in fields.items()) + f"' {hits}\n"


def points(tmp_path: Path, *lines: str) -> dict[Point, int]:
    path = tmp_path / "coverage.dat"
    path.write_text("# SystemC::Coverage-3\n" + "".join(lines))
    return read(path)


def test_lines_are_those_of_the_source(tmp_path: Path) -> None:
    """Blocks and branches name source lines; the block on a line that was hit most tells how often it was."""
    found = points(
        tmp_path,
        entry("line", 7, 2, S="7,9-11", o="block"),
        entry("branch", 9, 1, S="9", o="if"),
        entry("branch", 9, 5, n=6, S="", o="else"),
    )
    lines = {point.line: hits for point, hits in found.items() if point.kind == "line"}
    assert lines == {7: 2, 9: 2, 10: 2, 11: 2}
    branches = {point.name: hits for point, hits in found.items() if point.kind == "branch"}
    assert branches == {"if": 1, "else": 5}


def test_instances_and_parameters_of_a_module_are_one(tmp_path: Path) -> None:
    """Hits of two specializations add up; a bit that only the wider one has is a point, too."""
    found = points(
        tmp_path,
        entry("toggle", 3, 2, "toy__W4", o="q[3]:0->1"),
        entry("toggle", 3, 0, "toy__W8", o="q[3]:0->1"),
        entry("toggle", 3, 1, "toy__W8", o="q[7]:0->1"),
        entry("toggle", 4, 1, o="g_lane[1].x:1->0"),
    )
    assert found == {
        Point("toggle", "common/toy.v", 3, 5, "q", "[3]:0->1"): 2,
        Point("toggle", "common/toy.v", 3, 5, "q", "[7]:0->1"): 1,
        Point("toggle", "common/toy.v", 4, 5, "g_lane[1].x", ":1->0"): 1,
    }


def test_only_hand_written_modules_count(tmp_path: Path) -> None:
    """Neither what is generated nor test memories and wrappers."""
    elsewhere = ("/any/where/harness/sim/rtl/sim_axi_mem.sv", "toy.v", "/a/hw/verilog/gen/tern_matvec_sim.v")
    assert points(tmp_path, *(entry("branch", 1, 1, file=file, o="if") for file in elsewhere)) == {}


def test_expressions_cover_points_and_states(tmp_path: Path) -> None:
    """A cover point with the label of a monitor is a state or arc, and makes its line no line of code."""
    found = points(
        tmp_path,
        entry("expr", 3, 1, o="(a==0) => 0"),
        entry("user", 4, 0, o="cover"),
        entry("user", 5, 2, o="fsm__03Astate_q__03AIDLE__02D__03ERUN", S="5"),
    )
    assert [(p.kind, p.scope, p.name) for p in found] == [
        ("expr", "", "(a==0) => 0"),
        ("user", "", "cover"),
        ("fsm", "state_q", "IDLE->RUN"),
    ]


@pytest.mark.parametrize(
    "line",
    [
        "hello\n",
        "C '\x01t\x02line' 3\n",
        entry("guess", 3, 1),
        entry("branch", 3, 1).replace("l\x023", "l\x02three"),
        entry("toggle", 3, 1, o="q[3]"),
        entry("line", 3, 1, S="3-x"),
    ],
)
def test_a_malformed_file_is_one_line(tmp_path: Path, line: str) -> None:
    with pytest.raises(InputError, match=r"coverage\.dat.* found .*expected .*use --cov again") as caught:
        points(tmp_path, line)
    assert "\n" not in str(caught.value)

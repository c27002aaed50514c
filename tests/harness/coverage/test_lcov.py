# SPDX-License-Identifier: Apache-2.0
"""The tracefile that geninfo(1) describes, and nothing lost on the way into it."""

import re

from harness.coverage.lcov import tracefile
from harness.coverage.model import Point
from harness.paths import VERILOG
from tests.harness.coverage.databases import small

RECORDS = re.compile(
    r"TN:\w*|SF:/\S+|BRDA:\d+,\d+,\d+,(\d+|-)|BR[FH]:\d+|DA:\d+,\d+|L[FH]:\d+|end_of_record"
)  # source: geninfo(1) of lcov


def branch(line: int, column: int, name: str) -> Point:
    return Point("branch", "common/toy.v", line, column, "", name)


def test_a_small_one() -> None:
    """Two branches of a block, both taken; one line of two; edges and bins are left out."""
    assert tracefile(small().totals()).splitlines() == [
        "TN:",
        f"SF:{VERILOG}/common/toy.v",
        "BRDA:4,0,0,3",
        "BRDA:4,0,1,2",
        "BRF:2",
        "BRH:2",
        "DA:4,5",
        "DA:5,0",
        "LF:2",
        "LH:1",
        "end_of_record",
    ]


def test_blocks_of_a_line() -> None:
    """An else belongs to the if before it; a block that never ran has `-`, one that ran has 0 for the other side."""
    points = {
        branch(4, 5, "if"): 0,
        branch(4, 6, "else"): 0,
        branch(4, 20, "cond_then"): 7,
        branch(4, 21, "cond_else"): 0,
        branch(5, 3, "if"): 1,
    }
    found = [line for line in tracefile(points).splitlines() if line.startswith("BRDA")]
    assert found == ["BRDA:4,0,0,-", "BRDA:4,0,1,-", "BRDA:4,1,0,7", "BRDA:4,1,1,0", "BRDA:5,0,0,1"]


def test_every_record_has_the_form() -> None:
    """Each file is one block of records that ends; the summaries are what the records count to."""
    other = {point._replace(unit="ternary/a.v"): hits for point, hits in small().totals().items()}
    text = tracefile(small().totals() | other)
    assert all(RECORDS.fullmatch(line) for line in text.splitlines())
    blocks = text.removeprefix("TN:\n").split("end_of_record\n")
    assert [block.splitlines()[0][3:] for block in blocks[:-1]] == [
        f"{VERILOG}/{f}" for f in ("common/toy.v", "ternary/a.v")
    ]
    assert blocks[-1] == ""
    for block in blocks[:-1]:
        assert block.count("\nDA:") == int(re.search(r"LF:(\d+)", block)[1])
        assert block.count("\nBRDA:") == int(re.search(r"BRF:(\d+)", block)[1])

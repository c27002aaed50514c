# SPDX-License-Identifier: Apache-2.0
"""Lines and branches as an lcov tracefile, for genhtml and the services that read it.

Its form is that of geninfo(1): for each file SF, then BRDA line, block, branch, taken (`-` where the block never ran),
BRF and BRH, then DA line, hits, LF and LH, end_of_record. Edges, terms and bins have no place in it.
"""

from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path

from harness.coverage.model import Point
from harness.paths import VERILOG

FIRST_SIDES = ("if", "cond_then")
"""Verilator's names of the sides that open a block; the other side stands one column behind."""


def tracefile(totals: Mapping[Point, int], root: Path = VERILOG) -> str:
    """Return the tracefile of the lines and branches among `totals`; files are named as they lie below `root`."""
    code = sorted((p for p in totals if p.kind in ("line", "branch")), key=lambda p: (p.unit, p))
    lines = ["TN:"]
    for unit, points in groupby(code, lambda p: p.unit):
        members = list(points)
        lines += [f"SF:{root / unit}"]
        lines += _branches([p for p in members if p.kind == "branch"], totals)
        lines += _lines([p for p in members if p.kind == "line"], totals)
        lines.append("end_of_record")
    return "\n".join(lines) + "\n"


def _branches(points: list[Point], totals: Mapping[Point, int]) -> Iterator[str]:
    for line, members in groupby(sorted(points, key=lambda p: (p.line, p)), lambda p: p.line):
        for number, block in enumerate(_blocks(list(members))):
            ran = any(totals[point] for point in block)
            yield from (f"BRDA:{line},{number},{i},{totals[p] if ran else '-'}" for i, p in enumerate(block))
    yield f"BRF:{len(points)}"
    yield f"BRH:{sum(totals[point] > 0 for point in points)}"


def _blocks(points: list[Point]) -> Iterator[list[Point]]:
    """Yield the branches of a line block by block: a first side, and the one behind it."""
    block: list[Point] = []
    for point in points:
        if block and (point.name in FIRST_SIDES or point.column != block[-1].column + 1):
            yield block
            block = []
        block.append(point)
    if block:
        yield block


def _lines(points: list[Point], totals: Mapping[Point, int]) -> Iterator[str]:
    yield from (f"DA:{point.line},{totals[point]}" for point in points)
    yield f"LF:{len(points)}"
    yield f"LH:{sum(totals[point] > 0 for point in points)}"

# SPDX-License-Identifier: Apache-2.0
"""Points of hw/verilog in Verilator's coverage.dat, summed over instances and parameters of a module.

Lines are those of the source that Verilator names with its blocks and branches (`S`), each hit as often as the
block on it that was hit most. A `cover property` with the label of a monitor is a state or an arc. Modules under
hw/verilog/gen are generated, test memories and wrappers stand elsewhere: none of them counts (source:
verilated_cov.cpp and verilated_cov_key.h of Verilator 5.48, and what it writes).
"""

import re
from pathlib import Path

from golden.errors import InputError
from harness.coverage import machines
from harness.coverage.model import Kind, Point
from harness.regress import code_coverage

ROOT = "/hw/verilog/"
GENERATED = "gen/"
_KINDS: dict[str, Kind] = {
    "line": "line",
    "branch": "branch",
    "toggle": "toggle",
    "expr": "expr",
    "user": "user",
}


def read(path: Path) -> dict[Point, int]:
    """Return the hits of every point of hw/verilog in a coverage.dat. InputError when it is none of Verilator's."""
    hits: dict[Point, int] = {}
    for key, count in code_coverage.read(path).items():
        try:
            fields = dict(pair.split("\x02", 1) for pair in key.split("\x01")[1:])
            unit = _unit(fields["f"])
            found = _points(unit, fields) if unit else ()
        except (KeyError, ValueError) as error:
            raise InputError(
                f"{path}: found a point {key[:60]!r} without {error}, expected file, line and kind; use --cov again"
            ) from None
        for point in found:
            hits[point] = max(hits.get(point, 0), count) if point.kind == "line" else hits.get(point, 0) + count
    return hits


def _unit(file: str) -> str:
    """Return a file below hw/verilog, empty for one that does not count."""
    found = file.rpartition(ROOT)[2] if ROOT in file else ""
    return "" if found.startswith(GENERATED) else found


def _points(unit: str, fields: dict[str, str]) -> tuple[Point, ...]:
    """Return what an entry of the file says something of: a point of its own, source lines, or both."""
    kind = _KINDS[fields["t"]]
    machine = machines.label(fields.get("o", "")) if kind == "user" else None
    if machine:
        return (Point("fsm", unit, int(fields["l"]), 0, *machine),)
    lines = tuple(Point("line", unit, line, 0, "", "") for line in _lines(fields.get("S", "")))
    if kind == "line":
        return lines
    scope, name = _named(kind, fields)
    return (*lines, Point(kind, unit, int(fields["l"]), int(fields.get("n", 0)), scope, name))


def _lines(ranges: str) -> tuple[int, ...]:
    """Return the lines that "3,5-7" names."""
    ends = [part.partition("-") for part in ranges.split(",") if part]
    return tuple(line for low, _, high in ends for line in range(int(low), int(high or low) + 1))


def _named(kind: Kind, fields: dict[str, str]) -> tuple[str, str]:
    """Return scope and name of a point."""
    text = fields.get("o", "")
    if kind == "toggle":
        match = re.fullmatch(r"(.*?)((?:\[\d+\])?:(?:0->1|1->0))", text)
        if match is None:
            raise ValueError(f"an edge in {text!r}")
        return match[1], match[2]
    return "", text

# SPDX-License-Identifier: Apache-2.0
"""Register bits that never change behind a reset with a netlist's parameters: a build of other sizes may need them.

Found by induction, a bit at a time: while it has a value, whatever else holds, resets too, its next one is the same.
A register without a reset may have any value at power-up: where only one is ever written, it is taken to have had that
one from the beginning. What is found is replaced, and the rest is looked at again.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.atomic import publish_dir
from harness.mutate.netlist import Netlist
from harness.synth.yosys import run

FORMAT = 2  # of what is kept: raise it when the same inputs give another answer
ROUNDS = 3
"""Of replacing what never changes."""
EFFORT = 20_000_000
"""Steps of the solver a pass, some seconds: without a limit a tree of multipliers takes it hours."""

Bit = tuple[str, int]
"""A register's cell, or a wire, and the place of a bit in it."""
Values = Mapping[Bit, str]
"""0 or 1 of bits."""

_LIMIT = f"scratchpad -set opt_dff.sat_effort {EFFORT}"
_HELD = """
setattr -unset init w:*
setundef -init -{value}
opt_expr
opt_dff -nosdff -nodffe -sat
"""
"""Script that replaces the bits that keep a value once they have it."""
_SLICE = re.compile(r"\[(\d+)(?::(\d+))?\]$")


def constants(netlist: Netlist, folder: Path) -> Values:
    """Return what register bits of a netlist always hold, by cell and bit of Q, found now or earlier below `folder`.

    Raises:
        CheckError: Yosys fails. MachineError: it is missing.
    """
    place = folder / f"{netlist.folder.name}-constant-{FORMAT}"

    def fill(work: Path) -> None:
        (work / "cells.il").write_text(netlist.text)
        rounds = "".join(_HELD.format(value=value) for value in ("zero", "one")) * ROUNDS
        run(f"read_rtlil cells.il\nflatten\nwrite_json cells.json\n{_LIMIT}\n{rounds}write_json constant.json", work)

    publish_dir(place, fill)
    cells, constant = (_module(place / f"{name}.json", netlist) for name in ("cells", "constant"))
    return dict(_held(cells, constant["netnames"]))


def base(cell: str, bit: int) -> Bit:
    """Return the cell that a bit of Q was of before cells were split: Yosys appends the bits that a part has."""
    while found := _SLICE.search(cell):
        bit += int(found[2] or found[1])
        cell = cell[: found.start()]
    return cell, bit


def _module(path: Path, netlist: Netlist) -> Any:
    return json.loads(path.read_text())["modules"][netlist.unit.name]


def _held(module: Any, named: Mapping[str, Any]) -> Iterator[tuple[Bit, str]]:
    """Yield the bits of registers of `module` whose wires are constants in the nets `named`."""
    known = {
        bit: named[name]["bits"][place]
        for name, net in module["netnames"].items()
        if name in named
        for place, bit in enumerate(net["bits"])
        if named[name]["bits"][place] in ("0", "1")
    }
    for name, cell in module["cells"].items():
        if cell["type"] == "$dff":
            for place, bit in enumerate(cell["connections"]["Q"]):
                if bit in known:
                    yield (name, place), known[bit]

# SPDX-License-Identifier: Apache-2.0
"""Register bits that never change behind a reset with a netlist's parameters: a build of other sizes may need them.

Found by induction, a bit at a time: it is reset to a value, and while it has that value, whatever else holds, its next
one is the same. Registers without a reset count where their input is a constant. What is found is replaced, and the
rest is looked at again.
"""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.atomic import publish_dir
from harness.mutate.netlist import Netlist
from harness.synth.yosys import run

FORMAT = 1  # of what is kept: raise it when the same inputs give another answer
ROUNDS = 3
"""Of replacing what never changes."""

Bit = tuple[str, int]
"""A register's cell, or a wire, and the place of a bit in it."""
Values = Mapping[Bit, str]
"""0 or 1 of bits."""

_SLICE = re.compile(r"\[(\d+)(?::(\d+))?\]$")


def constants(netlist: Netlist, folder: Path) -> Values:
    """Return what register bits of a netlist always hold, by cell and bit of Q, found now or earlier below `folder`.

    Raises:
        CheckError: Yosys fails. MachineError: it is missing.
    """
    place = folder / f"{netlist.folder.name}-constant-{FORMAT}"

    def fill(work: Path) -> None:
        (work / "cells.il").write_text(netlist.text)
        run("read_rtlil cells.il\nwrite_json cells.json\nopt_expr\nopt_dff\nwrite_json reset.json", work)
        (work / "start.il").write_text(started(netlist.text, dict(_starts(_module(work / "reset.json", netlist)))))
        rounds = "opt_expr\nopt_dff -nosdff -nodffe -sat\n" * ROUNDS
        run(f"read_rtlil start.il\n{rounds}write_json constant.json", work)

    publish_dir(place, fill)
    cells, reset, constant = (_module(place / f"{name}.json", netlist) for name in ("cells", "reset", "constant"))
    return dict(_held(cells, reset["netnames"])) | dict(_held(cells, constant["netnames"]))


def base(cell: str, bit: int) -> Bit:
    """Return the cell that a bit of Q was of before cells were split: Yosys appends the bits that a part has."""
    while found := _SLICE.search(cell):
        bit += int(found[2] or found[1])
        cell = cell[: found.start()]
    return cell, bit


def _module(path: Path, netlist: Netlist) -> Any:
    return json.loads(path.read_text())["modules"][netlist.unit.name]


def started(text: str, starts: Mapping[str, str]) -> str:
    """Return RTLIL in which wires have the values of `starts` at the beginning of time, highest bit first."""

    def line(match: re.Match[str]) -> str:
        value = starts.get(match[1].removeprefix("\\"))
        return f"  attribute \\init {len(value)}'{value}\n{match[0]}" if value else match[0]

    return re.sub(r"^  wire (?:.* )?(\S+)$", line, text, flags=re.M)


def _starts(module: Any) -> Iterator[tuple[str, str]]:
    """Yield the wires with registers that are reset, and the values of these then, x for all other bits.

    A bit of several wires is told with the first.
    """
    after: dict[Any, str] = {}
    for cell in module["cells"].values():
        if cell["type"].startswith("$sdff"):
            after |= dict(zip(cell["connections"]["Q"], reversed(cell["parameters"]["SRST_VALUE"]), strict=True))
    for name, net in module["netnames"].items():
        values = [after.pop(bit, "x") for bit in reversed(net["bits"])]
        if set(values) & {"0", "1"}:
            yield name, "".join(values)


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

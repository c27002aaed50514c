# SPDX-License-Identifier: Apache-2.0
"""Whether a mutant is a change at all: Yosys' SAT solver on the unit with and without it.

What nothing reads is left out. Registers, memories and what the unit instantiates are cut out: what they put out are
further inputs, what they are given further outputs. Both units get the same inputs; a mutant that then never changes an
output changes nothing, whatever stands around the unit and below it. Register bits that never change behind a reset
(`constants.py`) have their values; other states count even if they are never reached: what differs there is not proved.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from golden.errors import CheckError
from harness.atomic import publish_dir
from harness.mutate.constants import Values, base, constants
from harness.mutate.flat import flat
from harness.mutate.netlist import SELECTOR, Mutant, Netlist
from harness.mutate.units import below
from harness.synth.yosys import run

FORMAT = 5  # of what is kept: raise it when the same inputs give another answer
LIMIT_S = 60
"""Seconds for the solver."""
ROUNDS = 4
"""Of splitting cells and removing what is not read."""

Answer = Literal["equal", "different", "unknown"]
_ANSWERS: dict[str, Answer] = {
    r"no model found: SUCCESS": "equal",
    r"model found: FAIL": "different",
    r"(?i)time ?out": "unknown",
}
_STATE = re.compile(r"\$(\w*ff\w*|mem\w*|\w*latch\w*|sr)$")
"""Yosys' cells that hold something."""


@dataclass(frozen=True)
class Cut:
    """A cell that is cut out: its name in Yosys' JSON, its new name and type, its ports as RTLIL, bits of its Q if any.

    The new name is a public one: only of such cells Yosys makes ports.
    """

    cell: str
    name: str
    ports: str
    width: int = 0

    @property
    def module(self) -> str:
        """Return the type as a module without contents."""
        return f"attribute \\blackbox 1\nmodule \\{self.name}\n{self.ports}end\n"


def compare(netlist: Netlist, mutant: Mutant, folder: Path) -> Answer:
    """Return whether a mutant changes anything, found now or earlier below `folder`: alone, then with its children.

    Raises:
        CheckError: Yosys fails.
        MachineError: it is missing or does not start.
    """
    found = _compare(netlist, mutant, folder)
    if found == "equal" or not below(netlist.unit.source):
        return found
    return _compare(flat(netlist, folder), mutant, folder)


def _compare(netlist: Netlist, mutant: Mutant, folder: Path) -> Answer:
    place = folder / f"{netlist.folder.name}-{mutant.number}-{FORMAT}"

    def fill(work: Path) -> None:
        run(_faulty(netlist, mutant, work), work)
        modules = json.loads((work / "faulty.json").read_text())["modules"]
        cut = {each.cell: each for each in cuts(modules[netlist.unit.name]["cells"])}
        (work / "cut.il").write_text(opened((work / "faulty.il").read_text(), cut))
        values = constants(netlist, folder)
        run(_proof(netlist.unit.name, [each for one in cut.values() for each in settings(one, values)]), work)

    publish_dir(place, fill)
    return answer((place / "sat.log").read_text())


def cuts(cells: Mapping[str, Any]) -> Iterator[Cut]:
    """Yield the cells, as Yosys' JSON has them, that hold something or are modules of their own.

    Their ports are as wide as what is connected: the modules themselves have the widths of their default parameters.
    """
    for index, (name, cell) in enumerate(cells.items()):
        if cell["type"].startswith("$") and not _STATE.match(cell["type"]):
            continue
        ports = "".join(
            f"  wire width {len(bits)} {cell['port_directions'][port]} {place} \\{port}\n"
            for place, (port, bits) in enumerate(cell["connections"].items(), 1)
            if bits
        )
        yield Cut(name, f"krait_cut_{index}", ports, len(cell["connections"].get("Q", ())))


def opened(text: str, cut: Mapping[str, Cut]) -> str:
    """Return RTLIL in which the cells that are cut out have the names and types made for them."""

    def line(match: re.Match[str]) -> str:
        found = cut.get(match[2].removeprefix("\\"))
        return f"  cell \\{found.name} \\{found.name}" if found else match[0]

    text = re.sub(r"^  cell (\S+) (\S+)$", line, text, flags=re.M)
    return "".join([text, *(each.module for each in cut.values())])


def settings(cut: Cut, values: Values) -> Iterator[str]:
    """Yield the solver's arguments that hold a register's bits that never change, by the name of the cut's port."""
    for bit in range(cut.width):
        value = values.get(base(cut.cell, bit))
        if value is not None:
            yield f"-set in_{cut.name}.Q{f'[{bit}]' if cut.width > 1 else ''} 1'b{value}"


def answer(log: str) -> Answer:
    """Return what a solver's log says. CheckError: it says nothing known."""
    for pattern, found in _ANSWERS.items():
        if re.search(pattern, log):
            return found
    raise CheckError(f"mutate: the solver said nothing known: {''.join(log.strip().splitlines()[-1:])}")


def _faulty(netlist: Netlist, mutant: Mutant, work: Path) -> str:
    """Return the script that leaves the unit with an input for the mutant, without what nothing reads.

    Cells are split where only some of their bits are read, and shifters, which pick words, are multiplexers of bits. A
    bit that goes through several registers unread is gone after as many rounds.
    """
    return f"""
        read_rtlil {os.path.relpath(netlist.folder / "cells.il", work)}
        mutate -ctrl {SELECTOR} 1 1 {mutant.arguments}
        flatten
        opt_clean -purge
        opt_expr
        opt_clean -purge
        techmap t:$shift t:$shiftx
        opt_expr
        opt_clean -purge
        {"splitcells; opt_clean -purge; " * ROUNDS}
        write_rtlil faulty.il
        write_json faulty.json
    """


def _proof(unit: str, held: Iterable[str]) -> str:
    return f"""
        read_rtlil cut.il
        expose -evert {unit}
        copy {unit} plain
        copy {unit} faulty
        delete -port plain/{SELECTOR} faulty/{SELECTOR}
        cd plain
        connect -set {SELECTOR} 1'0
        cd faulty
        connect -set {SELECTOR} 1'1
        cd
        miter -equiv -flatten -make_assert plain faulty miter
        hierarchy -top miter
        opt -full
        tee -o sat.log sat {" ".join(held)} -prove-asserts -timeout {LIMIT_S} miter
    """

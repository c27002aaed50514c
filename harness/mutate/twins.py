# SPDX-License-Identifier: Apache-2.0
"""The same fault in another build of a module: a mistake in the source is in all of them."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from harness.atomic import publish_dir
from harness.mutate.netlist import Mutant, Netlist
from harness.synth.yosys import run

FORMAT = 1  # of what is kept: raise it when the same inputs give another result
_CELL = re.compile(r"-cell (\S+)")


@dataclass(frozen=True)
class Cell:
    """What a cell is and where in the source it comes from, and the bits of its ports."""

    place: tuple[str, str]
    widths: Mapping[str, int]


def twin(mutant: Mutant, here: Netlist, there: Netlist, folder: Path) -> Mutant | None:
    """Return the mutant of another netlist of the same module that is the same fault; None if it has no such bit.

    The same is: in a cell of the same type from the same place of the source, the same bit of the same port. Of several
    such cells, as loops make them, the one of the same number, counted in turns where there are fewer.

    Raises:
        CheckError: Yosys fails. MachineError: it is missing.
    """
    told = dict(re.findall(r"-(\w+) (\S+)", mutant.arguments))
    cells, others = _cells(here, folder), _cells(there, folder)
    place = cells[told["cell"]].place
    number = [name for name, each in cells.items() if each.place == place].index(told["cell"])
    alike = [name for name, each in others.items() if each.place == place]
    if not alike:
        return None
    name = alike[number % len(alike)]
    if max(int(told["portbit"]), int(told.get("ctrlbit", 0))) >= others[name].widths.get(told["port"], 0):
        return None
    return replace(mutant, arguments=_CELL.sub(lambda _: f"-cell {name}", mutant.arguments))


def _cells(netlist: Netlist, folder: Path) -> dict[str, Cell]:
    """Return a unit's cells by name."""
    place = folder / f"{netlist.folder.name}-places-{FORMAT}"

    def fill(work: Path) -> None:
        (work / "cells.il").write_text(netlist.text)
        run("read_rtlil cells.il\nwrite_json cells.json", work)

    publish_dir(place, fill)
    cells = json.loads((place / "cells.json").read_text())["modules"][netlist.unit.name]["cells"]
    return {
        name: Cell(
            (cell["type"], cell["attributes"].get("src", "")),
            {port: len(bits) for port, bits in cell["connections"].items()},
        )
        for name, cell in cells.items()
    }

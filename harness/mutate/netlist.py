# SPDX-License-Identifier: Apache-2.0
"""A unit's netlist with certain parameters: all mutants that Yosys knows of it, and Verilog with some of them inside.

The unit alone is made into cells of words; what it instantiates stays as it is. A mutant is active when the register
SELECTOR equals its number, which the simulator's argument of that name sets: one build serves them all.
"""

import hashlib
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from golden.errors import CheckError
from harness.atomic import publish_dir
from harness.build.spec import Param, literal
from harness.mutate.frames import framed
from harness.mutate.units import Unit, below, sources
from harness.paths import VERILOG
from harness.synth.yosys import elaboration, headers, run
from harness.toolchain import find_yosys

FORMAT = 2  # of what is kept: raise it when the same inputs give another result
SELECTOR = "krait_mutant"
SELECTOR_W = 32
MOST = 2000
"""Mutants that are listed of a netlist; of a larger one Yosys chooses so many, evenly over lines, wires and cells.

Choosing 50,000 of 340,000 takes it many minutes, 2,000 two seconds.
"""

_MODES = {"inv": "inverted", "const0": "stuck at 0", "const1": "stuck at 1"}
_DECLARED = re.compile(rf"^  wire \[{SELECTOR_W - 1}:0\] {SELECTOR};$", re.M)
_CLOCK = re.compile(r"(^|_)a?clk$", re.I)
_CONTENTS = "$meminit"
"""Cells of what a memory holds at the beginning: Yosys writes no Verilog of these with a fault inside."""


@dataclass(frozen=True)
class Mutant:
    """One fault: its number, its arguments for Yosys, and where it stands in the source."""

    number: int
    arguments: str
    file: str
    line: int
    what: str


@dataclass(frozen=True)
class Netlist:
    """A unit's cells with its parameters, and its mutants, numbered from `first` on."""

    unit: Unit
    params: Mapping[str, Param]
    folder: Path
    mutants: tuple[Mutant, ...] = field(repr=False)

    @property
    def text(self) -> str:
        """Return the cells as RTLIL."""
        return (self.folder / "cells.il").read_text()


def elaborate(unit: Unit, params: Mapping[str, Param], first: int, folder: Path) -> Netlist:
    """Return the netlist of a unit with parameters, made now or earlier below `folder`.

    Wires have no mutants, nor have clocks and what memories hold at the beginning.

    Raises:
        CheckError: Yosys refuses the source.
        MachineError: Yosys is missing or does not start.
    """
    place = folder / f"cells-{_key(unit, params)}"
    publish_dir(place, lambda work: run(_listing(unit, params, work), work))
    lines = (place / "mutants.txt").read_text().splitlines()
    faults = [line for line in lines if not _untouched(_options(line))]
    mutants = tuple(parse(line, first + index, unit.source.name) for index, line in enumerate(faults))
    return Netlist(unit, params, place, mutants)


def _key(unit: Unit, params: Mapping[str, Param]) -> str:
    """Return the hash of sources, headers, parameters and Yosys."""
    files = (*sources(unit.source), *sorted(VERILOG.rglob("*.vh")))
    texts = [(path.name, path.read_text()) for path in files]
    told = (FORMAT, MOST, texts, sorted(params.items()), find_yosys().version)
    return hashlib.sha256(repr(told).encode()).hexdigest()[:20]


def _listing(unit: Unit, params: Mapping[str, Param], work: Path) -> str:
    """Return the script that makes a unit's cells and their list.

    Yosys gives a memory no address while it is not written; as in hardware it keeps the one that it has, or a fault in
    the enable would write nowhere.
    """
    folders = headers(work)
    children = " ".join(os.path.relpath(path, work) for path in below(unit.source))
    return f"""
        {f"read_verilog -lib -DSYNTHESIS {folders} {children}" if children else ""}
        read_verilog -DSYNTHESIS {folders} {os.path.relpath(unit.source, work)}
        {elaboration(unit.name, params)}
        proc
        opt_expr -mux_undef t:$mux
        opt_clean
        write_rtlil cells.il
        mutate -list {MOST} -seed 1 -o mutants.txt
    """


def parse(line: str, number: int, file: str) -> Mutant:
    """Return the mutant of a line of Yosys' list; its place is the cell's, or the first in `file`."""
    options = _options(line)
    places = re.findall(r"-src \S*?([^/\s]+):(\d+)\.", line)
    here = [place for place in places if place[0] == file] or places or [(file, "0")]
    arguments = re.sub(r" -(wire|wirebit|src) \S+", "", line).removeprefix("mutate ")
    return Mutant(number, arguments, here[-1][0], int(here[-1][1]), _what(options))


def _options(line: str) -> dict[str, str]:
    return dict(re.findall(r"-(\w+) (\S+)", line))


def _untouched(options: Mapping[str, str]) -> bool:
    return bool(_CLOCK.search(options["port"])) or options["cell"].startswith(_CONTENTS)


def _what(options: Mapping[str, str]) -> str:
    """Say what a mutant does: at which bit of which port of which cell, and the wire that it is."""
    mode, cell = options["mode"], options["cell"]
    done = _MODES.get(mode) or f"inverted while bit {options['ctrlbit']} is {mode[-1]}"
    kind = f"${cell.split('$')[1]}" if cell.startswith("$") else cell
    wire = f" ({options['wire']}[{options['wirebit']}])" if "wire" in options else ""
    return f"{kind}.{options['port']}[{options['portbit']}]{wire} {done}"


def write(netlist: Netlist, mutants: Sequence[Mutant], folder: Path, frame: bool = False) -> Path:
    """Return the Verilog of a netlist with some of its mutants inside, written now or earlier below `folder`.

    For a `frame`, instances with other parameters than the netlist's keep the unit's source.

    Raises:
        MachineError: Yosys is missing or does not start.
    """
    unit = netlist.unit
    faults = [(mutant.arguments, mutant.number) for mutant in mutants]
    told = (netlist.folder.name, faults, frame)
    place = folder / f"netlist-{hashlib.sha256(repr((FORMAT, told)).encode()).hexdigest()[:20]}"

    def fill(work: Path) -> None:
        script = "\n".join(f"mutate -ctrl {SELECTOR} {SELECTOR_W} {each.number} {each.arguments}" for each in mutants)
        cells = os.path.relpath(netlist.folder / "cells.il", work)
        run(f"read_rtlil {cells}\n{script}\ndelete -port {unit.name}/{SELECTOR}\nwrite_verilog -noattr cells.v", work)
        text = selectable((work / "cells.v").read_text(), unit.name, netlist.params)
        text = framed(unit.source.read_text(), text, unit.name, netlist.params) if frame else text
        (work / unit.source.name).write_text(text)

    publish_dir(place, fill)
    return place / unit.source.name


def selectable(text: str, name: str, params: Mapping[str, Param]) -> str:
    """Return Yosys' Verilog with the selector as a register, and the parameters that a testbench sets or reads."""
    register = (
        f"  reg [{SELECTOR_W - 1}:0] {SELECTOR};\n"
        f'  initial if (!$value$plusargs("{SELECTOR}=%d", {SELECTOR})) {SELECTOR} = 0;'
    )
    text, found = _DECLARED.subn(lambda _: register, text)
    if found != 1:
        raise CheckError(f"mutate: {name}: Yosys wrote {found} wires {SELECTOR}, expected one")
    declared = ", ".join(f"parameter {key} = {literal(value)}" for key, value in params.items())
    return text.replace(f"module {name}(", f"module {name} #({declared}) (" if declared else f"module {name}(", 1)

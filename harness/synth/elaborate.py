# SPDX-License-Identifier: Apache-2.0
"""From Verilog to one RTLIL text for each module with its parameters; small combinational modules dissolve."""

import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.synth.yosys import elaboration, headers, run

_PORT = re.compile(r"^  wire (?:.* )?(?:input|output|inout) \d+ .*$", re.M)
_CELL = re.compile(r"^  cell (\S+) \S+$", re.M)
_LINE = re.compile(r'^ *attribute \\src ".*"\n', re.M)
_NUMBERED = re.compile(r"(?<=\s)\$\S*\$\d+\w*(?=\s)")


@dataclass(frozen=True)
class Module:
    """A module with its parameters: its RTLIL text, and how often it instantiates each of its children."""

    name: str
    text: str
    children: Mapping[str, int]

    @property
    def source_name(self) -> str:
        """Return the name in the Verilog source."""
        match = re.search(r'^attribute \\hdlname "(\w+)"$', self.text, re.M)
        return match[1] if match else self.name.lstrip("\\")

    @property
    def interface(self) -> str:
        """Return the module without its contents, for those who instantiate it."""
        ports = "\n".join(_PORT.findall(self.text))
        return f"attribute \\blackbox 1\nmodule {self.name}\n{ports}\nend\n"


@dataclass(frozen=True)
class Design:
    """Every module of a design by its name, and the name of the top."""

    top: str
    modules: Mapping[str, Module]

    def instances(self) -> Counter[str]:
        """Return how many instances of each module the design has."""
        total: Counter[str] = Counter()
        pending = Counter({self.top: 1})
        while pending:
            name, count = pending.popitem()
            total[name] += count
            for child, each in self.modules[name].children.items():
                pending[child] += count * each
        return total


def elaborate(files: Sequence[Path], top: str, work: Path, params: Mapping[str, int] | None = None) -> Design:
    """Return a design, its processes made into registers and multiplexers.

    Raises:
        CheckError: Yosys refuses the design.
        MachineError: Yosys is missing or does not start.
    """
    folders = headers(work)
    sources = " ".join(os.path.relpath(path, work) for path in files)
    # Modules without registers or children become part of those that use them, as they would in any synthesis.
    script = f"""
        read_verilog -DSYNTHESIS {folders} {sources}
        {elaboration(top, params)}
        proc
        opt_clean
        setattr -mod -set keep_hierarchy 1 *
        select -set stateful t:$dff* t:$sdff* t:$adff* t:$mem* t:$al* %m
        select -set parents t:\\\\* t:\\$paramod* %u %m
        select -set leaves * @stateful %d @parents %d {top} %d
        setattr -mod -unset keep_hierarchy @leaves
        flatten -noscopeinfo
        opt_clean
        hierarchy -top {top}
        write_rtlil design.il
    """
    run(script, work)
    return parse((work / "design.il").read_text(), f"\\{top}")


def parse(text: str, top: str) -> Design:
    """Return the modules of an RTLIL text."""
    found = {}
    for block in re.split(r"(?<=\nend\n)", text):
        match = re.search(r"^module (\S+)$", block, re.M)
        if match:
            body = block[block.find("attribute") if block.find("attribute") >= 0 else match.start() :]
            found[match[1]] = Module(match[1], _neutral(body), Counter(_CELL.findall(block)))
    modules = {
        name: Module(name, module.text, {kind: n for kind, n in module.children.items() if kind in found})
        for name, module in found.items()
    }
    return Design(top, modules)


def _neutral(text: str) -> str:
    """Return a text without lines of sources, its numbered names counted from 0: edits elsewhere do not change it."""
    names: dict[str, str] = {}
    return _NUMBERED.sub(lambda match: names.setdefault(match[0], f"$n${len(names)}"), _LINE.sub("", text))

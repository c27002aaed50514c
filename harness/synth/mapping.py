# SPDX-License-Identifier: Apache-2.0
"""Maps the modules of a design to a device family one by one, with a cache, and adds them up."""

import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from golden.errors import CheckError
from harness.atomic import replace_text
from harness.synth import cells, levels
from harness.synth.cells import Pins, Resources
from harness.synth.elaborate import Design, Module
from harness.synth.yosys import run
from harness.toolchain import find_yosys

FORMAT = 1
"""Of a cache entry; it changes with what cells.py or this file make of a netlist."""
TOP = "\\krait_mapped"
"""Name of the module while it is mapped, so that Yosys' own names and its parameters do not clash."""
SMALL_ROM = 512
"""Words of a ROM that becomes logic, as it would in Vivado; Yosys ends in an exception for one that many ports read."""
WIDE = 4
"""Ports of more bits are one pin in the analysis of paths."""


@dataclass(frozen=True)
class Mapped:
    """A module without its children: what it takes, its longest path, and its pins' paths as those outside see them."""

    name: str
    source: str
    resources: Resources
    longest: levels.Path
    pins: Pins
    widths: Mapping[str, int]


@dataclass(frozen=True)
class Summary:
    """A whole design.

    Attributes:
        total: of all instances.
        modules: every module with its number of instances.
    """

    total: Resources
    modules: tuple[tuple[Mapped, int], ...]

    @property
    def slowest(self) -> Mapped:
        """Return the module in which the design's longest path ends."""
        return max((module for module, _ in self.modules), key=lambda module: module.longest.levels)


Progress = Callable[[int, int, str], None]


def summarize(design: Design, family: str, cache: Path, progress: Progress | None = None) -> Summary:
    """Map every module of a design, children first, and add them up.

    Args:
        design: what to map.
        family: Yosys' name of the device family, e.g. xc7 or xcup.
        cache: folder of finished modules.
        progress: called with the modules done, their number, and the next one.
    """
    done: dict[str, Mapped] = {}
    order = list(_children_first(design))
    for index, name in enumerate(order):
        if progress:
            progress(index, len(order), design.modules[name].source_name)
        done[name] = _map(design.modules[name], design, done, family, cache)
    counts = design.instances()
    total = sum((done[name].resources * count for name, count in counts.items()), Resources())
    return Summary(total, tuple((done[name], counts[name]) for name in order))


def _children_first(design: Design) -> Iterator[str]:
    seen: set[str] = set()

    def visit(name: str) -> Iterator[str]:
        if name not in seen:
            seen.add(name)
            for child in sorted(design.modules[name].children):
                yield from visit(child)
            yield name

    return visit(design.top)


def _map(module: Module, design: Design, done: Mapping[str, Mapped], family: str, cache: Path) -> Mapped:
    """Return a module's figures, from the cache if it and all below it are as they were."""
    interfaces = "".join(design.modules[child].interface for child in sorted(module.children))
    below = [repr((done[child].pins, sorted(done[child].widths.items()))) for child in sorted(module.children)]
    key = hashlib.sha256(
        "\0".join([str(FORMAT), family, find_yosys().version, module.text, interfaces, *below]).encode()
    ).hexdigest()
    cache.mkdir(parents=True, exist_ok=True)
    entry = cache / f"{module.source_name}-{key[:24]}.json"
    if not entry.is_file():
        netlist = _netlist(module, interfaces, family)
        replace_text(entry, json.dumps(_figures(netlist, module, done)))
    return _load(entry, module)


def _netlist(module: Module, interfaces: str, family: str) -> dict[str, Any]:
    """Return the netlist of one module, its children left as cells."""
    with tempfile.TemporaryDirectory(prefix="krait-synth-") as folder:
        work = Path(folder)
        (work / "in.il").write_text(interfaces + module.text.replace(f"module {module.name}\n", f"module {TOP}\n", 1))
        options = f"-family {family} -noiopad -noclkbuf -top {TOP[1:]}"
        script = f"""
            read_rtlil in.il
            synth_xilinx {options} -run begin:map_memory
            memory_map -rom-only t:$mem_v2 r:SIZE<={SMALL_ROM} %i
            synth_xilinx {options} -run map_memory:check
            select {TOP[1:]}
            write_json -selected out.json
            """
        try:
            run(script, work)
        except CheckError as error:
            raise CheckError(f"{module.source_name}: {error}") from None
        found: dict[str, Any] = json.loads((work / "out.json").read_text())["modules"][TOP[1:]]
        return found


def _figures(netlist: Mapping[str, Any], module: Module, done: Mapping[str, Mapped]) -> dict[str, Any]:
    """Return what the cache keeps of a netlist."""
    kinds = Counter(cell["type"] for cell in netlist["cells"].values())
    mine = Resources()
    for kind, count in kinds.items():
        if _child(kind, done) is None:
            try:
                mine += cells.resources(kind) * count
            except KeyError:
                raise CheckError(
                    f"{module.source_name}: Yosys mapped it to {count} cells {kind}, unknown here"
                ) from None
    timing = levels.analyse(netlist, lambda kind, cell: _pins(kind, cell, done), WIDE)
    return {
        "resources": {name: getattr(mine, name) for name in Resources.names()},
        "levels": timing.longest.levels,
        "nets": timing.longest.nets,
        "arcs": [[*pins, count] for pins, count in sorted(timing.pins.arcs.items())],
        "ends": timing.pins.ends,
        "widths": {name: len(port["bits"]) for name, port in netlist["ports"].items()},
    }


def _child(kind: str, done: Mapping[str, Mapped]) -> Mapped | None:
    return done.get(kind) or done.get(f"\\{kind}")


def _pins(kind: str, cell: Mapping[str, Any], done: Mapping[str, Mapped]) -> Pins:
    child = _child(kind, done)
    if child is not None:
        return child.pins
    ways = cell["port_directions"]
    ins, outs = ({pin for pin, way in ways.items() if way == want} for want in ("input", "output"))
    return cells.paths(kind, cell.get("parameters", {}), ins, outs)


def _load(entry: Path, module: Module) -> Mapped:
    raw = json.loads(entry.read_text())
    pins = Pins({(first, second): count for first, second, count in raw["arcs"]}, raw["ends"])
    return Mapped(
        module.name,
        module.source_name,
        Resources(**raw["resources"]),
        levels.Path(raw["levels"], tuple(raw["nets"])),
        pins,
        raw["widths"],
    )

# SPDX-License-Identifier: Apache-2.0
"""Maps the modules of a design to a device family one by one, with a cache, and adds them up."""

import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
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
"""Name of what holds the modules of a run, and begin of theirs, so that Yosys' own names do not clash."""
SMALL_ROM = 512
"""Words of a ROM that becomes logic, as it would in Vivado; Yosys ends in an exception for one that many ports read."""
BATCH = 250_000
"""Characters of RTLIL that one run of Yosys maps: reading its libraries takes longer than mapping a small module."""
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
    pending = order
    while pending:
        ready = [name for name in pending if design.modules[name].children.keys() <= done.keys()]
        pending = [name for name in pending if name not in ready]
        entries = {name: _entry(design.modules[name], design, done, family, cache) for name in ready}
        for batch in _batches([design.modules[name] for name in ready if not entries[name].is_file()]):
            if progress:
                progress(len(done), len(order), ", ".join(module.source_name for module in batch))
            for module, netlist in _netlists(batch, design, family):
                replace_text(entries[module.name], json.dumps(_figures(netlist, module, done)))
        done |= {name: _load(entries[name], design.modules[name]) for name in ready}
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


def _entry(module: Module, design: Design, done: Mapping[str, Mapped], family: str, cache: Path) -> Path:
    """Return where a module's figures stand once they are known; another place if anything below it changes."""
    below = [_outside(done[child]) for child in sorted(module.children)]
    interfaces = [design.modules[child].interface for child in sorted(module.children)]
    parts = [str(FORMAT), family, find_yosys().version, module.text, "".join(interfaces), *below]
    key = hashlib.sha256("\0".join(parts).encode()).hexdigest()
    cache.mkdir(parents=True, exist_ok=True)
    return cache / f"{module.source_name}-{key[:24]}.json"


def _outside(module: Mapped) -> str:
    """Return all that a module's instances can tell of it, in one order."""
    return repr([sorted(items.items()) for items in (module.pins.arcs, module.pins.ends, module.widths)])


def _batches(modules: Sequence[Module]) -> Iterator[list[Module]]:
    """Cut a list where the texts exceed BATCH."""
    batch: list[Module] = []
    for module in modules:
        if batch and sum(len(other.text) for other in [*batch, module]) > BATCH:
            yield batch
            batch = []
        batch.append(module)
    if batch:
        yield batch


def _netlists(batch: Sequence[Module], design: Design, family: str) -> Iterator[tuple[Module, dict[str, Any]]]:
    """Yield modules with their netlists, children left as cells; one by one where Yosys refuses them together."""
    try:
        found = _mapped(batch, design, family)
    except CheckError as error:
        if len(batch) == 1:
            raise CheckError(f"{batch[0].source_name}: {error}") from None
        for module in batch:
            yield from _netlists([module], design, family)
    else:
        yield from zip(batch, found, strict=True)


def _mapped(batch: Sequence[Module], design: Design, family: str) -> list[dict[str, Any]]:
    names = [f"{TOP}_{i}" for i in range(len(batch))]
    children = sorted({child for module in batch for child in module.children})
    texts = [design.modules[child].interface for child in children]
    for name, module in zip(names, batch, strict=True):
        texts.append(module.text.replace(f"module {module.name}\n", f"module {name}\n", 1))
    cells = "".join(f"  attribute \\keep 1\n  cell {name} \\u{i}\n  end\n" for i, name in enumerate(names))
    texts.append(f"module {TOP}\n{cells}end\n")
    options = f"-family {family} {'-uram ' if family == 'xcup' else ''}-noiopad -noclkbuf -top {TOP[1:]}"
    script = f"""
        read_rtlil in.il
        synth_xilinx {options} -run begin:map_memory
        memory_map -rom-only t:$mem_v2 r:SIZE<={SMALL_ROM} %i
        synth_xilinx {options} -run map_memory:check
        select {TOP[1:]}_*
        write_json -selected out.json
        """
    with tempfile.TemporaryDirectory(prefix="krait-synth-") as folder:
        work = Path(folder)
        (work / "in.il").write_text("".join(texts))
        run(script, work)
        found = json.loads((work / "out.json").read_text())["modules"]
    return [found[name[1:]] for name in names]


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

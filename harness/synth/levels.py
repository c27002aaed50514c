# SPDX-License-Identifier: Apache-2.0
"""Logic levels of a mapped module: its longest path between registers, and what its ports look like from outside.

Modules are mapped one by one. A path that crosses modules is found where they meet: an instance is a cell whose pins
have the paths that its own analysis gave them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from harness.synth.cells import SOURCE, Pins

Bit = int
"""A net of one bit, by Yosys' number; below 0 a point where wide pins of a cell meet, in place of all pairs of bits."""


@dataclass(frozen=True)
class Path:
    """A path: its levels, and the nets that it passes, last first."""

    levels: int
    nets: tuple[str, ...]


@dataclass(frozen=True)
class Timing:
    """A module seen from outside, pins by (port, bit) names, and its own longest path between registers."""

    pins: Pins
    longest: Path


@dataclass
class _Graph:
    """Nets and the paths between them. `starts` and `ends`: levels in front of a net, behind it up to a register."""

    into: dict[Bit, list[tuple[Bit, int]]] = field(default_factory=lambda: defaultdict(list))
    starts: dict[Bit, int] = field(default_factory=dict)
    ends: dict[Bit, int] = field(default_factory=dict)


def analyse(module: Mapping[str, Any], pins_of: Callable[[str, Mapping[str, Any]], Pins], wide: int = 4) -> Timing:
    """Return the timing of a module of Yosys' JSON netlist.

    Args:
        module: the netlist's entry: `ports`, `cells`, `netnames`.
        pins_of: the paths through a cell, by its type and its entry.
        wide: ports of more bits than this are one pin outside, as slow as their slowest bit.
    """
    graph = _graph(module["cells"].values(), pins_of)
    names = _names(module["netnames"])
    ports = module["ports"].items()
    inputs = {
        bit: _pin(name, i, port, wide) for name, port in ports if port["direction"] == "input" for i, bit in _bits(port)
    }
    outputs = [
        (bit, _pin(name, i, port, wide))
        for name, port in ports
        if port["direction"] == "output"
        for i, bit in _bits(port)
    ]
    arrive, before = _arrivals(graph, set(graph.starts) | set(graph.ends) | {bit for bit, _ in outputs})
    longest = max(((arrive[bit] + late, bit) for bit, late in graph.ends.items() if bit in arrive), default=(0, None))
    pins = _outside(graph, inputs, outputs, arrive)
    return Timing(pins, Path(longest[0], _trace(longest[1], before, names)))


def _pin(name: str, index: int, port: Mapping[str, Any], wide: int) -> str:
    return name if len(port["bits"]) > wide else f"{name}[{index}]"


def pin_names(name: str, index: int, width: int, wide: int = 4) -> str:
    """Return the outside name of a bit of a port."""
    return name if width > wide else f"{name}[{index}]"


def _bits(port: Mapping[str, Any]) -> Iterable[tuple[int, Bit]]:
    return ((i, bit) for i, bit in enumerate(port["bits"]) if isinstance(bit, int))


def _names(nets: Mapping[str, Any]) -> dict[Bit, str]:
    """Return a readable name of each net; names of the source before those that Yosys made."""
    found: dict[Bit, str] = {}
    for name, net in sorted(nets.items(), key=lambda item: (item[1]["hide_name"], len(item[0]))):
        for i, bit in enumerate(net["bits"]):
            found.setdefault(bit, f"{name}[{i}]" if len(net["bits"]) > 1 else name)
    return found


def _graph(cells: Iterable[Mapping[str, Any]], pins_of: Callable[[str, Mapping[str, Any]], Pins]) -> _Graph:
    graph = _Graph()
    meetings = count(-1, -1)
    for cell in cells:
        pins = pins_of(cell["type"], cell)
        nets = cell["connections"]
        for (pin, out), levels in pins.arcs.items():
            targets = _nets(nets, out)
            if pin == SOURCE:
                graph.starts.update((bit, max(levels, graph.starts.get(bit, 0))) for bit in targets)
                continue
            arcs = [(bit, levels) for bit in _nets(nets, pin)]
            if len(arcs) > 1 and len(targets) > 1:
                meeting = next(meetings)
                graph.into[meeting] = arcs
                arcs = [(meeting, 0)]
            for target in targets:
                graph.into[target].extend(arcs)
        for pin, levels in pins.ends.items():
            for bit in _nets(nets, pin):
                graph.ends[bit] = max(levels, graph.ends.get(bit, 0))
    return graph


def _nets(connections: Mapping[str, Any], pin: str) -> list[Bit]:
    """Return the nets at a pin: `name`, all of its bits, or `name[i]`."""
    if pin in connections:
        return [bit for bit in connections[pin] if isinstance(bit, int)]
    name, _, index = pin.rpartition("[")
    bit = connections[name][int(index[:-1])]
    return [bit] if isinstance(bit, int) else []


def _arrivals(graph: _Graph, targets: Iterable[Bit]) -> tuple[dict[Bit, int], dict[Bit, Bit]]:
    """Return the levels in front of each net that registers drive, and the net before it on the longest path."""
    arrive: dict[Bit, int] = {}
    before: dict[Bit, Bit] = {}
    state: dict[Bit, bool] = {}  # False while a net's inputs are looked at: a loop is cut there
    for target in targets:
        stack = [target]
        while stack:
            net = stack[-1]
            if state.get(net):
                stack.pop()
                continue
            if net not in state:
                state[net] = False
                stack.extend(bit for bit, _ in graph.into.get(net, ()) if bit not in state)
                continue
            state[net] = True
            stack.pop()
            if net in graph.starts:
                arrive[net] = graph.starts[net]
            for bit, levels in graph.into.get(net, ()):
                if bit in arrive and arrive[bit] + levels > arrive.get(net, -1):
                    arrive[net], before[net] = arrive[bit] + levels, bit
    return arrive, before


def _outside(
    graph: _Graph, inputs: Mapping[Bit, str], outputs: list[tuple[Bit, str]], arrive: Mapping[Bit, int]
) -> Pins:
    arcs: dict[tuple[str, str], int] = {}
    ends: dict[str, int] = {}
    for bit, pin in outputs:
        if bit in arrive:
            arcs[SOURCE, pin] = max(arrive[bit], arcs.get((SOURCE, pin), 0))
    reach = _reach(graph, inputs)
    for bit, pin in outputs:
        for source, levels in reach.get(bit, {}).items():
            arcs[source, pin] = max(levels, arcs.get((source, pin), 0))
    for bit, late in graph.ends.items():
        for source, levels in reach.get(bit, {}).items():
            ends[source] = max(levels + late, ends.get(source, 0))
    return Pins(arcs, ends)


def _reach(graph: _Graph, inputs: Mapping[Bit, str]) -> dict[Bit, dict[str, int]]:
    """Return for each net behind input pins which of them it follows, and by how many levels at most."""
    out: dict[Bit, list[tuple[Bit, int]]] = defaultdict(list)
    for net, sources in graph.into.items():
        for bit, levels in sources:
            out[bit].append((net, levels))
    order = _order(out, inputs)
    reach: dict[Bit, dict[str, int]] = {bit: {pin: 0} for bit, pin in inputs.items()}
    for bit in order:
        for net, levels in out.get(bit, ()):
            mine = reach.setdefault(net, {})
            for pin, before in reach[bit].items():
                if before + levels > mine.get(pin, -1):
                    mine[pin] = before + levels
    return reach


def _order(out: Mapping[Bit, list[tuple[Bit, int]]], inputs: Iterable[Bit]) -> list[Bit]:
    """Return the nets behind the inputs, each before those that it drives (loops are cut)."""
    done: list[Bit] = []
    state: dict[Bit, bool] = {}
    for start in inputs:
        stack = [start]
        while stack:
            net = stack[-1]
            if net not in state:
                state[net] = False
                stack.extend(after for after, _ in out.get(net, ()) if after not in state)
            else:
                stack.pop()
                if not state[net]:
                    state[net] = True
                    done.append(net)
    return done[::-1]


def _trace(net: Bit | None, before: Mapping[Bit, Bit], names: Mapping[Bit, str]) -> tuple[str, ...]:
    nets = []
    while net is not None:
        if net >= 0:
            nets.append(names.get(net, str(net)))
        net = before.get(net)
    return tuple(nets)

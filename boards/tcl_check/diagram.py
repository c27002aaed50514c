# SPDX-License-Identifier: Apache-2.0
"""A block design as a record of calls makes it: cells, ports, wires, links between interfaces, addresses."""

from dataclasses import dataclass, field

from boards.tcl_check.interpreter import Record, split


@dataclass(frozen=True)
class Cell:
    """An instance: the IP's VLNV, or the name of a module of RTL, and its configuration."""

    name: str
    kind: str
    config: dict[str, str]


@dataclass(frozen=True)
class Place:
    """A slave's segment in a master's address space; base and size in bytes."""

    space: str
    segment: str
    base: int
    size: int


@dataclass(frozen=True)
class Diagram:
    """A block design.

    `ports` are the design's ports by name with their direction, `bus_ports` its interfaces with their mode; `wires` and
    `links` are pairs as they were connected; `pin_config` is what was set on pins and interfaces of cells.
    """

    name: str
    cells: dict[str, Cell] = field(default_factory=dict)
    ports: dict[str, str] = field(default_factory=dict)
    bus_ports: dict[str, str] = field(default_factory=dict)
    wires: list[tuple[str, str]] = field(default_factory=list)
    links: list[tuple[str, str]] = field(default_factory=list)
    places: list[Place] = field(default_factory=list)
    pin_config: dict[str, dict[str, str]] = field(default_factory=dict)

    def net(self, pin: str) -> set[str]:
        """Return all pins and ports that are wired to a pin, itself included."""
        net, before = {pin}, 0
        while len(net) != before:
            before = len(net)
            net |= {end for wire in self.wires if net & set(wire) for end in wire}
        return net

    def linked(self, bus: str) -> str:
        """Return the interface at the other end of one, "" where there is none."""
        ends = [other for link in self.links if bus in link for other in link if other != bus]
        return ends[0] if ends else ""


def properties(record: Record) -> list[tuple[str, str, str]]:
    """Return every (object, property, value) that a script set, in order."""
    found = []
    for call in record.of("set_property"):
        if call.arguments[0] == "-dict":
            words = split(call.arguments[1])
            found += [(call.arguments[2], words[at], words[at + 1]) for at in range(0, len(words) - 1, 2)]
        elif len(call.arguments) == 3:
            found.append((call.arguments[2], call.arguments[0], call.arguments[1]))
    return found


def read(record: Record) -> Diagram:
    """Return the block design of a record; an empty one where the script makes none."""
    made = record.of("create_bd_design")
    diagram = Diagram(made[0].arguments[-1] if made else "")
    for call in record.calls:
        arguments = call.arguments
        match call.command:
            case "create_bd_cell":
                kind = call.option("-vlnv") or call.option("-reference")
                diagram.cells[arguments[-1]] = Cell(arguments[-1], kind, {})
            case "create_bd_port":
                diagram.ports[arguments[-1]] = call.option("-dir")
            case "create_bd_intf_port":
                diagram.bus_ports[arguments[-1]] = call.option("-mode")
            case "connect_bd_net":
                diagram.wires.append((arguments[0], arguments[1]))
            case "connect_bd_intf_net":
                diagram.links.append((arguments[0], arguments[1]))
            case "assign_bd_address":
                base, size = int(call.option("-offset"), 0), int(call.option("-range"), 0)
                segment = next(word for word in reversed(arguments) if not word.startswith("-"))
                diagram.places.append(Place(call.option("-target_address_space"), segment, base, size))
    for target, name, value in properties(record):
        if name.startswith("CONFIG."):
            config = diagram.cells[target].config if target in diagram.cells else None
            where = config if config is not None else diagram.pin_config.setdefault(target, {})
            where[name.removeprefix("CONFIG.")] = value
    return diagram

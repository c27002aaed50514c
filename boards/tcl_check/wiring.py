# SPDX-License-Identifier: Apache-2.0
"""Rules that every block design keeps: known pins, one driver a net, nothing needed left open, clocks that match."""

from collections.abc import Iterator, Mapping

from boards.tcl_check.catalog import Bus, Pin, Shape, shape
from boards.tcl_check.diagram import Diagram
from boards.tcl_check.wrapper import Port

THROUGH = {"krait_irq_sync": ("level", "synced")}
"""Modules of RTL that hand a signal on: from which pin to which."""


class Wiring:
    """A block design with the shapes of its cells. `modules` has the ports of RTL by VLNV or module name."""

    def __init__(self, diagram: Diagram, modules: Mapping[str, Mapping[str, Port]]) -> None:
        self.diagram = diagram
        self.shapes: dict[str, Shape] = {}
        self.unknown: list[str] = []
        for name, cell in diagram.cells.items():
            found = shape(cell, modules)
            if found is None:
                self.unknown.append(f"{name}: nothing is known of {cell.kind}; it may be misspelt")
            else:
                self.shapes[name] = found
        self.drivers = {pin: self._drivers(pin) for pin in self._pins()}

    def problems(self) -> list[str]:
        """Return what is wrong with the design, one sentence each."""
        return [*self.unknown, *self._ends(), *self._nets(), *self._open(), *self._links(), *self._resets()]

    def pin(self, path: str) -> Pin | None:
        """Return a cell's pin; None where there is none."""
        cell, _, name = path.partition("/")
        return self.shapes[cell].pins.get(name) if cell in self.shapes else None

    def bus(self, path: str) -> Bus | None:
        """Return a cell's interface; None where there is none."""
        cell, _, name = path.partition("/")
        return self.shapes[cell].buses.get(name) if cell in self.shapes else None

    def source(self, pin: str) -> str:
        """Return the pin or port that drives a pin, "" where none does."""
        found = self.drivers.get(pin) or self._drivers(pin)
        return found[0] if found else ""

    def mhz(self, pin: str) -> float:
        """Return the frequency of the clock at a pin in MHz, 0 where it is not known."""
        source = self.pin(self.source(pin))
        return source.mhz if source else 0.0

    def carries(self, pin: str) -> set[str]:
        """Return every pin that a signal reaches, through modules that only hand it on."""
        reached = set(self.diagram.net(pin))
        for name, cell in self.diagram.cells.items():
            if cell.kind in THROUGH and f"{name}/{THROUGH[cell.kind][0]}" in reached:
                reached |= self.diagram.net(f"{name}/{THROUGH[cell.kind][1]}")
        return reached

    def clocks(self, bus: str) -> set[str]:
        """Return what drives the clocks that an interface may have."""
        found = self.bus(bus)
        cell = bus.partition("/")[0]
        return {source for name in (found.clocks if found else ()) if (source := self.source(f"{cell}/{name}"))}

    def leads_to(self, bus: str) -> set[str]:
        """Return every slave interface that a master reaches, through crossbars and the NoC."""
        reached: set[str] = set()
        ahead = [self.diagram.linked(bus)]
        while ahead:
            slave = ahead.pop()
            if not slave or slave in reached:
                continue
            reached.add(slave)
            ahead += [self.diagram.linked(master) for master in self._behind(slave)]
        return reached

    def _behind(self, slave: str) -> list[str]:
        """Return the masters of a cell that carry on what comes in at one of its slaves."""
        cell, _, _name = slave.partition("/")
        kind = self.diagram.cells[cell].kind if cell in self.diagram.cells else ""
        if kind.startswith("xilinx.com:ip:smartconnect:"):
            return [f"{cell}/{name}" for name, bus in self.shapes[cell].buses.items() if bus.master]
        destination = self.diagram.pin_config.get(slave, {}).get("CONNECTIONS", "").partition(" ")[0]
        return [f"{cell}/{destination}"] if destination.endswith("_INI") else []

    def _pins(self) -> list[str]:
        return sorted({end for wire in self.diagram.wires for end in wire})

    def _drivers(self, pin: str) -> list[str]:
        return sorted(end for end in self.diagram.net(pin) if self._drives(end))

    def _drives(self, end: str) -> bool:
        pin = self.pin(end)
        return pin.out if pin else self.diagram.ports.get(end) == "I"

    def _ends(self) -> Iterator[str]:
        for end in self._pins():
            if self.pin(end) is None and end not in self.diagram.ports:
                yield f"{end}: no such pin or port"
        for end in sorted({end for link in self.diagram.links for end in link}):
            if self.bus(end) is None and end not in self.diagram.bus_ports:
                yield f"{end}: no such interface"

    def _nets(self) -> Iterator[str]:
        for pin in self._pins():
            drivers = self.drivers[pin]
            if len(drivers) > 1 and pin == drivers[0]:
                yield f"{pin}: driven twice, also by {', '.join(drivers[1:])}"
            own, source = self.pin(pin), self.pin(drivers[0]) if drivers else None
            if own and source and not own.out and own.kind != source.kind and "clock" in (own.kind, source.kind):
                yield f"{pin}: is a {own.kind}, {drivers[0]} is a {source.kind}"

    def _open(self) -> Iterator[str]:
        linked = [end for link in self.diagram.links for end in link]
        for cell, found in self.shapes.items():
            for name, pin in found.pins.items():
                if not pin.out and pin.needed and not self.source(f"{cell}/{name}"):
                    yield f"{cell}/{name}: {pin.kind} is not connected"
            for name, bus in found.buses.items():
                times = linked.count(f"{cell}/{name}")
                if times != 1 and (times or bus.needed):
                    yield f"{cell}/{name}: connected {times} times, expected once"
        for port in self.diagram.ports:
            if port not in self._pins():
                yield f"{port}: port is not connected"
        for port in self.diagram.bus_ports:
            if port not in linked:
                yield f"{port}: port is not connected"

    def _links(self) -> Iterator[str]:
        for first, second in self.diagram.links:
            left, right = self.bus(first), self.bus(second)
            if left is None or right is None:
                yield from self._to_port(first, second)
                continue
            if left.master == right.master:
                yield f"{first} to {second}: both are {'masters' if left.master else 'slaves'}"
            if left.width and right.width and left.width != right.width:
                yield f"{first} to {second}: {left.width} and {right.width} bits"
            if left.clocks and right.clocks and not self.clocks(first) & self.clocks(second):
                yield f"{first} to {second}: no clock in common"

    def _to_port(self, first: str, second: str) -> Iterator[str]:
        """Yield what is wrong with a link to one of the design's interfaces: a master leads to one of mode Master."""
        for inside, port in ((first, second), (second, first)):
            bus, mode = self.bus(inside), self.diagram.bus_ports.get(port)
            if bus and mode and (mode == "Master") != bus.master:
                yield f"{inside} to {port}: the port's mode is {mode}"

    def _resets(self) -> Iterator[str]:
        for cell, found in self.shapes.items():
            for name, pin in found.pins.items():
                if pin.out or pin.kind != "reset" or not pin.clock:
                    continue
                source = self.source(f"{cell}/{name}")
                driver = self.pin(source)
                own = self.source(f"{cell}/{pin.clock}")
                of = self._clock_of(source, driver) if driver else own
                if own and of != own:
                    yield f"{cell}/{name}: {source} is of clock {of or 'none'}, expected {own}"

    def _clock_of(self, source: str, driver: Pin) -> str:
        """Return what drives the clock that a reset is of."""
        if not driver.clock:
            return ""
        path = f"{source.partition('/')[0]}/{driver.clock}"
        own = self.pin(path)
        return path if own and own.out else self.source(path)

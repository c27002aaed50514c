# SPDX-License-Identifier: Apache-2.0
"""Pins of ready/valid streams under cocotb: ports, sources and sinks with stalls, a bench that counts cycles.

Inputs change right after the rising edge; everything is read at the falling edge, when the cycle has settled. A beat
that has valid and ready at the falling edge of cycle k moves at the edge that ends cycle k; latency is the difference
of two such k. While valid is low the data wires carry noise, so that nobody can depend on them.

Own code instead of cocotb-bus and cocotbext-axi: they drive whole buses of AXI-Stream, not packed lanes, sample at
the rising edge, and give no cycle numbers.
"""

import random
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge, Timer

from golden.errors import CheckError

Handle = Any
Stall = Callable[[random.Random], Iterator[bool]]


def always(rng: random.Random) -> Iterator[bool]:
    """Go in every cycle."""
    while True:
        yield True


def never(rng: random.Random) -> Iterator[bool]:
    """Go in no cycle."""
    while True:
        yield False


def stalls(rng: random.Random) -> Iterator[bool]:
    """Go and stall in runs of random length; the share of go changes from run to run, from rare to nearly always."""
    while True:
        share = rng.choice((0.1, 0.5, 0.9))
        for _ in range(rng.randint(1, 30)):
            yield rng.random() < share


@dataclass
class Port:
    """One side of a module: `lanes` streams packed into flat valid, ready and data vectors, lane 0 low.

    Attributes:
        valid, ready: handles, `lanes` bits each.
        data: (handle, width of one lane) of data and each sideband; a beat is one integer, first field lowest.
        lanes: number of streams.
        shared: all lanes carry the same data wires (outputs of a fork).
    """

    valid: Handle
    ready: Handle
    data: Sequence[tuple[Handle, int]]
    lanes: int = 1
    shared: bool = False

    @property
    def width(self) -> int:
        """Bits of a beat."""
        return sum(width for _, width in self.data)

    def beat(self, lane: int) -> int:
        """Return what the data pins of a lane show; X and Z are an error."""
        beat = shift = 0
        for handle, width in self.data:
            at = 0 if self.shared else lane * width
            beat |= (int(handle.value) >> at & ((1 << width) - 1)) << shift
            shift += width
        return beat


class Mover(Protocol):
    """What a bench moves: a source, a sink or an agent."""

    def clear(self) -> None:
        """Drop what is under way, and forget what was taken."""

    def drive(self) -> None:
        """Set the pins of the cycle that has just begun."""

    def sample(self, cycle: int) -> None:
        """Note which beats move at the end of this cycle."""


class Source:
    """Drives beats into the lanes of a port; once offered, a beat stays until it is taken (rule S3)."""

    def __init__(self, port: Port, rng: random.Random, stall: Stall = always) -> None:
        self.port, self.rng = port, rng
        self.queues: list[deque[int]] = [deque() for _ in range(port.lanes)]
        self.taken: list[list[tuple[int, int]]] = [[] for _ in range(port.lanes)]
        self.set_stall(stall)
        self.clear()

    def set_stall(self, stall: Stall, lane: int | None = None) -> None:
        """Give a profile to one lane, or to each of them."""
        if lane is None:
            self._go = [stall(self.rng) for _ in range(self.port.lanes)]
        else:
            self._go[lane] = stall(self.rng)

    def clear(self) -> None:
        """Drop what is queued and offered, and forget what was taken."""
        for queue in self.queues:
            queue.clear()
        for taken in self.taken:
            taken.clear()
        self._offered: list[bool] = [False] * self.port.lanes
        self.drive(idle=True)

    def drive(self, idle: bool = False) -> None:
        """Set valid and data of the cycle that has just begun."""
        beats = []
        for lane, queue in enumerate(self.queues):
            go = next(self._go[lane])
            self._offered[lane] = bool(queue) and not idle and (self._offered[lane] or go)
            beats.append(queue[0] if self._offered[lane] else self.rng.getrandbits(self.port.width))
        self.port.valid.value = sum(offered << lane for lane, offered in enumerate(self._offered))
        shift = 0
        for handle, width in self.port.data:
            parts = (beat >> shift & ((1 << width) - 1) for beat in beats)
            handle.value = sum(part << (lane * width) for lane, part in enumerate(parts))
            shift += width

    def sample(self, cycle: int) -> None:
        """Note which beats move at the end of this cycle."""
        self.move(cycle, int(self.port.ready.value))

    def move(self, cycle: int, ready: int) -> None:
        """Take what is offered off the lanes that are ready."""
        for lane, offered in enumerate(self._offered):
            if offered and ready >> lane & 1:
                self.taken[lane].append((cycle, self.queues[lane].popleft()))
                self._offered[lane] = False

    @property
    def idle(self) -> bool:
        """Whether every beat was taken."""
        return not any(self.queues)


class Sink:
    """Takes beats from the lanes of a port."""

    def __init__(self, port: Port, rng: random.Random, stall: Stall = always) -> None:
        self.port, self.rng = port, rng
        self.taken: list[list[tuple[int, int]]] = [[] for _ in range(port.lanes)]
        self.set_stall(stall)
        self.clear()

    def set_stall(self, stall: Stall) -> None:
        """Give a profile to each lane."""
        self._go = [stall(self.rng) for _ in range(self.port.lanes)]

    def clear(self) -> None:
        """Forget what was taken."""
        for taken in self.taken:
            taken.clear()
        self._ready = 0
        self.port.ready.value = 0

    def drive(self) -> None:
        """Set ready of the cycle that has just begun."""
        self._ready = sum(next(go) << lane for lane, go in enumerate(self._go))
        self.port.ready.value = self._ready

    def sample(self, cycle: int) -> None:
        """Take the beats that move at the end of this cycle."""
        moving = int(self.port.valid.value) & self._ready
        for lane in range(self.port.lanes):
            if moving >> lane & 1:
                self.taken[lane].append((cycle, self.port.beat(lane)))

    def beats(self, lane: int = 0) -> list[int]:
        """Return the beats taken from a lane."""
        return [beat for _, beat in self.taken[lane]]


class ActiveLow:
    """A reset that is active low, as benches drive one: its value is the inverse of the pin's."""

    def __init__(self, pin: Handle) -> None:
        self._pin = pin

    @property
    def value(self) -> int:
        """Whether the design is in reset."""
        return int(not int(self._pin.value))

    @value.setter
    def value(self, on: int) -> None:
        self._pin.value = int(not on)


@dataclass
class Bench:
    """Clock, reset, sources and sinks of one design; `watch` is called in each settled cycle outside reset."""

    clk: Handle
    rst: Handle | None
    sources: Sequence[Mover] = field(default_factory=list)
    sinks: Sequence[Mover] = field(default_factory=list)
    watch: Callable[[int], None] | None = None
    cycle: int = 0

    async def start(self) -> None:
        """Start the clock and leave reset, which is on before the first edge: checks.vh believes what rst says."""
        if self.rst is not None:
            self.rst.value = 1
        self._clear()
        await self._settle()
        Clock(self.clk, 10, unit="ns").start()
        await self.reset()

    async def reset(self, cycles: int = 3) -> None:
        """Hold reset for some cycles, and drop everything that is under way in sources and sinks.

        In the first of them these still offer and take, as neighbours do that the same reset has yet to reach.
        """
        await RisingEdge(self.clk)
        if self.rst is not None:
            self.rst.value = 1
        for port in (*self.sources, *self.sinks):
            port.drive()
        await RisingEdge(self.clk)
        self._clear()
        for _ in range(cycles - 1):
            await RisingEdge(self.clk)
        if self.rst is not None:
            self.rst.value = 0
        await FallingEdge(self.clk)

    def _clear(self) -> None:
        for port in (*self.sources, *self.sinks):
            port.clear()

    async def step(self, cycles: int = 1) -> None:
        """Run cycles; return at the falling edge of the last one."""
        for _ in range(cycles):
            await RisingEdge(self.clk)
            self.cycle += 1
            for port in (*self.sources, *self.sinks):
                port.drive()
            await FallingEdge(self.clk)
            for port in (*self.sources, *self.sinks):
                port.sample(self.cycle)
            if self.watch:
                self.watch(self.cycle)

    async def run(self, done: Callable[[], bool], limit: int) -> None:
        """Run until done; the limit is a hang guard in cycles."""
        for _ in range(limit):
            if done():
                return
            await self.step()
        raise AssertionError(f"not done after {limit} cycles")

    async def flipped(self, handles: Sequence[Handle], read: Callable[[], int]) -> int:
        """Return what is read while some inputs are inverted in the middle of a cycle, which notices nothing.

        Raises:
            CheckError: the middle of the cycle is over; step on after fewer calls.
        """
        before = [int(handle.value) for handle in handles]
        for handle, value in zip(handles, before, strict=True):
            handle.value = value ^ ((1 << len(handle)) - 1)
        await self._settle()
        seen = read()
        for handle, value in zip(handles, before, strict=True):
            handle.value = value
        await self._settle()
        if int(self.clk.value):
            raise CheckError(f"cycle {self.cycle}: inputs were inverted up to the next edge of the clock")
        return seen

    async def _settle(self) -> None:
        """Let a change reach the outputs."""
        await Timer(10, unit="ps")


def steady_rate(taken: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Return (beats, cycles) between the first and the last beat taken; their quotient is the throughput."""
    return len(taken) - 1, taken[-1][0] - taken[0][0]


def noise(rng: random.Random, width: int, count: int) -> list[int]:
    """Return random beats, with all-zero and all-one words among them."""
    full = (1 << width) - 1
    return [rng.choice((0, full, *(rng.getrandbits(width) for _ in range(6)))) for _ in range(count)]


def first_difference(found: Iterable[int], expected: Iterable[int]) -> str:
    """Return where two sequences differ first, for a failure's message."""
    found, expected = list(found), list(expected)
    for index, (a, b) in enumerate(zip(found, expected, strict=False)):
        if a != b:
            return f"beat {index}: found {a:#x}, expected {b:#x}"
    return f"found {len(found)} beats, expected {len(expected)}"

# SPDX-License-Identifier: Apache-2.0
"""Agents of ready/valid streams: items of beats, drivers around Source and Sink, a monitor that trusts neither."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from pyuvm import (
    uvm_agent,
    uvm_analysis_port,
    uvm_component,
    uvm_driver,
    uvm_monitor,
    uvm_sequence,
    uvm_sequence_item,
    uvm_sequencer,
)

from golden.errors import CheckError
from harness.uvm.stream_pins import Port, Sink, Source, Stall


class StreamItem(uvm_sequence_item):
    """Beats of one lane; with a stall profile the lane has it from now on."""

    def __init__(self, name: str, beats: Sequence[int], lane: int = 0, stall: Stall | None = None) -> None:
        super().__init__(name)
        self.beats = beats
        self.lane = lane
        self.stall = stall


class StreamSequence(uvm_sequence):
    """Hands items to a source, which offers them when those before them were taken."""

    def __init__(self, name: str, items: Sequence[StreamItem]) -> None:
        super().__init__(name)
        self._items = items

    async def body(self) -> None:
        """Play the items; no time passes."""
        for item in self._items:
            await self.start_item(item)
            await self.finish_item(item)


@dataclass(frozen=True)
class StreamBeat:
    """A beat as the monitor saw it move at the end of a cycle."""

    port: str
    lane: int
    cycle: int
    data: int


class SourceDriver(uvm_driver):
    """Feeds the sequencer's items to a Source, as fast as they come."""

    def __init__(self, name: str, parent: uvm_component, source: Source) -> None:
        super().__init__(name, parent)
        self.source = source

    def offer(self, item: StreamItem) -> None:
        """Queue an item's beats."""
        if item.stall is not None:
            self.source.set_stall(item.stall, item.lane)
        self.source.queues[item.lane].extend(item.beats)

    async def run_phase(self) -> None:
        """Serve items for ever."""
        while True:
            self.offer(await self.seq_item_port.get_next_item())
            self.seq_item_port.item_done()


class SinkDriver(uvm_driver):
    """Drives ready after a stall profile; takes no items, as a sink has nothing to send."""

    def __init__(self, name: str, parent: uvm_component, sink: Sink) -> None:
        super().__init__(name, parent)
        self.sink = sink


class StreamMonitor(uvm_monitor):
    """Publishes every beat that moves on `ap` and keeps it in `taken`; holds an offered beat to rule S3.

    Its environment's bench calls it in every settled cycle: a task of its own for each port would cost more than
    everything else in the cycle. It reads valid, ready and data at the pins, whoever drives them; X there is an error.
    """

    def __init__(self, name: str, parent: uvm_component, port: Port) -> None:
        super().__init__(name, parent)
        self.ap = uvm_analysis_port("ap", self)
        self.taken: list[list[tuple[int, int]]] = [[] for _ in range(port.lanes)]
        self._port, self._name = port, parent.get_name()  # an agent bears its port's name
        self._held: dict[int, int] = {}

    def clear(self) -> None:
        """Forget what was taken and what waits; call it when the design is reset."""
        self._held.clear()
        for taken in self.taken:
            taken.clear()

    @property
    def waiting(self) -> bool:
        """Whether a beat is offered that nobody took yet."""
        return bool(self._held)

    def sample(self, cycle: int) -> int:
        """Look at the end of a cycle; return the ready of each lane."""
        valid, ready = int(self._port.valid.value), int(self._port.ready.value)
        if valid or self._held:
            for lane in range(self._port.lanes):
                self._look(cycle, lane, bool(valid >> lane & 1), bool(ready >> lane & 1))
        return ready

    def _look(self, cycle: int, lane: int, valid: bool, ready: bool) -> None:
        held = self._held.get(lane)
        if not valid:
            if held is not None:
                raise CheckError(f"{self._name} lane {lane}, cycle {cycle}: valid fell before the beat moved (S3)")
        elif ready:
            data = self._port.beat(lane)
            if held is not None and self._held.pop(lane) != data:
                raise CheckError(f"{self._name} lane {lane}, cycle {cycle}: {held:#x} became {data:#x} (S3)")
            self.taken[lane].append((cycle, data))
            self.ap.write(StreamBeat(self._name, lane, cycle, data))
        elif held is None:
            self._held[lane] = self._port.beat(lane)


class StreamAgent(uvm_agent):
    """Base: driver and monitor of a port, called by the bench in every cycle."""

    def __init__(self, name: str, parent: uvm_component, port: Port, rng: Random) -> None:
        self.port, self._rng = port, rng
        super().__init__(name, parent)

    @property
    def taken(self) -> list[list[tuple[int, int]]]:
        """Cycle and data of the beats of each lane that moved since the last clear."""
        return self.monitor.taken

    @property
    def cycles(self) -> list[int]:
        """Cycles in which the beats of lane 0 moved."""
        return [cycle for cycle, _ in self.taken[0]]

    def build_phase(self) -> None:
        """Make the monitor."""
        self.monitor = StreamMonitor("monitor", self, self.port)


class SourceAgent(StreamAgent):
    """Active on an input: sequencer, driver, monitor."""

    def build_phase(self) -> None:
        """Make the parts."""
        super().build_phase()
        self.sequencer = uvm_sequencer("sequencer", self)
        self.driver = SourceDriver("driver", self, Source(self.port, self._rng))

    def connect_phase(self) -> None:
        """Join driver and sequencer."""
        self.driver.seq_item_port.connect(self.sequencer.seq_item_export)

    async def send(self, beats: Sequence[int], lane: int = 0, stall: Stall | None = None) -> None:
        """Play one item on the sequencer; returns when its beats are queued, in the same cycle."""
        await StreamSequence("send", [StreamItem("beats", beats, lane, stall)]).start(self.sequencer)

    def answer(self, beats: Sequence[int]) -> None:
        """Queue beats from within a cycle, for what follows beats of another stream: they can move in the next one."""
        self.driver.offer(StreamItem("answer", beats))

    @property
    def idle(self) -> bool:
        """Whether every beat was taken."""
        return self.driver.source.idle

    @property
    def waiting(self) -> int:
        """Beats that nobody took yet."""
        return sum(map(len, self.driver.source.queues))

    def set_stall(self, stall: Stall) -> None:
        """Give each lane a profile."""
        self.driver.source.set_stall(stall)

    def clear(self) -> None:
        """Drop what is queued and offered."""
        self.driver.source.clear()
        self.monitor.clear()

    def drive(self) -> None:
        """Begin a cycle."""
        self.driver.source.drive()

    def sample(self, cycle: int) -> None:
        """End a cycle."""
        self.driver.source.move(cycle, self.monitor.sample(cycle))


class SinkAgent(StreamAgent):
    """Active on an output: driver of ready, monitor."""

    def build_phase(self) -> None:
        """Make the parts."""
        super().build_phase()
        self.driver = SinkDriver("driver", self, Sink(self.port, self._rng))

    def set_stall(self, stall: Stall) -> None:
        """Give each lane a profile."""
        self.driver.sink.set_stall(stall)

    def clear(self) -> None:
        """Drop ready, forget what was taken."""
        self.driver.sink.clear()
        self.monitor.clear()

    def drive(self) -> None:
        """Begin a cycle."""
        self.driver.sink.drive()

    def sample(self, cycle: int) -> None:
        """End a cycle."""
        self.monitor.sample(cycle)

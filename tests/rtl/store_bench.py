# SPDX-License-Identifier: Apache-2.0
"""Bench of the units that write an accelerator's results: what is offered, what is ordered, when answers may come."""

import random
from dataclasses import dataclass, field
from typing import Any

import cocotb

from harness.uvm.stream_pins import Bench, Port, Sink, Source, Stall, always
from tests.rtl.regions import REGION


@dataclass
class Run:
    """Configuration and data of a run.

    Attributes:
        c: value of each c_* input.
        data: beats of each input.
        answers: how many pulses must come of each output that counts answers.
    """

    c: dict[str, int]
    data: dict[str, list[int]]
    answers: dict[str, int] = field(default_factory=dict)


class Store:
    """Bench and memory of a run.

    Attributes:
        widths: of the data of each input.
        fields: names and widths of the wires that make a beat of d.
        regions: by the region of an offset, the inputs whose beats are written there, and how many to a wide beat.
        pulses: outputs that count answers.
    """

    widths: dict[str, int]
    fields: dict[str, int]
    regions: tuple[tuple[tuple[str, ...], int], ...]
    pulses: tuple[str, ...]

    def __init__(self, dut: Any, name: str, source: Stall = always, memory: Stall = always) -> None:
        self.dut = dut
        self.rng = random.Random(f"{cocotb.RANDOM_SEED}/{name}")
        self.inputs = {
            role: Source(self._port(role, {f"{role}_data": width}), self.rng, source)
            for role, width in self.widths.items()
        }
        self.commands = Sink(self._port("wr_cmd", {"wr_cmd_offset": 64, "wr_cmd_beats": 32}), self.rng, memory)
        self.d = Sink(self._port("d", self.fields), self.rng, memory)
        self.bench = Bench(dut.clk, dut.rst, [*self.inputs.values()], [self.commands, self.d], self.watch)
        dut.clear.value = dut.finish.value = dut.written.value = 0
        self.run: Any = None

    def _port(self, role: str, wires: dict[str, int]) -> Port:
        data = [(getattr(self.dut, name), width) for name, width in wires.items()]
        return Port(getattr(self.dut, f"{role}_valid"), getattr(self.dut, f"{role}_ready"), data)

    async def begin(self, run: Run) -> None:
        """Configure, clear, and offer everything that a run writes."""
        self.run, self.answered, self.ordered = None, 0, {}
        self.answers = dict.fromkeys(self.pulses, 0)
        for port in (*self.bench.sources, *self.bench.sinks):
            port.clear()
        for name, value in run.c.items():
            getattr(self.dut, name).value = value
        self.dut.finish.value = 0
        self.dut.clear.value = 1
        await self.bench.step()
        self.dut.clear.value = 0
        self.run = run
        for role, beats in run.data.items():
            self.inputs[role].queues[0].extend(beats)

    def orders(self) -> list[tuple[int, int]]:
        """Return the writes so far as (offset, beats)."""
        return [(word & (1 << 64) - 1, word >> 64) for word in self.commands.beats()]

    def watch(self, cycle: int) -> None:
        """Answer writes whose data have come; check that a write's data are inside when it is ordered."""
        self.dut.written.value = 0
        if self.run is None:
            return
        for name in self.pulses:
            self.answers[name] += int(getattr(self.dut, name).value)
        orders = self.orders()
        self.stored(orders)
        ends = sum(beats for _, beats in orders[: self.answered + 1])
        if self.answered < len(orders) and len(self.d.taken[0]) >= ends and self.rng.random() < 0.4:
            self.dut.written.value = 1
            self.answered += 1
        self.dut.finish.value = int(self.inputs["t"].idle)

    def stored(self, orders: list[tuple[int, int]]) -> None:
        """Store and forward: a source has handed in the beats of all writes that were ordered for it."""
        for offset, beats in orders[sum(self.ordered.values(), 0) :]:
            region = offset >> REGION & 7
            self.ordered[region] = self.ordered.get(region, 0) + 1
            ordered = sum(size for at, size in orders if at >> REGION & 7 == region)
            roles, ratio = self.regions[region]
            inside = sum(len(self.inputs[role].taken[0]) for role in roles)
            assert ordered <= -(-inside // ratio), f"a write of {beats} beats without its data"

    async def drain(self, step: int) -> list[tuple[int, int]]:
        """Run until everything has been answered; return every beat that was written, behind its place."""
        size = sum(map(len, self.run.data.values()))
        await self.bench.run(lambda: self.sent() and int(self.dut.idle.value) == 1, 60 * size + 5000)
        await self.bench.step(20)
        orders = self.orders()
        places = [offset + i * step for offset, beats in orders for i in range(beats)]
        assert self.answered == len(orders)
        assert len(self.d.taken[0]) == len(places)
        assert self.answers == self.run.answers
        self.run = None
        return list(zip(places, self.d.beats(), strict=True))

    def sent(self) -> bool:
        records = self.answers["record_written"] == self.run.answers["record_written"]
        return records and all(source.idle for source in self.bench.sources)

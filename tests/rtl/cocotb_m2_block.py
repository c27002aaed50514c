# SPDX-License-Identifier: Apache-2.0
"""A block of the Mamba2 accelerator with any number of streams: order, rates, latencies, stream rules, reset.

The vectors, JSON, beats in hex:
{"sources": {prefix: [beat, ...]}, "sinks": {prefix: [beat, ...]}, "static": {port: value},
 "after": {source: [sink, [beats, ...]]}: the source offers its next beats when a beat of the sink was taken,
 "pulses": {port: times},
 "steady": [[prefix, first, last, extra], ...]: cycles between two beats less beats between them are at most extra,
 "latency": [[prefix, beat, prefix, beat, most], ...]: cycles from one beat to the other, at most,
 "pace": {source: cycles between two of its beats while latency is measured},
 "waits": [sink, ...]: each of them takes nothing, alone, until nothing moves}
"""

import json
import random
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import Any

import cocotb

from tests.rtl.cocotb_stream_unit import flipped
from tests.rtl.dut import current
from tests.rtl.streams import Bench, Port, Sink, Source, Stall, always, first_difference, never, stalls

DUT = current()
RESETS = 3
QUIET = 200
"""Cycles without a beat, after which nothing more moves."""


@cache
def told() -> dict[str, Any]:
    """Return the vectors, beats as integers."""
    file: dict[str, Any] = json.loads(Path(DUT.vectors).read_text())
    for side in ("sources", "sinks"):
        file[side] = {prefix: [int(beat, 16) for beat in beats] for prefix, beats in file[side].items()}
    return file


class Block:
    """The design, a source or a sink for each of its streams, and what holds back some of the sources."""

    def __init__(self, dut, name: str, source: Stall = always, sink: Stall = always) -> None:
        self.dut = dut
        self.rng = random.Random(f"{cocotb.RANDOM_SEED}/{name}")
        self.sources = {p: Source(self.port(p), self.rng, source) for p in told()["sources"]}
        self.sinks = {p: Sink(self.port(p), self.rng, sink) for p in told()["sinks"]}
        for port, value in told()["static"].items():
            getattr(dut, port).value = value
        self.bench = Bench(dut.clk, dut.rst, [*self.sources.values()], [*self.sinks.values()], self.watch)
        self.clear()

    def port(self, prefix: str) -> Port:
        data = getattr(self.dut, f"{prefix}_data", None)
        fields = [(data, len(data))] if data is not None else []
        return Port(getattr(self.dut, f"{prefix}_valid"), getattr(self.dut, f"{prefix}_ready"), fields)

    def clear(self) -> None:
        self.pulses = dict.fromkeys(told().get("pulses", {}), 0)
        self.allowed = dict.fromkeys(told().get("after", {}), 0)

    def feed(self) -> None:
        """Queue everything that waits for nothing."""
        self.clear()
        for prefix, source in self.sources.items():
            if prefix not in self.allowed:
                source.queues[0].extend(told()["sources"][prefix])

    def watch(self, _: int) -> None:
        for name in self.pulses:
            self.pulses[name] += int(getattr(self.dut, name).value)
        for prefix, (sink, sizes) in told().get("after", {}).items():
            while self.allowed[prefix] < len(self.sinks[sink].taken[0]):
                first = sum(sizes[: self.allowed[prefix]])
                size = sizes[self.allowed[prefix]]
                self.sources[prefix].queues[0].extend(told()["sources"][prefix][first : first + size])
                self.allowed[prefix] += 1

    def complete(self) -> bool:
        return all(len(self.sinks[p].taken[0]) >= len(beats) for p, beats in told()["sinks"].items())

    def cycles(self) -> dict[str, list[int]]:
        """Return the cycles in which the beats of each stream moved."""
        return {p: [when for when, _ in port.taken[0]] for p, port in (self.sources | self.sinks).items()}

    async def drain(self) -> None:
        """Run until every expected beat came out, then some more, and compare."""
        beats = sum(map(len, [*told()["sources"].values(), *told()["sinks"].values()]))
        await self.bench.run(self.complete, 60 * beats + 4000)
        await self.bench.step(60)
        for prefix, expected in told()["sinks"].items():
            found = self.sinks[prefix].beats()
            assert found == expected, f"{prefix}: {first_difference(found, expected)}"
        for prefix, source in self.sources.items():
            assert source.idle, f"{prefix}: beats that nobody took"
        assert self.pulses == told().get("pulses", {}), f"pulses {self.pulses}"


@cocotb.test()
@cocotb.parametrize(source=[always, stalls], sink=[always, stalls])
async def order(dut, source, sink):
    """What comes out of every stream is what golden has, in order, whatever stalls."""
    block = Block(dut, f"order/{source.__name__}/{sink.__name__}", source, sink)
    await block.bench.start()
    block.feed()
    await block.drain()


@cocotb.test()
async def rates(dut):
    """With nothing stalled, streams run at the stated rates."""
    block = Block(dut, "rates")
    await block.bench.start()
    block.feed()
    await block.drain()
    cycles = block.cycles()
    for prefix, first, last, extra in told().get("steady", []):
        spent = cycles[prefix][last] - cycles[prefix][first] - (last - first)
        assert spent <= extra, f"{prefix}: {spent} idle cycles between beats {first} and {last}"


def paced(period: int) -> Stall:
    """Go in each `period`-th cycle."""
    return lambda _: cycle([True] + (period - 1) * [False])


@cocotb.test()
async def latencies(dut):
    """What follows something follows it soon."""
    block = Block(dut, "latencies")
    for prefix, period in told().get("pace", {}).items():
        block.sources[prefix].set_stall(paced(period))
    await block.bench.start()
    block.feed()
    await block.drain()
    cycles = block.cycles()
    for before, i, after, k, most in told().get("latency", []):
        spent = cycles[after][k] - cycles[before][i]
        assert 0 < spent <= most, f"{after} {k} comes {spent} cycles after {before} {i}, expected 1 to {most}"


@cocotb.test()
async def one_sink_waits(dut):
    """A sink that takes nothing while all others do stops the block before anything is lost."""
    block = Block(dut, "waits")
    await block.bench.start()
    for prefix in told().get("waits", []):
        block.sinks[prefix].set_stall(never)
        block.feed()
        before = -1
        while (moved := sum(map(len, block.cycles().values()))) > before:
            before = moved
            await block.bench.step(QUIET)
        assert not all(source.idle for source in block.sources.values()), f"{prefix} stops nothing"
        block.sinks[prefix].set_stall(always)
        await block.drain()
        await block.bench.reset()


@cocotb.test()
async def handshake(dut):
    """S2, S4: within a cycle no valid or data reaches a ready, and no ready a valid."""
    block = Block(dut, "handshake", stalls, stalls)
    await block.bench.start()
    block.feed()
    ins = [getattr(dut, f"{p}_{wire}") for p in block.sources for wire in ("valid", "data")]
    outs = [getattr(dut, f"{p}_ready") for p in block.sinks]
    for _ in range(60):
        await block.bench.step(block.rng.randint(1, 12))
        for ready in [getattr(dut, f"{p}_ready") for p in block.sources]:
            assert await flipped(block.bench, ins, ready) == int(ready.value), f"an input reaches {ready._name}"
        for valid in [getattr(dut, f"{p}_valid") for p in block.sinks]:
            assert await flipped(block.bench, outs, valid) == int(valid.value), f"a ready reaches {valid._name}"


@cocotb.test()
async def reset_in_traffic(dut):
    """S6: reset empties; a full run afterwards gives what it should."""
    block = Block(dut, "reset", stalls, stalls)
    await block.bench.start()
    beats = sum(map(len, told()["sources"].values()))
    for _ in range(RESETS):
        block.feed()
        await block.bench.step(block.rng.randint(30, max(60, beats)))
        await block.bench.reset(block.rng.randint(1, 3))
        for prefix in block.sinks:
            assert int(getattr(dut, f"{prefix}_valid").value) == 0, f"{prefix}_valid after reset"
    block.feed()
    await block.drain()

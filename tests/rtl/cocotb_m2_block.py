# SPDX-License-Identifier: Apache-2.0
"""A block of the Mamba2 accelerator with any number of streams: order, rates, latencies, stream rules, reset.

The vectors, JSON, beats in hex:
{"sources": {prefix: [beat, ...]}, "sinks": {prefix: [beat, ...]}, "static": {port: value},
 "after": {source: [sink, [beats, ...]]}: the source offers its next beats when a beat of the sink was taken,
 "pulses": {port: times},
 "steady": [[prefix, first, last, extra], ...]: cycles between two beats less beats between them are at most extra,
 "latency": [[prefix, beat, prefix, beat, most], ...]: cycles from one beat to the other, at most,
 "pace": {source: cycles between two of its beats while latency is measured},
 "waits": [sink, ...]: each of them takes nothing, alone, until nothing moves,
 "events": [port, ...]: at most one of them is high in a cycle,
 "busy": {port: [prefix, ...]}: high while one of these streams moves, or a beat of it that leaves waits; low when all
 is out,
 "blames": [[prefix, event], ...]: that event alone is high when nothing moves because that stream stands still,
 "slow": cycles between two beats of a sink, of all sinks at a time: queues stand full,
 "further": [{"sources", "sinks", "static"}, ...]: short runs that nothing else stalls, each behind a reset, with
 settings of its own; "pace" and "waits" are those of the run, whose sinks in "waits" take nothing, all of them, until
 nothing moves}
"""

import json
import random
from contextlib import AbstractAsyncContextManager
from functools import cache
from itertools import cycle
from pathlib import Path
from typing import Any

import cocotb

from harness.uvm.stream_env import StreamEnv, running
from harness.uvm.stream_pins import Stall, always, never, stalls
from tests.rtl.cocotb_stream_unit import flipped, port
from tests.rtl.current_dut import current

DUT = current()
RESETS = (1, 3, 1)
"""Cycles of each reset in traffic."""
QUIET = 200
"""Cycles without a beat, after which nothing more moves."""


@cache
def told() -> dict[str, Any]:
    """Return the vectors, beats as integers."""
    file: dict[str, Any] = json.loads(Path(DUT.vectors).read_text())
    for run in (file, *file.get("further", [])):
        for side in ("sources", "sinks"):
            run[side] = {prefix: [int(beat, 16) for beat in beats] for prefix, beats in run[side].items()}
    return file


class Block(StreamEnv):
    """The design, an agent for each of its streams, and what holds back some of the sources."""

    def __init__(self, parent, dut, name: str) -> None:
        super().__init__(
            "env",
            parent,
            clk=dut.clk,
            rst=dut.rst,
            inputs={prefix: port(dut, prefix) for prefix in told()["sources"]},
            outputs={prefix: port(dut, prefix) for prefix in told()["sinks"]},
            rng=random.Random(f"{cocotb.RANDOM_SEED}/{name}"),
        )
        self.dut = dut
        self.configure(told())
        self.clear()

    def connect_phase(self) -> None:
        super().connect_phase()
        self.bench.watch = self.watch

    def configure(self, run: dict[str, Any]) -> None:
        """Set what holds still in a run; in reset or before it."""
        self.run = run
        for static, value in run["static"].items():
            getattr(self.dut, static).value = value

    def clear(self) -> None:
        self.pulses = dict.fromkeys(told().get("pulses", {}), 0)
        self.allowed = dict.fromkeys(told().get("after", {}), 0)

    async def feed(self) -> None:
        """Send everything that waits for nothing, expect what golden has."""
        self.clear()
        for prefix, source in self.sources.items():
            if prefix not in self.allowed:
                await source.send(self.run["sources"][prefix])
        for prefix, scoreboard in self.scoreboards.items():
            scoreboard.expect(self.run["sinks"][prefix])

    def watch(self, _: int) -> None:
        for name in self.pulses:
            self.pulses[name] += int(getattr(self.dut, name).value)
        assert len(self.high()) <= 1, f"events at once: {self.high()}"
        for name, prefixes in told().get("busy", {}).items():
            moving = [prefix for prefix in prefixes if self.moves(prefix)]
            assert not moving or int(getattr(self.dut, name).value), f"{name} is low while {moving} move"
        for prefix, (sink, sizes) in told().get("after", {}).items():
            while self.allowed[prefix] < len(self.sinks[sink].taken[0]):
                first = sum(sizes[: self.allowed[prefix]])
                size = sizes[self.allowed[prefix]]
                self.sources[prefix].answer(told()["sources"][prefix][first : first + size])
                self.allowed[prefix] += 1

    def moves(self, prefix: str) -> bool:
        """Whether a stream's beat moves in this cycle, or one that leaves waits."""
        valid, ready = (int(getattr(self.dut, f"{prefix}_{wire}").value) for wire in ("valid", "ready"))
        return bool(valid and (ready or prefix in self.sinks))

    def high(self) -> list[str]:
        """Return the events of this cycle."""
        return [event for event in told().get("events", []) if int(getattr(self.dut, event).value)]

    async def quiet(self) -> None:
        """Send everything and run until nothing moves."""
        await self.feed()
        before = -1
        while (moved := sum(map(len, self.cycles().values()))) > before:
            before = moved
            await self.bench.step(QUIET)

    async def stand_still(self, sinks: list[str]) -> None:
        """Send everything while these sinks take nothing, until nothing moves; then let them go on."""
        for prefix in sinks:
            self.sinks[prefix].set_stall(never)
        await self.quiet()
        assert not all(source.idle for source in self.sources.values()), f"{sinks} stop nothing"
        for prefix in sinks:
            self.sinks[prefix].set_stall(always)

    def cycles(self) -> dict[str, list[int]]:
        """Return the cycles in which the beats of each stream moved."""
        return {prefix: agent.cycles for prefix, agent in (self.sources | self.sinks).items()}

    async def empty(self, quiet: int = 60) -> None:
        """Run until every expected beat came out, then some more."""
        beats = sum(map(len, [*self.run["sources"].values(), *self.run["sinks"].values()]))
        await self.drain(60 * beats + 4000, quiet)
        for prefix, source in self.sources.items():
            assert source.idle, f"{prefix}: beats that nobody took"
        assert self.pulses == told().get("pulses", {}), f"pulses {self.pulses}"


def block(dut, name: str, source: Stall = always, sink: Stall = always) -> AbstractAsyncContextManager[Block]:
    """Run the block behind reset; afterwards its scoreboards have the last word."""
    return running(lambda parent: Block(parent, dut, name), source, sink)


@cocotb.test()
@cocotb.parametrize(source=[always, stalls], sink=[always, stalls])
async def order(dut, source, sink):
    """What comes out of every stream is what golden has, in order, whatever stalls."""
    async with block(dut, f"order/{source.__name__}/{sink.__name__}", source, sink) as env:
        await env.feed()
        await env.empty()
        for name in told().get("busy", {}):
            assert not int(getattr(dut, name).value), f"{name} is high when all is out"


def paced(period: int) -> Stall:
    """Go in each `period`-th cycle."""
    return lambda _: cycle([True] + (period - 1) * [False])


@cocotb.test()
async def slow_sinks(dut):
    """Sinks that take a beat now and then: queues are full while the block goes on, beat by beat."""
    if period := told().get("slow"):
        async with block(dut, "slow", sink=paced(period)) as env:
            await env.feed()
            await env.empty()


@cocotb.test()
async def rates(dut):
    """With nothing stalled, streams run at the stated rates."""
    async with block(dut, "rates") as env:
        await env.feed()
        await env.empty()
        cycles = env.cycles()
        for prefix, first, last, extra in told().get("steady", []):
            spent = cycles[prefix][last] - cycles[prefix][first] - (last - first)
            assert spent <= extra, f"{prefix}: {spent} idle cycles between beats {first} and {last}"


@cocotb.test()
async def latencies(dut):
    """What follows something follows it soon."""
    async with block(dut, "latencies") as env:
        for prefix, period in told().get("pace", {}).items():
            env.sources[prefix].set_stall(paced(period))
        await env.feed()
        await env.empty()
        cycles = env.cycles()
        for before, i, after, k, most in told().get("latency", []):
            spent = cycles[after][k] - cycles[before][i]
            assert 0 < spent <= most, f"{after} {k} comes {spent} cycles after {before} {i}, expected 1 to {most}"


@cocotb.test()
async def one_sink_waits(dut):
    """A sink that takes nothing while all others do stops the block before anything is lost."""
    waits = told().get("waits", [])
    if not waits:
        return
    async with block(dut, "waits") as env:
        for prefix in waits:
            await env.stand_still([prefix])
            await env.empty()
            await env.reset()


@cocotb.test()
async def further_runs(dut):
    """With other settings the block gives what golden has, too."""
    if not told().get("further"):
        return
    async with block(dut, "further") as env:
        for run in told()["further"]:
            env.configure(run)
            await env.reset(1)
            env.set_stalls()
            for prefix, period in run.get("pace", {}).items():
                env.sources[prefix].set_stall(paced(period))
            if waits := run.get("waits", []):
                await env.stand_still(waits)
            else:
                await env.feed()
            await env.empty(quiet=8)


@cocotb.test()
async def events_blame_who_stands_still(dut):
    """When nothing moves for the sake of one stream, its event is high and no other."""
    blames = told().get("blames", [])
    if not blames:
        return
    async with block(dut, "blames") as env:
        for prefix, event in blames:
            agent = (env.sources | env.sinks)[prefix]
            agent.set_stall(never)
            await env.quiet()
            assert env.high() == [event], f"{prefix} stands still: {env.high()}"
            agent.set_stall(always)
            await env.empty()
            await env.reset()


@cocotb.test()
async def handshake(dut):
    """S2, S4: within a cycle no valid or data reaches a ready, and no ready a valid."""
    async with block(dut, "handshake", stalls, stalls) as env:
        await env.feed()
        ins = [getattr(dut, f"{p}_{wire}") for p in env.sources for wire in ("valid", "data")]
        outs = [getattr(dut, f"{p}_ready") for p in env.sinks]
        for _ in range(60):
            await env.bench.step(env.rng.randint(1, 12))
            for ready in [getattr(dut, f"{p}_ready") for p in env.sources]:
                assert await flipped(env.bench, ins, ready) == int(ready.value), f"an input reaches {ready._name}"
            for valid in [getattr(dut, f"{p}_valid") for p in env.sinks]:
                assert await flipped(env.bench, outs, valid) == int(valid.value), f"a ready reaches {valid._name}"
        env.set_stalls()
        await env.empty()


@cocotb.test()
async def reset_in_traffic(dut):
    """S6: reset empties; a full run afterwards gives what it should."""
    async with block(dut, "reset", stalls, stalls) as env:
        beats = sum(map(len, told()["sources"].values()))
        for cycles in RESETS:
            await env.feed()
            await env.bench.step(env.rng.randint(30, max(60, beats)))
            await env.reset(cycles)
            for prefix in env.sinks:
                assert int(getattr(dut, f"{prefix}_valid").value) == 0, f"{prefix}_valid after reset"
        await env.feed()
        await env.empty()

# SPDX-License-Identifier: Apache-2.0
"""A block with several input and output streams, whose law is a file of vectors: order, rules, reset, rates.

The file: {"runs": [run, ...]}, each after a reset of its own: {"static": {port: value}, "sources": {stream: beats},
"sinks": {stream: beats}, "follows": {source: sink}, "rates": [[source, first beat, last beat], ...], "latencies":
[[source, beat, sink, beat, cycles], ...]}; beats are hex text, streams are named as their ports. A source that
follows a sink offers as many beats as the sink has taken. Rates are a beat a cycle; both are measured without stalls.
"""

import json
import random
from contextlib import AbstractAsyncContextManager
from functools import cache
from pathlib import Path
from typing import Any

import cocotb

from harness.uvm.stream_env import StreamEnv, running
from harness.uvm.stream_pins import Stall, always, stalls
from tests.rtl.cocotb_stream_unit import flipped, port
from tests.rtl.current_dut import current

DUT = current()
RESETS = 3


@cache
def runs() -> list[dict[str, Any]]:
    """Return the runs, beats as integers."""
    told = json.loads(Path(DUT.vectors).read_text())["runs"]
    for run in told:
        for side in ("sources", "sinks"):
            run[side] = {name: [int(beat, 16) for beat in beats] for name, beats in run[side].items()}
    return told


class Block(StreamEnv):
    """The block with an agent for each stream of its runs."""

    def __init__(self, parent, dut, name: str) -> None:
        super().__init__(
            "env",
            parent,
            clk=dut.clk,
            rst=dut.rst,
            inputs={key: port(dut, key) for key in runs()[0]["sources"]},
            outputs={key: port(dut, key) for key in runs()[0]["sinks"]},
            rng=random.Random(f"{cocotb.RANDOM_SEED}/{name}"),
        )
        self.dut, self.later = dut, {}
        self.configure(runs()[0])

    def connect_phase(self) -> None:
        super().connect_phase()
        self.bench.watch = self.follow

    def configure(self, run: dict[str, Any]) -> None:
        """Set what holds still; in reset or before it."""
        self.run = run
        for name, value in run["static"].items():
            getattr(self.dut, name).value = value

    async def load(self) -> None:
        """Send the beats of the run, expect what golden has."""
        self.later = {key: list(self.run["sources"][key]) for key in self.run.get("follows", {})}
        for key, source in self.sources.items():
            if key not in self.later:
                await source.send(self.run["sources"][key])
        for key, scoreboard in self.scoreboards.items():
            scoreboard.expect(self.run["sinks"][key])

    def follow(self, cycle: int) -> None:
        for key, beats in self.later.items():
            taken = len(self.sinks[self.run["follows"][key]].taken[0])
            new = taken - (len(self.run["sources"][key]) - len(beats))
            self.sources[key].answer(beats[:new] if new > 0 else [])
            del beats[: max(new, 0)]

    def fed(self) -> bool:
        """Everything went in."""
        return all(source.idle for source in self.sources.values()) and not any(self.later.values())

    async def empty(self) -> None:
        """Run until every expected beat came out and every other went in, then some more."""
        beats = sum(len(b) for side in ("sources", "sinks") for b in self.run[side].values())
        await self.drain(30 * beats + 2000, quiet=60, done=self.fed)
        for key, source in self.sources.items():
            left = source.waiting + len(self.later.get(key, []))
            assert not left, f"{key}: {left} beats that nobody took"

    async def begin(self, run: dict[str, Any]) -> None:
        """Reset, with the settings of a run."""
        self.configure(run)
        self.later = {}
        await self.reset(self.rng.randint(1, 3))


def block(dut, name: str, source: Stall = always, sink: Stall = always) -> AbstractAsyncContextManager[Block]:
    """Run the block behind reset; afterwards its scoreboards have the last word."""
    return running(lambda parent: Block(parent, dut, name), source, sink)


@cocotb.test()
@cocotb.parametrize(source=[always, stalls], sink=[always, stalls])
async def order(dut, source, sink):
    """What comes out is what golden makes of what went in, whatever stalls."""
    async with block(dut, f"order/{source.__name__}/{sink.__name__}", source, sink) as env:
        for run in runs():
            await env.begin(run)
            await env.load()
            await env.empty()


@cocotb.test()
async def rates_and_latencies(dut):
    """Beats that the run names enter in consecutive cycles, or leave as late as it says, while nothing stalls."""
    async with block(dut, "rates") as env:
        for run in runs():
            await env.begin(run)
            await env.load()
            await env.empty()
            for key, first, last in run.get("rates", []):
                cycles = (env.sources | env.sinks)[key].cycles
                found = cycles[last] - cycles[first]
                assert found == last - first, f"{key}: beats {first} to {last} took {found} cycles"
            for key, beat, out, result, late in run.get("latencies", []):
                found = env.sinks[out].cycles[result] - env.sources[key].cycles[beat]
                assert found == late, f"from {key} {beat} to {out} {result}: {found} cycles, not {late}"


@cocotb.test()
async def handshake(dut):
    """S2, S4: within a cycle no valid and no data reach a ready, and no ready reaches a valid."""
    async with block(dut, "handshake", stalls, stalls) as env:
        await env.load()
        inputs = [wire for s in env.sources.values() for wire in (s.port.valid, s.port.data[0][0])]
        readys = [s.port.ready for s in env.sinks.values()]
        for _ in range(120):
            await env.bench.step()
            for key, source in env.sources.items():
                seen = source.port.ready
                assert await flipped(env.bench, inputs, seen) == int(seen.value), f"an input reaches {key}_ready"
            for key, sink in env.sinks.items():
                seen = sink.port.valid
                assert await flipped(env.bench, readys, seen) == int(seen.value), f"a ready reaches {key}_valid"
        env.set_stalls()
        await env.empty()


@cocotb.test()
async def reset_in_traffic(dut):
    """S6: reset empties; a full run afterwards gives what it should."""
    async with block(dut, "reset", stalls, stalls) as env:
        cut = 0
        for number in range(RESETS):
            run = runs()[number % len(runs())]
            await env.begin(run)
            await env.load()
            await env.bench.step(env.rng.randint(20, 20 + max(map(len, run["sources"].values()))))
            cut += not (env.complete and env.fed())
            await env.begin(run)
            for key, sink in env.sinks.items():
                assert int(sink.port.valid.value) == 0, f"{key}_valid after reset"
            await env.load()
            await env.empty()
        assert cut, "no reset came before the last beat"

# SPDX-License-Identifier: Apache-2.0
"""A block with several input and output streams, whose law is a file of vectors: order, rules, reset, rates.

The file: {"runs": [run, ...]}, each after a reset of its own: {"static": {port: value}, "sources": {stream: beats},
"sinks": {stream: beats}, "follows": {source: sink}, "rates": [[source, first beat, last beat], ...], "latencies":
[[source, beat, sink, beat, cycles], ...]}; beats are hex text, streams are named as their ports. A source that
follows a sink offers as many beats as the sink has taken. Rates are a beat a cycle; both are measured without stalls.
"""

import json
import random
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import cocotb

from tests.rtl.cocotb_stream_unit import flipped
from tests.rtl.dut import current
from tests.rtl.streams import Bench, Port, Sink, Source, Stall, always, first_difference, stalls

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


class Table:
    """Bench with a source and a sink for each stream of a run."""

    def __init__(self, dut, name: str, source: Stall = always, sink: Stall = always) -> None:
        self.rng = random.Random(f"{cocotb.RANDOM_SEED}/{name}")
        self.sources = {key: Source(port(dut, key), self.rng, source) for key in runs()[0]["sources"]}
        self.sinks = {key: Sink(port(dut, key), self.rng, sink) for key in runs()[0]["sinks"]}
        self.bench = Bench(dut.clk, dut.rst, [*self.sources.values()], [*self.sinks.values()], self.follow)
        self.dut, self.later = dut, {}
        self.configure(runs()[0])

    def configure(self, run: dict[str, Any]) -> None:
        """Set what holds still; in reset or before it."""
        self.run = run
        for name, value in run["static"].items():
            getattr(self.dut, name).value = value

    def load(self) -> None:
        """Queue the beats of the run."""
        self.later = {key: list(self.run["sources"][key]) for key in self.run.get("follows", {})}
        for key, source in self.sources.items():
            if key not in self.later:
                source.queues[0].extend(self.run["sources"][key])

    def follow(self, cycle: int) -> None:
        for key, beats in self.later.items():
            taken = len(self.sinks[self.run["follows"][key]].taken[0])
            new = taken - (len(self.run["sources"][key]) - len(beats))
            self.sources[key].queues[0].extend(beats[:new] if new > 0 else [])
            del beats[: max(new, 0)]

    def complete(self) -> bool:
        """Everything came out, and everything went in or never will."""
        out = all(len(self.sinks[key].taken[0]) >= len(beats) for key, beats in self.run["sinks"].items())
        return out and all(source.idle for source in self.sources.values()) and not any(self.later.values())

    async def drain(self) -> None:
        """Run until every expected beat came out, then some more, and compare."""
        beats = sum(len(b) for side in ("sources", "sinks") for b in self.run[side].values())
        with suppress(AssertionError):  # a hang guard; what is missing is said below
            await self.bench.run(self.complete, 30 * beats + 2000)
        for key, expected in self.run["sinks"].items():
            found = self.sinks[key].beats()
            assert found == expected, f"{key}: {first_difference(found, expected)}"
        for key, source in self.sources.items():
            left = [*source.queues[0], *self.later.get(key, [])]
            assert not left, f"{key}: {len(left)} beats that nobody took"
        await self.bench.step(60)
        for key, expected in self.run["sinks"].items():
            assert len(self.sinks[key].taken[0]) == len(expected), f"{key}: beats came out after the last one"

    async def reset(self, run: dict[str, Any]) -> None:
        self.configure(run)
        self.later = {}
        await self.bench.reset(self.rng.randint(1, 3))


def port(dut, name: str) -> Port:
    data = getattr(dut, f"{name}_data")
    return Port(getattr(dut, f"{name}_valid"), getattr(dut, f"{name}_ready"), [(data, len(data))])


@cocotb.test()
@cocotb.parametrize(source=[always, stalls], sink=[always, stalls])
async def order(dut, source, sink):
    """What comes out is what golden makes of what went in, whatever stalls."""
    table = Table(dut, f"order/{source.__name__}/{sink.__name__}", source, sink)
    await table.bench.start()
    for run in runs():
        await table.reset(run)
        table.load()
        await table.drain()


@cocotb.test()
async def rates_and_latencies(dut):
    """Beats that the run names enter in consecutive cycles, or leave as late as it says, while nothing stalls."""
    table = Table(dut, "rates")
    await table.bench.start()
    for run in runs():
        await table.reset(run)
        table.load()
        await table.drain()
        for key, first, last in run.get("rates", []):
            taken = [cycle for cycle, _ in (table.sources | table.sinks)[key].taken[0]]
            found = taken[last] - taken[first]
            assert found == last - first, f"{key}: beats {first} to {last} took {found} cycles"
        for key, beat, out, result, cycles in run.get("latencies", []):
            found = table.sinks[out].taken[0][result][0] - table.sources[key].taken[0][beat][0]
            assert found == cycles, f"from {key} {beat} to {out} {result}: {found} cycles, not {cycles}"


@cocotb.test()
async def handshake(dut):
    """S2, S4: within a cycle no valid and no data reach a ready, and no ready reaches a valid."""
    table = Table(dut, "handshake", stalls, stalls)
    await table.bench.start()
    table.load()
    inputs = [wire for s in table.sources.values() for wire in (s.port.valid, s.port.data[0][0])]
    for _ in range(120):
        await table.bench.step()
        for key, source in table.sources.items():
            seen = source.port.ready
            assert await flipped(table.bench, inputs, seen) == int(seen.value), f"an input reaches {key}_ready"
        for key, sink in table.sinks.items():
            seen, readys = sink.port.valid, [s.port.ready for s in table.sinks.values()]
            assert await flipped(table.bench, readys, seen) == int(seen.value), f"a ready reaches {key}_valid"


@cocotb.test()
async def reset_in_traffic(dut):
    """S6: reset empties; a full run afterwards gives what it should."""
    table = Table(dut, "reset", stalls, stalls)
    await table.bench.start()
    cut = 0
    for number in range(RESETS):
        run = runs()[number % len(runs())]
        await table.reset(run)
        table.load()
        await table.bench.step(table.rng.randint(20, 20 + max(map(len, run["sources"].values()))))
        cut += not table.complete()
        await table.reset(run)
        for key, sink in table.sinks.items():
            assert int(sink.port.valid.value) == 0, f"{key}_valid after reset"
        table.load()
        await table.drain()
    assert cut, "no reset came before the last beat"

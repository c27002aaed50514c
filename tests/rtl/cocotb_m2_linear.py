# SPDX-License-Identifier: Apache-2.0
"""m2_linear: activations and weights in, tiles out; what its header says of rates, latency and capacity is measured.

The vectors: {"a": beats, "w": beats, "out": beats, "tiles": [[weight beats, passes] of each tile, ...], "vectors":
[[activation beats, tiles], ...]}, hex text. A tile has an output beat for each pass.
"""

import json
import random
from functools import cache, partial
from pathlib import Path

import cocotb

from harness.uvm.stream_pins import Bench, Port, Sink, Source, Stall, always, first_difference, never, stalls
from tests.rtl.cocotb_stream_unit import flipped
from tests.rtl.current_dut import current

DUT = current()
QUEUE = int(DUT.params["QUEUE"]) if DUT.name else 0
RESETS = 4


@cache
def told() -> dict[str, list]:
    """Return the vectors, beats as integers."""
    file = json.loads(Path(DUT.vectors).read_text())
    return file | {key: [int(beat, 16) for beat in file[key]] for key in ("a", "w", "out")}


class Lanes(Port):
    """A port that shows zeros in the lanes above the last one of a pass, which may hold anything."""

    def beat(self, lane: int) -> int:
        text = str(self.data[0][0].value)
        rows, lanes = DUT.params["ROWS"] * DUT.params["ACC_W"], DUT.params["T_PAR"]
        marks = text[: -rows * lanes]
        used = rows * (1 + int(marks[2:], 2))
        return int(marks + "0" * (rows * lanes - used) + text[-used:], 2)


class Table:
    """Bench, sources of activations and weights, sink."""

    def __init__(self, dut, name: str, a: Stall = always, w: Stall = always, m: Stall = always) -> None:
        self.dut = dut
        self.rng = random.Random(f"{cocotb.RANDOM_SEED}/{name}")
        ports = [
            kind(getattr(dut, f"{role}_valid"), getattr(dut, f"{role}_ready"), [(data, len(data))])
            for role, data, kind in (("s_a", dut.s_a_data, Port), ("s_w", dut.s_w_data, Port), ("m", dut.m_data, Lanes))
        ]
        self.a, self.w = Source(ports[0], self.rng, a), Source(ports[1], self.rng, w)
        self.m = Sink(ports[2], self.rng, m)
        self.bench = Bench(dut.clk, dut.rst, [self.a, self.w], [self.m])

    def feed(self) -> None:
        self.a.queues[0].extend(told()["a"])
        self.w.queues[0].extend(told()["w"])

    def complete(self, size: int) -> bool:
        return len(self.m.taken[0]) >= size

    async def drain(self) -> None:
        """Run until every tile came out, then some more, and compare."""
        out = told()["out"]
        limit = 60 * (len(told()["a"]) + len(told()["w"])) + 2000
        await self.bench.run(partial(self.complete, len(out)), limit)
        await self.bench.step(30)
        assert self.m.beats() == out, first_difference(self.m.beats(), out)
        assert self.a.idle, "activations that nobody took"
        assert self.w.idle, "weights that nobody took"


@cocotb.test()
@cocotb.parametrize(a=[always, stalls], w=[always, stalls], m=[always, stalls])
async def order(dut, a, w, m):
    """The sums of each tile are golden's, in order, whatever stalls."""
    table = Table(dut, f"order/{a.__name__}/{w.__name__}/{m.__name__}", a, w, m)
    await table.bench.start()
    table.feed()
    await table.drain()


def tile_ends() -> list[int]:
    """Return the position of the last weight beat of each tile."""
    ends, at = [], -1
    for beats, _ in told()["tiles"]:
        at += beats
        ends.append(at)
    return ends


@cocotb.test()
async def rate_and_latency(dut):
    """A weight beat in as many cycles as passes, over tiles and vectors, once two vectors are loaded; tiles in time."""
    table = Table(dut, "rate", w=never)
    await table.bench.start()
    table.feed()
    both = sum(beats for beats, _ in told()["vectors"][:2])
    await table.bench.run(lambda: len(table.a.taken[0]) >= both, 20 * both)
    table.w.set_stall(always)
    await table.drain()
    latency = DUT.contract.value("Latency", DUT.params)
    starts = [cycle for cycle, _ in table.w.taken[0]]
    ends = [cycle for cycle, beat in table.m.taken[0] if beat >> len(dut.m_data) - 2 & 1]
    measured = {end - starts[last] for end, last in zip(ends, tile_ends(), strict=True)}
    assert measured == {latency}, f"latencies are {sorted(measured)}, the header says {latency}"
    runs = vector_runs()
    if min(beats for beats, _ in told()["tiles"]) * QUEUE > latency:
        assert starts[runs[1][0]] - starts[runs[0][1]] == runs[1][3], "a bubble between vectors"
    for first, last, beats, passes in runs:
        if beats * QUEUE > latency:
            assert starts[last] - starts[first] == (last - first) * passes, f"a bubble between tiles of {beats} beats"


def vector_runs() -> list[tuple[int, int, int, int]]:
    """Return the positions of the first and last weight beat of each vector, and the beats and passes of its tiles."""
    runs, first, tile = [], 0, 0
    for _, tiles in told()["vectors"]:
        beats, passes = told()["tiles"][tile]
        runs.append((first, first + beats * tiles - 1, beats, passes))
        first, tile = first + beats * tiles, tile + tiles
    return runs


def entered() -> int:
    """Return the weight beats that enter with the output stalled: those before the pass that finds no place."""
    places, taken = QUEUE, 0
    for beats, passes in told()["tiles"]:
        if places < passes:
            return taken + (beats - 1 if places else 0)
        places, taken = places - passes, taken + beats
    raise AssertionError("vectors: too few tiles to fill the queue")


@cocotb.test()
async def capacity(dut):
    """With the output stalled as many tiles enter as the queue has places, and two vectors; nothing is lost."""
    table = Table(dut, "capacity", m=never)
    await table.bench.start()
    table.feed()
    await table.bench.step(DUT.params["T_COLS"] * len(told()["w"]) + len(told()["a"]) + 60)
    found = len(table.w.taken[0])
    assert found == entered(), f"took {found} weight beats, expected {entered()}"
    loads, _ = zip(*told()["vectors"], strict=True)
    used = sum(last < found for _, last, _, _ in vector_runs())
    expected = sum(loads[: used + 2])
    assert len(table.a.taken[0]) == expected, f"took {len(table.a.taken[0])} activation beats, expected {expected}"
    table.m.set_stall(always)
    await table.drain()


@cocotb.test()
async def handshake(dut):
    """S2, S4: within a cycle no input reaches a ready or m_valid."""
    table = Table(dut, "handshake", stalls, stalls, stalls)
    await table.bench.start()
    table.feed()
    inputs = [dut.s_a_valid, dut.s_a_data, dut.s_w_valid, dut.s_w_data, dut.m_ready]
    for _ in range(150):
        await table.bench.step()
        for seen in (dut.s_a_ready, dut.s_w_ready, dut.m_valid):
            assert await flipped(table.bench, inputs, seen) == int(seen.value), f"an input reaches {seen._name}"


@cocotb.test()
async def reset_in_traffic(dut):
    """S6: reset empties, half a vector and half a tile too; a full run afterwards gives what it should."""
    table = Table(dut, "reset", stalls, stalls, stalls)
    await table.bench.start()
    cut = 0
    for _ in range(RESETS):
        table.feed()
        await table.bench.run(lambda: bool(table.w.taken[0]), 2000)
        await table.bench.step(table.rng.randint(0, len(told()["w"])))
        cut += not table.complete(len(told()["out"]))
        await table.bench.reset(table.rng.randint(1, 3))
        assert int(dut.m_valid.value) == 0, "m_valid after reset"
        table.feed()
        await table.drain()
        await table.bench.reset()
    assert cut, "no reset came before the last beat"

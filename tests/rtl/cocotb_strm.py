# SPDX-License-Identifier: Apache-2.0
"""The contract of every stream module, as cocotb tests: order, latency, throughput, capacity, rules S1-S6, reset."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

import cocotb

from golden import streams as law
from tests.rtl.dut import Dut, current
from tests.rtl.streams import (
    Bench,
    Port,
    Sink,
    Source,
    Stall,
    always,
    first_difference,
    never,
    noise,
    stalls,
    steady_rate,
)

DUT = current()
BEATS = 150
Lanes = Sequence[Sequence[int]]


@dataclass(frozen=True)
class Shape:
    """How a module's ports look, and its law from input lanes to output lanes.

    Attributes:
        inputs, outputs: lanes.
        in_w, out_w: data width of a lane.
        last: beats carry a last bit above the data.
        ratio: narrow beats in a wide one on the input side, for what makes one output.
        expected: the law.
    """

    inputs: int
    outputs: int
    in_w: int
    out_w: int
    expected: Callable[[Lanes], list[list[int]]]
    last: bool = False
    ratio: int = 1


def shape(dut: Dut) -> Shape:
    params = dut.params
    width = params["DATA_W"]
    same = Shape(1, 1, width, width, lambda lanes: [law.identity(lanes[0])])
    if dut.name == "strm_fork":
        return replace(same, outputs=params["N"], expected=lambda lanes: [law.identity(lanes[0])] * params["N"])
    if dut.name == "strm_join":
        wide = width * params["N"]
        return replace(same, inputs=params["N"], out_w=wide, expected=lambda lanes: [law.join(lanes, width)])
    if dut.name in ("strm_upsize", "strm_downsize"):
        ratio = params["RATIO"]
        up = dut.name == "strm_upsize"
        in_w, out_w = (width, width * ratio) if up else (width * ratio, width)
        resize = law.upsize if up else law.downsize

        def expected(lanes: Lanes) -> list[list[int]]:
            beats = [(beat & ((1 << in_w) - 1), bool(beat >> in_w)) for beat in lanes[0]]
            return [[data | last << out_w for data, last in resize(beats, width, ratio)]]

        return Shape(1, 1, in_w, out_w, expected, last=True, ratio=ratio if up else 1)
    return same


SHAPE = shape(DUT) if DUT.name else None


def bench(dut, name: str, source: Stall = always, sink: Stall = always) -> tuple[Bench, Source, Sink, random.Random]:
    rng = random.Random(f"{cocotb.RANDOM_SEED}/{name}")
    s_data, m_data = [(dut.s_data, SHAPE.in_w)], [(dut.m_data, SHAPE.out_w)]
    if SHAPE.last:
        s_data.append((dut.s_last, 1))
        m_data.append((dut.m_last, 1))
    shared = DUT.name == "strm_fork"
    driver = Source(Port(dut.s_valid, dut.s_ready, s_data, SHAPE.inputs), rng, source)
    taker = Sink(Port(dut.m_valid, dut.m_ready, m_data, SHAPE.outputs, shared), rng, sink)
    table = Bench(dut.clk, dut.rst, [driver], [taker])
    if hasattr(dut, "level"):
        table.watch = lambda cycle: check_level(dut, driver, taker, cycle)
    return table, driver, taker, rng


def check_level(dut, source: Source, sink: Sink, cycle: int) -> None:
    inside = sum(k < cycle for k, _ in source.taken[0]) - sum(k < cycle for k, _ in sink.taken[0])
    assert int(dut.level.value) == inside, f"level is {int(dut.level.value)}, {inside} beats are inside"


def load(source: Source, rng: random.Random, count: int, last: bool = True) -> list[list[int]]:
    """Queue random beats on each lane and return them; `last` lets the last bit be random, else it stays 0."""
    width = SHAPE.in_w + (1 if SHAPE.last and last else 0)
    lanes = [noise(rng, width, count) for _ in range(SHAPE.inputs)]
    if SHAPE.last and last:  # the sequence ends with last, so that nothing stays inside
        lanes[0][-1] |= 1 << SHAPE.in_w
    for queue, beats in zip(source.queues, lanes, strict=True):
        queue.extend(beats)
    return lanes


async def drain(table: Bench, sink: Sink, expected: list[list[int]]) -> None:
    """Run until every expected beat came out, then some more, and compare."""
    sizes = [len(beats) for beats in expected]
    await table.run(lambda: all(len(sink.taken[k]) >= size for k, size in enumerate(sizes)), 40 * sum(sizes) + 2000)
    for sink_lane in range(len(sizes)):
        assert sink.beats(sink_lane) == expected[sink_lane], (
            f"output {sink_lane}: {first_difference(sink.beats(sink_lane), expected[sink_lane])}"
        )
    sink.set_stall(always)
    await table.step(8)
    assert [len(taken) for taken in sink.taken] == sizes, "beats came out after the last one"


@cocotb.test()
@cocotb.parametrize(source=[always, stalls], sink=[always, stalls])
async def order(dut, source, sink):
    """The outputs are the golden function of the inputs, whatever stalls."""
    table, driver, taker, rng = bench(dut, f"order/{source.__name__}/{sink.__name__}", source, sink)
    await table.start()
    expected = SHAPE.expected(load(driver, rng, BEATS))
    await drain(table, taker, expected)


@cocotb.test()
async def latency(dut):
    """From the accepted beat that completes a result to the result: as many cycles as the header says."""
    table, driver, taker, rng = bench(dut, "latency")
    await table.start()
    stated = DUT.contract.value("Latency", DUT.params)
    for gap in (0, 1, 2, 5):
        driver.clear()
        taker.clear()
        await table.step(gap)
        load(driver, rng, SHAPE.ratio, last=False)
        await table.run(lambda: all(taker.taken), 100)
        accepted = max(taken[-1][0] for taken in driver.taken)
        measured = max(taken[0][0] for taken in taker.taken) - accepted
        assert measured == stated, f"latency is {measured} cycles, the header says {stated}"
        await table.step(SHAPE.in_w + 4)


@cocotb.test()
@cocotb.parametrize(first=[always, never])
async def throughput(dut, first):
    """Without stalls, and after one that filled the module, beats come out at the rate that the header says."""
    table, driver, taker, rng = bench(dut, f"throughput/{first.__name__}", sink=first)
    await table.start()
    load(driver, rng, BEATS * SHAPE.ratio, last=False)
    await table.step(BEATS if first is never else 0)
    taker.set_stall(always)
    stated = DUT.contract.value("Throughput", DUT.params)
    await table.run(lambda: driver.idle, 4 * BEATS * SHAPE.ratio + 4 * BEATS * DUT.params.get("RATIO", 1))
    skip = 0 if first is always or stated == 1 else 1
    beats, cycles = steady_rate(taker.taken[0][skip:])
    assert Fraction(beats, cycles) == stated, (
        f"throughput is {beats} beats in {cycles} cycles, the header says {stated}"
    )


@cocotb.test()
async def capacity(dut):
    """With the output stalled, each input takes as many beats as the header says, and they all come out later."""
    table, driver, taker, rng = bench(dut, "capacity", sink=never)
    await table.start()
    stated = DUT.contract.absorbs(DUT.params)
    expected = SHAPE.expected(load(driver, rng, max(int(stated), SHAPE.ratio) * 2 + 2, last=True and not SHAPE.last))
    await table.step(int(stated) * 2 + 10)
    found = [len(taken) for taken in driver.taken]
    assert found == [stated] * SHAPE.inputs, f"absorbed {found} beats, the header says {stated}"
    taker.set_stall(always)
    await drain(table, taker, expected)


@cocotb.test()
async def handshake(dut):
    """S2, S4: no valid or data reaches a ready in a cycle, no ready reaches a valid; a registered one never moves."""
    table, driver, _, rng = bench(dut, "handshake", stalls, stalls)
    await table.start()
    load(driver, rng, BEATS)
    ready_moved = 0
    for _ in range(BEATS):
        await table.step()
        ready, valid = int(dut.s_ready.value), int(dut.m_valid.value)
        ready_moved += await flip(table, [dut.m_ready], lambda: int(dut.s_ready.value)) != ready
        assert await flip(table, [dut.m_ready], lambda: int(dut.m_valid.value)) == valid, (
            "m_valid depends on m_ready (S2)"
        )
        inputs = [dut.s_valid, dut.s_data, *([dut.s_last] if SHAPE.last else [])]
        assert await flip(table, inputs, lambda: int(dut.s_ready.value)) == ready, "s_ready depends on the input (S4)"
    registered = DUT.contract.ready_is_registered
    assert bool(ready_moved) != registered, f"m_ready moved s_ready in {ready_moved} cycles; registered: {registered}"


async def flip(table: Bench, handles, read: Callable[[], int]) -> int:
    """Return what is read while some inputs are inverted in the middle of a cycle."""
    before = [int(handle.value) for handle in handles]
    for handle, value in zip(handles, before, strict=True):
        handle.value = value ^ ((1 << len(handle)) - 1)
    await table.settle()
    seen = read()
    for handle, value in zip(handles, before, strict=True):
        handle.value = value
    await table.settle()
    return seen


@cocotb.test()
async def reset_in_traffic(dut):
    """S6: reset empties; what comes out afterwards are the beats that went in afterwards, from the first one on."""
    table, driver, taker, rng = bench(dut, "reset", stalls, stalls)
    await table.start()
    dropped = 0
    for _ in range(6):
        load(driver, rng, BEATS)
        await table.step(rng.randint(10, 60))
        dropped += len(driver.taken[0]) * SHAPE.outputs != sum(map(len, taker.taken)) * SHAPE.ratio
        await table.reset(rng.randint(1, 3))
        assert int(dut.m_valid.value) == 0, "m_valid after reset"
        await drain(table, taker, SHAPE.expected(load(driver, rng, 20)))
        taker.set_stall(stalls)
        driver.clear()
        taker.clear()
    assert dropped or (DUT.name == "strm_fork" and SHAPE.outputs == 1), "no reset hit a beat that was under way"

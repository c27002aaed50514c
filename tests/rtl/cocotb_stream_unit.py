# SPDX-License-Identifier: Apache-2.0
"""The contract of a stream unit whose law is a file of vectors: order, latency, throughput, capacity, rules, reset.

A unit has ports clk, rst, s_valid, s_ready, s_data, m_valid, m_ready, m_data; `stream_vectors.write` makes the file.
The traffic holds whole items (a block, a vector, mostly a beat): some beats in, some beats out. Latency counts from an
item's last beat in to its first beat out, with nothing else inside. What is measured is compared with the header, and
not measured where the header says that it varies or names nothing.
"""

import random
from fractions import Fraction
from functools import cache, partial

import cocotb

from tests.rtl.dut import current
from tests.rtl.stream_vectors import Traffic, Vectors, read
from tests.rtl.streams import Bench, Port, Sink, Source, Stall, always, first_difference, never, stalls, steady_rate

DUT = current()
RESETS = 4


@cache
def vectors() -> Vectors:
    return read(DUT.vectors)


def stated(key: str) -> Fraction | None:
    """Return what the header says of a key, over the parameters and the names that the vectors add."""
    return DUT.contract.value(key, dict(DUT.params) | vectors().names)


def bench(dut, name: str, source: Stall = always, sink: Stall = always) -> tuple[Bench, Source, Sink, random.Random]:
    rng = random.Random(f"{cocotb.RANDOM_SEED}/{name}")
    s_data, m_data = [(dut.s_data, len(dut.s_data))], [(dut.m_data, len(dut.m_data))]
    driver = Source(Port(dut.s_valid, dut.s_ready, s_data), rng, source)
    taker = Sink(Port(dut.m_valid, dut.m_ready, m_data), rng, sink)
    for port, value in vectors().static.items():
        getattr(dut, port).value = value
    return Bench(dut.clk, dut.rst, [driver], [taker]), driver, taker, rng


def complete(sink: Sink, size: int) -> bool:
    return len(sink.taken[0]) >= size


async def drain(table: Bench, sink: Sink, traffic: Traffic) -> None:
    """Run until every expected beat came out, then some more, and compare."""
    size = len(traffic.outs)
    await table.run(partial(complete, sink, size), 60 * (len(traffic.ins) + size) + 4000)
    found = sink.beats()
    assert found == traffic.outs, first_difference(found, traffic.outs)
    sink.set_stall(always)
    await table.step(40)
    assert len(sink.taken[0]) == size, "beats came out after the last one"


@cocotb.test()
@cocotb.parametrize(source=[always, stalls], sink=[always, stalls])
async def order(dut, source, sink):
    """What comes out is the golden function of what went in, whatever stalls."""
    table, driver, taker, _ = bench(dut, f"order/{source.__name__}/{sink.__name__}", source, sink)
    await table.start()
    driver.queues[0].extend(vectors().traffic.ins)
    await drain(table, taker, vectors().traffic)


@cocotb.test()
async def latency(dut):
    """From an item's last beat in to its first beat out: as many cycles as the header says."""
    table, driver, taker, rng = bench(dut, "latency")
    await table.start()
    expected = stated("Latency")
    items = vectors().steady.split()
    for item in rng.sample(items, min(8, len(items))) if expected is not None else []:
        await table.step(rng.randint(1, 5))
        driver.clear()
        taker.clear()
        driver.queues[0].extend(item.ins)
        await table.run(partial(complete, taker, len(item.outs)), 4000)
        measured = taker.taken[0][0][0] - driver.taken[0][-1][0]
        assert measured == expected, f"latency is {measured} cycles, the header says {expected}"


@cocotb.test()
@cocotb.parametrize(first=[always, never])
async def throughput(dut, first):
    """Without stalls, and after one that filled the unit, beats come out at the rate that the header says."""
    table, driver, taker, _ = bench(dut, f"throughput/{first.__name__}", sink=first)
    await table.start()
    expected = stated("Throughput")
    if expected is None:
        return
    steady = vectors().steady
    driver.queues[0].extend(steady.ins)
    absorbed = DUT.contract.absorbs(dict(DUT.params) | vectors().names) or 64
    await table.step(2 * int(absorbed) if first is never else 0)
    taker.set_stall(always)
    await table.run(partial(complete, taker, len(steady.outs)), 4 * len(steady.ins) + 4000)
    skip = 0 if first is always or expected == 1 else 1
    beats, cycles = steady_rate(taker.taken[0][skip:])
    assert Fraction(beats, cycles) == expected, f"{beats} beats in {cycles} cycles, the header says {expected}"


@cocotb.test()
async def capacity(dut):
    """With the output stalled the unit takes as many beats as the header says, and none of them is lost."""
    table, driver, taker, _ = bench(dut, "capacity", sink=never)
    await table.start()
    expected = DUT.contract.absorbs(dict(DUT.params) | vectors().names)
    steady = vectors().steady
    assert expected is None or len(steady.ins) > expected, f"vectors: {len(steady.ins)} beats cannot fill the unit"
    driver.queues[0].extend(steady.ins)
    await table.step(2 * int(expected or 64) + 40)
    found = len(driver.taken[0])
    assert expected is None or found == expected, f"absorbed {found} beats, the header says {expected}"
    taker.set_stall(always)
    await drain(table, taker, steady)


@cocotb.test()
async def handshake(dut):
    """S2, S4: within a cycle no input reaches s_ready, m_ready no m_valid; nothing reaches a registered ready."""
    table, driver, _, _ = bench(dut, "handshake", stalls, stalls)
    await table.start()
    ins = vectors().traffic.ins
    driver.queues[0].extend(ins)
    moved = 0
    for _ in range(min(300, 2 * len(ins))):
        await table.step()
        ready, valid = int(dut.s_ready.value), int(dut.m_valid.value)
        moved += await flipped(table, [dut.m_ready], dut.s_ready) != ready
        assert await flipped(table, [dut.m_ready], dut.m_valid) == valid, "m_valid depends on m_ready (S2)"
        assert await flipped(table, [dut.s_valid, dut.s_data], dut.s_ready) == ready, (
            "s_ready depends on the input (S4)"
        )
    registered = DUT.contract.ready_is_registered
    assert not (moved and registered), f"m_ready moved s_ready in {moved} cycles; the header says registered ready"


async def flipped(table: Bench, handles, seen) -> int:
    """Return an output while some inputs are inverted in the middle of a cycle."""
    before = [int(handle.value) for handle in handles]
    for handle, value in zip(handles, before, strict=True):
        handle.value = value ^ ((1 << len(handle)) - 1)
    await table.settle()
    value_seen = int(seen.value)
    for handle, value in zip(handles, before, strict=True):
        handle.value = value
    await table.settle()
    return value_seen


@cocotb.test()
async def reset_in_traffic(dut):
    """S6: reset empties; a full run afterwards gives what it gives after power-up."""
    table, driver, taker, rng = bench(dut, "reset", stalls, stalls)
    await table.start()
    traffic = vectors().traffic
    cut = 0
    for last in range(RESETS):
        driver.queues[0].extend(traffic.ins)
        await table.run(lambda: bool(driver.taken[0]), 1000)
        await table.step(rng.randint(0, len(traffic.ins)))
        cut += len(taker.taken[0]) < len(traffic.outs)
        await table.reset(rng.randint(1, 3))
        assert int(dut.m_valid.value) == 0, "m_valid after reset"
        again = traffic if last == RESETS - 1 else traffic.head(20)
        driver.queues[0].extend(again.ins)
        await drain(table, taker, again)
        driver.clear()
        taker.clear()
        taker.set_stall(stalls)
    assert cut, "no reset came before the last beat"

# SPDX-License-Identifier: Apache-2.0
"""The contract of a stream unit whose law is a file of vectors: order, latency, throughput, capacity, rules, reset.

A unit has ports clk, rst, s_valid, s_ready, s_data, m_valid, m_ready, m_data; `stream_vectors.write` makes the file.
The traffic holds whole items (a block, a vector, mostly a beat): some beats in, some beats out. Latency counts from an
item's last beat in to its first beat out, with nothing else inside. What is measured is compared with the header, and
not measured where the header says that it varies or names nothing.
"""

import random
from contextlib import AbstractAsyncContextManager
from fractions import Fraction
from functools import cache

import cocotb

from harness.uvm.stream_env import StreamEnv, running
from harness.uvm.stream_pins import Bench, Port, Stall, always, never, stalls, steady_rate
from tests.rtl.current_dut import current
from tests.rtl.stream_vectors import Traffic, Vectors, read

DUT = current()
RESETS = 4


@cache
def vectors() -> Vectors:
    return read(DUT.vectors)


def stated(key: str) -> Fraction | None:
    """Return what the header says of a key, over the parameters and the names that the vectors add."""
    return DUT.contract.value(key, dict(DUT.params) | vectors().names)


def port(dut, name: str) -> Port:
    """Return a stream by the prefix of its ports; one that carries nothing has no data."""
    data = getattr(dut, f"{name}_data", None)
    fields = [(data, len(data))] if data is not None else []
    return Port(getattr(dut, f"{name}_valid"), getattr(dut, f"{name}_ready"), fields)


class Unit(StreamEnv):
    """The unit, its inputs s, its output m; further inputs by name."""

    def __init__(self, parent, dut, name: str, further: tuple[str, ...] = ()) -> None:
        super().__init__(
            "env",
            parent,
            clk=dut.clk,
            rst=dut.rst,
            inputs={name: port(dut, name) for name in ("s", *further)},
            outputs={"m": port(dut, "m")},
            rng=random.Random(f"{cocotb.RANDOM_SEED}/{name}"),
        )
        for static, value in vectors().static.items():
            getattr(dut, static).value = value

    def connect_phase(self) -> None:
        super().connect_phase()
        self.s, self.m = self.sources["s"], self.sinks["m"]

    async def load(self, traffic: Traffic) -> None:
        """Send a traffic and expect what golden makes of it."""
        await self.s.send(traffic.ins)
        self.scoreboards["m"].expect(traffic.outs)

    async def empty(self, traffic: Traffic) -> None:
        """Run until every beat of a traffic came out, then some more."""
        await self.drain(60 * (len(traffic.ins) + len(traffic.outs)) + 4000, quiet=40)


def unit(dut, name: str, source: Stall = always, sink: Stall = always) -> AbstractAsyncContextManager[Unit]:
    """Run the unit behind reset; afterwards its scoreboard has the last word."""
    return running(lambda parent: Unit(parent, dut, name), source, sink)


@cocotb.test()
@cocotb.parametrize(source=[always, stalls], sink=[always, stalls])
async def order(dut, source, sink):
    """What comes out is the golden function of what went in, whatever stalls."""
    async with unit(dut, f"order/{source.__name__}/{sink.__name__}", source, sink) as env:
        await env.load(vectors().traffic)
        await env.empty(vectors().traffic)


@cocotb.test()
async def latency(dut):
    """From an item's last beat in to its first beat out: as many cycles as the header says."""
    expected = stated("Latency")
    if expected is None:
        return
    items = vectors().steady.split()
    async with unit(dut, "latency") as env:
        for item in env.rng.sample(items, min(8, len(items))):
            await env.bench.step(env.rng.randint(1, 5))
            env.drop()
            await env.load(item)
            await env.bench.run(lambda: env.complete, 4000)
            measured = env.m.cycles[0] - env.s.cycles[-1]
            assert measured == expected, f"latency is {measured} cycles, the header says {expected}"


@cocotb.test()
@cocotb.parametrize(first=[always, never])
async def throughput(dut, first):
    """Without stalls, and after one that filled the unit, beats come out at the rate that the header says."""
    expected = stated("Throughput")
    if expected is None:
        return
    async with unit(dut, f"throughput/{first.__name__}", sink=first) as env:
        steady = vectors().steady
        await env.load(steady)
        absorbed = DUT.contract.absorbs(dict(DUT.params) | vectors().names) or 64
        await env.bench.step(2 * int(absorbed) if first is never else 0)
        env.m.set_stall(always)
        await env.bench.run(lambda: env.complete, 4 * len(steady.ins) + 4000)
        skip = 0 if first is always or expected == 1 else 1
        beats, cycles = steady_rate(env.m.taken[0][skip:])
        assert Fraction(beats, cycles) == expected, f"{beats} beats in {cycles} cycles, the header says {expected}"


@cocotb.test()
async def capacity(dut):
    """With the output stalled the unit takes as many beats as the header says, and none of them is lost."""
    expected = DUT.contract.absorbs(dict(DUT.params) | vectors().names)
    steady = vectors().steady
    assert expected is None or len(steady.ins) > expected, f"vectors: {len(steady.ins)} beats cannot fill the unit"
    async with unit(dut, "capacity", sink=never) as env:
        await env.load(steady)
        await env.bench.step(2 * int(expected or 64) + 40)
        found = len(env.s.taken[0])
        assert expected is None or found == expected, f"absorbed {found} beats, the header says {expected}"
        env.m.set_stall(always)
        await env.empty(steady)


@cocotb.test()
async def handshake(dut):
    """S2, S4: within a cycle no input reaches s_ready, m_ready no m_valid; nothing reaches a registered ready."""
    traffic = vectors().traffic
    async with unit(dut, "handshake", stalls, stalls) as env:
        await env.load(traffic)
        moved = 0
        for _ in range(min(300, 2 * len(traffic.ins))):
            await env.bench.step()
            ready, valid = int(dut.s_ready.value), int(dut.m_valid.value)
            moved += await flipped(env.bench, [dut.m_ready], dut.s_ready) != ready
            assert await flipped(env.bench, [dut.m_ready], dut.m_valid) == valid, "m_valid depends on m_ready (S2)"
            assert await flipped(env.bench, [dut.s_valid, dut.s_data], dut.s_ready) == ready, (
                "s_ready depends on the input (S4)"
            )
        registered = DUT.contract.ready_is_registered
        assert not (moved and registered), f"m_ready moved s_ready in {moved} cycles; the header says registered ready"
        env.set_stalls()
        await env.empty(traffic)


async def flipped(table: Bench, handles, seen) -> int:
    """Return an output while some inputs are inverted in the middle of a cycle."""
    return await table.flipped(handles, lambda: int(seen.value))


@cocotb.test()
async def reset_in_traffic(dut):
    """S6: reset empties; a full run afterwards gives what it gives after power-up."""
    traffic = vectors().traffic
    async with unit(dut, "reset", stalls, stalls) as env:
        cut = 0
        for last in range(RESETS):
            await env.load(traffic)
            await env.bench.run(lambda: bool(env.s.taken[0]), 1000)
            await env.bench.step(env.rng.randint(0, len(traffic.ins)))
            cut += not env.complete
            await env.reset(env.rng.randint(1, 3))
            assert int(dut.m_valid.value) == 0, "m_valid after reset"
            again = traffic if last == RESETS - 1 else traffic.head(20)
            await env.load(again)
            await env.empty(again)
            env.drop()
        assert cut, "no reset came before the last beat"

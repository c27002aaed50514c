# SPDX-License-Identifier: Apache-2.0
"""The contract of m2_norm: vectors and weights come as two streams, each in its own time.

Vectors as for `cocotb_stream_unit`, and of both traffics "weights": a beat for each beat in.
"""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path

import cocotb

from harness.uvm.stream_env import running
from harness.uvm.stream_pins import Stall, always, never, stalls, steady_rate
from tests.rtl.cocotb_stream_unit import Unit, flipped, stated, vectors
from tests.rtl.current_dut import current
from tests.rtl.stream_vectors import Traffic

DUT = current()
RESETS = 4


@cache
def weights(steady: bool) -> list[int]:
    """Return the beats of weights of the steady traffic or of the main one."""
    told = json.loads(Path(DUT.vectors).read_text())
    return [int(beat, 16) for beat in (told["steady"] if steady else told)["weights"]]


class Norm(Unit):
    """The design with a source of vectors, a source of weights and a sink."""

    def __init__(self, parent, dut, name: str) -> None:
        super().__init__(parent, dut, name, further=("w",))

    def connect_phase(self) -> None:
        super().connect_phase()
        self.w = self.sources["w"]

    async def load(self, traffic: Traffic, steady: bool = False) -> None:
        """Send the first items of a traffic and their weights, expect what golden makes of them."""
        await super().load(traffic)
        await self.w.send(weights(steady)[: len(traffic.ins)])


@asynccontextmanager
async def norm(
    dut, name: str, source: Stall = always, late: Stall = always, sink: Stall = always
) -> AsyncIterator[Norm]:
    """Play the design behind reset; afterwards its scoreboard has the last word."""
    async with running(lambda parent: Norm(parent, dut, name), source, sink) as env:
        env.w.set_stall(late)
        yield env


@cocotb.test()
@cocotb.parametrize(source=[always, stalls], late=[always, stalls], sink=[always, stalls])
async def order(dut, source, late, sink):
    """What comes out is the golden norm of what went in, whatever stalls, the weights too."""
    async with norm(dut, f"order/{source.__name__}/{late.__name__}/{sink.__name__}", source, late, sink) as env:
        await env.load(vectors().traffic)
        await env.empty(vectors().traffic)
        assert env.w.idle, "weights were left over"


@cocotb.test()
async def latency(dut):
    """From a vector's last beat in to its first beat out, with weights waiting: as many cycles as the header says."""
    async with norm(dut, "latency") as env:
        for size in sorted({ins for ins, _ in vectors().steady.items}):
            item = vectors().steady.head(1)
            assert len(item.ins) == size, "steady vectors are of one size"
            for gap in (1, 4):
                await env.bench.step(gap)
                env.drop()
                await env.load(item, steady=True)
                await env.bench.run(lambda: env.complete, 4000)
                measured, expected = env.m.cycles[0] - env.s.cycles[-1], stated("Latency")
                assert measured == expected, f"latency is {measured} cycles, the header says {expected}"


@cocotb.test()
@cocotb.parametrize(first=[always, never])
async def throughput(dut, first):
    """Vectors follow each other at the rate of the header, after a stall that filled the unit too."""
    async with norm(dut, f"throughput/{first.__name__}", sink=first) as env:
        steady = vectors().steady
        await env.load(steady, steady=True)
        await env.bench.step(2 * DUT.params["DEPTH"] if first is never else 0)
        env.m.set_stall(always)
        await env.bench.run(lambda: env.complete, 4 * len(steady.ins) + 4000)
        beats, cycles = steady_rate(env.m.taken[0])
        assert beats == cycles * stated("Throughput"), f"{beats} beats in {cycles} cycles"


@cocotb.test()
async def capacity(dut):
    """With the output stalled the unit takes as many beats as the header says, and none of them is lost."""
    expected = DUT.contract.absorbs(dict(DUT.params) | vectors().names)
    steady = vectors().steady
    assert len(steady.ins) > expected, f"vectors: {len(steady.ins)} beats cannot fill the unit"
    async with norm(dut, "capacity", sink=never) as env:
        await env.load(steady, steady=True)
        await env.bench.step(2 * int(expected) + 40)
        found = len(env.s.taken[0])
        assert found == expected, f"absorbed {found} beats, the header says {expected}"
        env.m.set_stall(always)
        await env.empty(steady)


@cocotb.test()
async def handshake(dut):
    """S2, S4: no input reaches a ready in a cycle, but m_ready that of the weights; m_ready reaches no m_valid."""
    traffic = vectors().traffic
    async with norm(dut, "handshake", stalls, stalls, stalls) as env:
        await env.load(traffic)
        followed = 0
        inputs = [dut.s_valid, dut.s_data, dut.w_valid, dut.w_data]
        for _ in range(300 + 16 * len(traffic.head(1).ins)):
            await env.bench.step()
            for ready in (dut.s_ready, dut.w_ready):
                assert await flipped(env.bench, inputs, ready) == int(ready.value), "a ready depends on an input (S4)"
            for seen in (dut.m_valid, dut.s_ready):
                assert await flipped(env.bench, [dut.m_ready], seen) == int(seen.value), "m_ready reaches further (S2)"
            followed += await flipped(env.bench, [dut.m_ready], dut.w_ready) != int(dut.w_ready.value)
        assert followed, "w_ready never followed m_ready, the header says that it does"
        env.set_stalls()
        await env.empty(traffic)


@cocotb.test()
async def reset_in_traffic(dut):
    """S6: reset empties; a full run afterwards gives what it gives after power-up."""
    traffic = vectors().traffic
    async with norm(dut, "reset", stalls, stalls, stalls) as env:
        for last in range(RESETS):
            await env.load(traffic)
            await env.bench.step(env.rng.randint(20, max(40, len(traffic.ins))))
            assert env.s.taken[0], "no beat was under way at the reset"
            await env.reset(env.rng.randint(1, 3))
            assert int(dut.m_valid.value) == 0, "m_valid after reset"
            again = traffic if last == RESETS - 1 else traffic.head(4)
            await env.load(again)
            await env.empty(again)
            env.drop()

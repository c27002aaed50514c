# SPDX-License-Identifier: Apache-2.0
"""The contract of every stream module, as cocotb tests: order, latency, throughput, capacity, rules S1-S6, reset."""

import random
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, replace
from fractions import Fraction

import cocotb

from golden import streams as law
from harness.uvm.stream_env import StreamEnv, running
from harness.uvm.stream_pins import Port, Stall, always, never, noise, stalls, steady_rate
from tests.rtl.current_dut import Dut, current

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
    if dut.name in ("strm_fork", "strm_copies"):
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


class Unit(StreamEnv):
    """The module's inputs as lanes of port s, its outputs as lanes of port m."""

    def __init__(self, parent, dut, name: str) -> None:
        s_data, m_data = [(dut.s_data, SHAPE.in_w)], [(dut.m_data, SHAPE.out_w)]
        if SHAPE.last:
            s_data.append((dut.s_last, 1))
            m_data.append((dut.m_last, 1))
        shared = DUT.name == "strm_fork"
        super().__init__(
            "env",
            parent,
            clk=dut.clk,
            rst=dut.rst,
            inputs={"s": Port(dut.s_valid, dut.s_ready, s_data, SHAPE.inputs)},
            outputs={"m": Port(dut.m_valid, dut.m_ready, m_data, SHAPE.outputs, shared)},
            rng=random.Random(f"{cocotb.RANDOM_SEED}/{name}"),
        )
        self.dut = dut

    def connect_phase(self) -> None:
        super().connect_phase()
        self.s, self.m = self.sources["s"], self.sinks["m"]
        if hasattr(self.dut, "level"):
            self.bench.watch = self.check_level

    def check_level(self, cycle: int) -> None:
        inside = sum(k < cycle for k in self.s.cycles) - sum(k < cycle for k in self.m.cycles)
        found = int(self.dut.level.value)
        assert found == inside, f"level is {found}, {inside} beats are inside"

    async def load(self, count: int, last: bool = True) -> None:
        """Send random beats on each lane and expect their law; `last` lets the last bit be random, else it stays 0."""
        width = SHAPE.in_w + (1 if SHAPE.last and last else 0)
        lanes = [noise(self.rng, width, count) for _ in range(SHAPE.inputs)]
        if SHAPE.last and last:  # the sequence ends with last, so that nothing stays inside
            lanes[0][-1] |= 1 << SHAPE.in_w
        for lane, beats in enumerate(lanes):
            await self.s.send(beats, lane)
        for lane, beats in enumerate(SHAPE.expected(lanes)):
            self.scoreboards["m"].expect(beats, lane)

    async def empty(self) -> None:
        """Run until every expected beat came out, then some more."""
        await self.drain(40 * SHAPE.outputs * SHAPE.ratio * BEATS * DUT.params.get("RATIO", 1) + 2000, quiet=8)


def unit(dut, name: str, source: Stall = always, sink: Stall = always) -> AbstractAsyncContextManager[Unit]:
    """Run the module behind reset; afterwards its scoreboard has the last word."""
    return running(lambda parent: Unit(parent, dut, name), source, sink)


@cocotb.test()
@cocotb.parametrize(source=[always, stalls], sink=[always, stalls])
async def order(dut, source, sink):
    """The outputs are the golden function of the inputs, whatever stalls."""
    async with unit(dut, f"order/{source.__name__}/{sink.__name__}", source, sink) as env:
        await env.load(BEATS)
        await env.empty()


@cocotb.test()
async def latency(dut):
    """From the accepted beat that completes a result to the result: as many cycles as the header says."""
    stated = DUT.contract.value("Latency", DUT.params)
    async with unit(dut, "latency") as env:
        for gap in (0, 1, 2, 5):
            env.drop()
            await env.bench.step(gap)
            await env.load(SHAPE.ratio, last=False)
            await env.bench.run(lambda: all(env.m.taken), 100)
            accepted = max(taken[-1][0] for taken in env.s.taken)
            measured = max(taken[0][0] for taken in env.m.taken) - accepted
            assert measured == stated, f"latency is {measured} cycles, the header says {stated}"
            await env.bench.step(SHAPE.in_w + 4)


@cocotb.test()
@cocotb.parametrize(first=[always, never])
async def throughput(dut, first):
    """Without stalls, and after one that filled the module, beats come out at the rate that the header says."""
    stated = DUT.contract.value("Throughput", DUT.params)
    async with unit(dut, f"throughput/{first.__name__}", sink=first) as env:
        await env.load(BEATS * SHAPE.ratio, last=False)
        await env.bench.step(BEATS if first is never else 0)
        env.m.set_stall(always)
        await env.bench.run(lambda: env.s.idle, 4 * BEATS * SHAPE.ratio + 4 * BEATS * DUT.params.get("RATIO", 1))
        skip = 0 if first is always or stated == 1 else 1
        beats, cycles = steady_rate(env.m.taken[0][skip:])
        assert Fraction(beats, cycles) == stated, (
            f"throughput is {beats} beats in {cycles} cycles, the header says {stated}"
        )
        await env.empty()


@cocotb.test()
async def capacity(dut):
    """With the output stalled, each input takes as many beats as the header says, and they all come out later."""
    stated = DUT.contract.absorbs(DUT.params)
    async with unit(dut, "capacity", sink=never) as env:
        await env.load(max(int(stated), SHAPE.ratio) * 2 + 2, last=not SHAPE.last)
        await env.bench.step(int(stated) * 2 + 10)
        found = [len(taken) for taken in env.s.taken]
        assert found == [stated] * SHAPE.inputs, f"absorbed {found} beats, the header says {stated}"
        env.m.set_stall(always)
        await env.empty()


@cocotb.test()
async def handshake(dut):
    """S2, S4: no valid or data reaches a ready in a cycle, no ready reaches a valid; a registered one never moves."""
    async with unit(dut, "handshake", stalls, stalls) as env:
        await env.load(BEATS)
        ready_moved = 0
        for _ in range(BEATS):
            await env.bench.step()
            ready, valid = int(dut.s_ready.value), int(dut.m_valid.value)
            ready_moved += await env.bench.flipped([dut.m_ready], lambda: int(dut.s_ready.value)) != ready
            assert await env.bench.flipped([dut.m_ready], lambda: int(dut.m_valid.value)) == valid, (
                "m_valid depends on m_ready (S2)"
            )
            inputs = [dut.s_valid, dut.s_data, *([dut.s_last] if SHAPE.last else [])]
            assert await env.bench.flipped(inputs, lambda: int(dut.s_ready.value)) == ready, (
                "s_ready depends on the input (S4)"
            )
        registered = DUT.contract.ready_is_registered
        assert bool(ready_moved) != registered, (
            f"m_ready moved s_ready in {ready_moved} cycles; registered: {registered}"
        )
        env.set_stalls()
        await env.empty()


@cocotb.test()
async def reset_in_traffic(dut):
    """S6: reset empties; what comes out afterwards are the beats that went in afterwards, from the first one on."""
    async with unit(dut, "reset", stalls, stalls) as env:
        dropped = 0
        for _ in range(6):
            await env.load(BEATS)
            await env.bench.step(env.rng.randint(10, 60))
            dropped += len(env.s.taken[0]) * SHAPE.outputs != sum(map(len, env.m.taken)) * SHAPE.ratio
            await env.reset(env.rng.randint(1, 3))
            assert int(dut.m_valid.value) == 0, "m_valid after reset"
            await env.load(20)
            await env.empty()
            env.drop()
        assert dropped or (DUT.name == "strm_fork" and SHAPE.outputs == 1), "no reset hit a beat that was under way"

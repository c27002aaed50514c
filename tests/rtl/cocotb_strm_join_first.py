# SPDX-License-Identifier: Apache-2.0
"""The contract of strm_join_first: whose beats are joined, latency, throughput, capacity, rules S2-S6, reset."""

import random
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager

import cocotb

from golden.streams import join_first
from harness.uvm.stream_env import StreamEnv, running
from harness.uvm.stream_pins import Port, Stall, always, never, noise, stalls, steady_rate
from tests.rtl.current_dut import current

DUT = current()
N, DATA_W, RUNS = (DUT.params[name] for name in ("N", "DATA_W", "RUNS")) if DUT.name else (1, 1, 2)
BEATS_W = 32
Runs = Sequence[tuple[int, int]]
"""(inputs that take part, beats) of each run."""


class Unit(StreamEnv):
    """Port c has the runs, port s the inputs, port m what is joined."""

    def __init__(self, parent, dut, name: str) -> None:
        super().__init__(
            "env",
            parent,
            clk=dut.clk,
            rst=dut.rst,
            inputs={
                "c": Port(dut.c_valid, dut.c_ready, [(dut.c_data, 38)]),
                "s": Port(dut.s_valid, dut.s_ready, [(dut.s_data, DATA_W)], N),
            },
            outputs={"m": Port(dut.m_valid, dut.m_ready, [(dut.m_data, N * DATA_W)])},
            rng=random.Random(f"{cocotb.RANDOM_SEED}/{name}"),
        )

    def connect_phase(self) -> None:
        super().connect_phase()
        self.c, self.s, self.m = self.sources["c"], self.sources["s"], self.sinks["m"]

    def drawn(self, count: int) -> list[tuple[int, int]]:
        """Return random runs: of no beats, of one and of some, of any inputs."""
        return [(self.rng.randint(1, N), self.rng.choice((0, 1, 1, 2, 3, 9))) for _ in range(count)]

    async def name(self, runs: Runs) -> None:
        """Send runs."""
        await self.c.send([inputs << BEATS_W | beats for inputs, beats in runs])

    async def load(self, runs: Runs) -> None:
        """Send runs, the beats that they take, and expect what golden joins of them."""
        lanes = [noise(self.rng, DATA_W, sum(beats for _, beats in runs)) for _ in range(N)]
        joined, given = join_first(runs, lanes, DATA_W)
        await self.name(runs)
        for lane, count in enumerate(given):
            await self.s.send(lanes[lane][:count], lane)
        self.scoreboards["m"].expect(joined)

    async def empty(self) -> None:
        """Run until every expected beat came out and every input was taken, then some more."""
        await self.drain(20_000, quiet=8, done=lambda: self.c.idle and self.s.idle)
        assert self.c.idle, "a run was not taken"
        assert self.s.idle, "a beat was not taken"


def unit(dut, name: str, source: Stall = always, sink: Stall = always) -> AbstractAsyncContextManager[Unit]:
    """Run the module behind reset; afterwards its scoreboard has the last word."""
    return running(lambda parent: Unit(parent, dut, name), source, sink)


@cocotb.test()
@cocotb.parametrize(source=[always, stalls], sink=[always, stalls])
async def order(dut, source, sink):
    """The output is the golden function of runs and inputs, whatever stalls."""
    async with unit(dut, f"order/{source.__name__}/{sink.__name__}", source, sink) as env:
        await env.load(env.drawn(80))
        await env.empty()


@cocotb.test()
async def runs_or_beats_first(dut):
    """Beats that wait for their run move only when it came, and a run waits for its beats."""
    async with unit(dut, "first") as env:
        for late in (env.c, env.s):
            late.set_stall(never)
            await env.load([(N, 3), (1, 2)])
            await env.bench.step(20)
            assert not env.m.taken[0], "a beat without its run or inputs"
            late.set_stall(always)
            await env.empty()
            env.drop()


@cocotb.test()
async def others_are_not_taken(dut):
    """An input that takes no part keeps its beat: ready stays low however long the run is."""
    async with unit(dut, "others") as env:
        for inputs in range(1, N + 1):
            env.drop()
            await env.load([(inputs, 12)])
            for lane in range(inputs, N):
                await env.s.send([lane], lane)
            await env.drain(1000, quiet=8)
            assert [len(taken) for taken in env.s.taken] == [12] * inputs + [0] * (N - inputs)


@cocotb.test()
async def long_runs(dut):
    """Every bit of a run's beats counts: whether there are any, whether it is the last one, and the last but one."""
    async with unit(dut, "long") as env:
        for bit in range(BEATS_W):
            for beats in (1 << bit, (1 << bit) + 1, (1 << bit) + 2):
                begun = min(beats, 4)
                lanes = [noise(env.rng, DATA_W, begun) for _ in range(N)]
                joined, _ = join_first([(1, begun)], lanes, DATA_W)
                await env.name([(1, beats)])
                await env.s.send(lanes[0], 0)
                env.scoreboards["m"].expect(joined)
                await env.drain(100, quiet=4)
                await env.reset(1)
                env.drop()


@cocotb.test()
async def latency(dut):
    """A cycle from the last input when the run stands in front, four from a run to its first beat."""
    assert DUT.contract.fields["Latency"] == (
        "variable: 1 cycle from the last input when the run stands in front, 4 from a run to its first beat"
    )
    async with unit(dut, "latency") as env:
        for gap in (0, 1, 5):
            env.drop()
            await env.bench.step(gap)
            await env.load([(N, 1)])
            await env.bench.run(lambda: bool(env.m.taken[0]), 100)
            assert env.m.taken[0][0][0] - env.c.taken[0][0][0] == 4
            await env.bench.step(4)
            env.drop()
            env.s.set_stall(never)
            await env.load([(N, 1)])
            await env.bench.step(8 + gap)
            env.s.set_stall(always)
            await env.bench.run(lambda: bool(env.m.taken[0]), 100)
            assert env.m.taken[0][0][0] - max(taken[0][0] for taken in env.s.taken) == 1
            await env.bench.step(4)


@cocotb.test()
@cocotb.parametrize(first=[always, never])
async def throughput(dut, first):
    """A beat a cycle over runs, one of no beats between them too, also after a stall that filled the module."""
    async with unit(dut, f"throughput/{first.__name__}", sink=first) as env:
        await env.load([(1 + k % N, 3 * (k % 4 > 0)) for k in range(40)])
        await env.bench.step(20 if first is never else 0)
        env.m.set_stall(always)
        await env.bench.run(lambda: env.s.idle, 1000)
        beats, cycles = steady_rate(env.m.taken[0])
        assert beats == cycles, f"{beats} beats in {cycles} cycles, the header says 1 a cycle"
        await env.empty()


@cocotb.test()
async def capacity(dut):
    """With the output stalled each input takes one beat; without inputs as many runs as the header says."""
    async with unit(dut, "capacity", sink=never) as env:
        await env.load([(N, 4)])
        await env.bench.step(20)
        assert [len(taken) for taken in env.s.taken] == [DUT.contract.absorbs(DUT.params)] * N
        env.m.set_stall(always)
        await env.empty()
        env.drop()
        env.s.set_stall(never)
        await env.load([(1, 5)] * (2 * RUNS + 4))
        await env.bench.step(4 * RUNS + 20)
        found = len(env.c.taken[0])
        assert found == RUNS + 1, f"absorbed {found} runs, the header says {RUNS + 1}"
        env.s.set_stall(always)
        await env.empty()


@cocotb.test()
async def handshake(dut):
    """S2, S4: no valid or data reaches a ready in a cycle, no ready reaches a valid; m_ready reaches s_ready."""
    async with unit(dut, "handshake", stalls, stalls) as env:
        await env.load(env.drawn(80))
        moved = 0
        for _ in range(120):
            await env.bench.step()
            ready, valid = int(dut.s_ready.value), int(dut.m_valid.value)
            moved += await env.bench.flipped([dut.m_ready], lambda: int(dut.s_ready.value)) != ready
            assert await env.bench.flipped([dut.m_ready], lambda: int(dut.m_valid.value)) == valid, "S2"
            inputs = [dut.s_valid, dut.s_data, dut.c_valid]
            assert await env.bench.flipped(inputs, lambda: int(dut.s_ready.value)) == ready, "S4"
        assert moved, "the header says that m_ready reaches s_ready"
        env.set_stalls()
        await env.empty()


@cocotb.test()
async def reset_in_traffic(dut):
    """S6: reset empties; what comes out afterwards are runs and beats that went in afterwards."""
    async with unit(dut, "reset", stalls, stalls) as env:
        inside = 0
        for _ in range(6):
            await env.load(env.drawn(40))
            await env.bench.step(env.rng.randint(10, 60))
            inside += max(map(len, env.s.taken)) > len(env.m.taken[0])
            await env.reset(env.rng.randint(1, 3))
            assert int(dut.m_valid.value) == 0, "m_valid after reset"
            await env.load(env.drawn(10))
            await env.empty()
            env.drop()
        assert inside, "no reset hit a beat that was under way"

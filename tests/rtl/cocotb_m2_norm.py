# SPDX-License-Identifier: Apache-2.0
"""The contract of m2_norm: vectors and weights come as two streams, each in its own time.

Vectors as for `cocotb_stream_unit`, and of both traffics "weights": a beat for each beat in.
"""

import json
import random
from functools import cache, partial
from pathlib import Path

import cocotb

from tests.rtl.cocotb_stream_unit import complete, drain, flipped, stated, vectors
from tests.rtl.dut import current
from tests.rtl.stream_vectors import Traffic
from tests.rtl.streams import Bench, Port, Sink, Source, Stall, always, never, stalls, steady_rate

DUT = current()
RESETS = 4


@cache
def weights(steady: bool) -> list[int]:
    """Return the beats of weights of the steady traffic or of the main one."""
    told = json.loads(Path(DUT.vectors).read_text())
    return [int(beat, 16) for beat in (told["steady"] if steady else told)["weights"]]


class Norm:
    """The design with a source of vectors, a source of weights and a sink."""

    def __init__(self, dut, name: str, stall: Stall = always, late: Stall = always, sink: Stall = always) -> None:
        self.rng = random.Random(f"{cocotb.RANDOM_SEED}/{name}")
        data = {role: [(getattr(dut, f"{role}_data"), len(getattr(dut, f"{role}_data")))] for role in "swm"}
        self.s = Source(Port(dut.s_valid, dut.s_ready, data["s"]), self.rng, stall)
        self.w = Source(Port(dut.w_valid, dut.w_ready, data["w"]), self.rng, late)
        self.m = Sink(Port(dut.m_valid, dut.m_ready, data["m"]), self.rng, sink)
        self.table = Bench(dut.clk, dut.rst, [self.s, self.w], [self.m])
        for port, value in vectors().static.items():
            getattr(dut, port).value = value

    def load(self, traffic: Traffic, steady: bool = False) -> Traffic:
        """Queue the first items of a traffic and their weights."""
        self.s.queues[0].extend(traffic.ins)
        self.w.queues[0].extend(weights(steady)[: len(traffic.ins)])
        return traffic

    def clear(self) -> None:
        for port in (self.s, self.w, self.m):
            port.clear()


@cocotb.test()
@cocotb.parametrize(source=[always, stalls], late=[always, stalls], sink=[always, stalls])
async def order(dut, source, late, sink):
    """What comes out is the golden norm of what went in, whatever stalls, the weights too."""
    norm = Norm(dut, f"order/{source.__name__}/{late.__name__}/{sink.__name__}", source, late, sink)
    await norm.table.start()
    await drain(norm.table, norm.m, norm.load(vectors().traffic))
    assert norm.w.idle, "weights were left over"


@cocotb.test()
async def latency(dut):
    """From a vector's last beat in to its first beat out, with weights waiting: as many cycles as the header says."""
    norm = Norm(dut, "latency")
    await norm.table.start()
    for size in sorted({ins for ins, _ in vectors().steady.items}):
        item = vectors().steady.head(1)
        assert len(item.ins) == size, "steady vectors are of one size"
        for gap in (1, 4):
            await norm.table.step(gap)
            norm.clear()
            norm.load(item, steady=True)
            await norm.table.run(partial(complete, norm.m, size), 4000)
            measured = norm.m.taken[0][0][0] - norm.s.taken[0][-1][0]
            assert measured == stated("Latency"), f"latency is {measured} cycles, the header says {stated('Latency')}"


@cocotb.test()
@cocotb.parametrize(first=[always, never])
async def throughput(dut, first):
    """Vectors follow each other at the rate of the header, after a stall that filled the unit too."""
    norm = Norm(dut, f"throughput/{first.__name__}", sink=first)
    await norm.table.start()
    steady = norm.load(vectors().steady, steady=True)
    await norm.table.step(2 * DUT.params["DEPTH"] if first is never else 0)
    norm.m.set_stall(always)
    await norm.table.run(partial(complete, norm.m, len(steady.outs)), 4 * len(steady.ins) + 4000)
    beats, cycles = steady_rate(norm.m.taken[0])
    assert beats == cycles * stated("Throughput"), f"{beats} beats in {cycles} cycles"


@cocotb.test()
async def capacity(dut):
    """With the output stalled the unit takes as many beats as the header says, and none of them is lost."""
    norm = Norm(dut, "capacity", sink=never)
    await norm.table.start()
    expected = DUT.contract.absorbs(dict(DUT.params) | vectors().names)
    steady = norm.load(vectors().steady, steady=True)
    assert len(steady.ins) > expected, f"vectors: {len(steady.ins)} beats cannot fill the unit"
    await norm.table.step(2 * int(expected) + 40)
    found = len(norm.s.taken[0])
    assert found == expected, f"absorbed {found} beats, the header says {expected}"
    norm.m.set_stall(always)
    await drain(norm.table, norm.m, steady)


@cocotb.test()
async def handshake(dut):
    """S2, S4: no input reaches a ready in a cycle, but m_ready that of the weights; m_ready reaches no m_valid."""
    norm = Norm(dut, "handshake", stalls, stalls, stalls)
    await norm.table.start()
    norm.load(vectors().traffic)
    followed = 0
    inputs = [dut.s_valid, dut.s_data, dut.w_valid, dut.w_data]
    for _ in range(300 + 16 * len(vectors().traffic.head(1).ins)):
        await norm.table.step()
        for ready in (dut.s_ready, dut.w_ready):
            assert await flipped(norm.table, inputs, ready) == int(ready.value), "a ready depends on an input (S4)"
        for seen in (dut.m_valid, dut.s_ready):
            assert await flipped(norm.table, [dut.m_ready], seen) == int(seen.value), "m_ready reaches further (S2)"
        followed += await flipped(norm.table, [dut.m_ready], dut.w_ready) != int(dut.w_ready.value)
    assert followed, "w_ready never followed m_ready, the header says that it does"


@cocotb.test()
async def reset_in_traffic(dut):
    """S6: reset empties; a full run afterwards gives what it gives after power-up."""
    norm = Norm(dut, "reset", stalls, stalls, stalls)
    await norm.table.start()
    traffic = vectors().traffic
    for last in range(RESETS):
        norm.load(traffic)
        await norm.table.step(norm.rng.randint(20, max(40, len(traffic.ins))))
        assert norm.s.taken[0], "no beat was under way at the reset"
        await norm.table.reset(norm.rng.randint(1, 3))
        assert int(dut.m_valid.value) == 0, "m_valid after reset"
        await drain(norm.table, norm.m, norm.load(traffic if last == RESETS - 1 else traffic.head(4)))
        norm.clear()
        norm.m.set_stall(stalls)

# SPDX-License-Identifier: Apache-2.0
"""m2_activation: a beat may enter in any cycle, and its result leaves as late as the header says, taken or not.

The vectors are those of `stream_vectors`, a beat out for each beat in.
"""

import random
from functools import cache

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge

from tests.rtl.current_dut import current
from tests.rtl.stream_vectors import Traffic, read

DUT = current()


@cache
def traffic() -> Traffic:
    return read(DUT.vectors).traffic


async def begin(dut):
    """Start the clock and leave reset; return at a rising edge."""
    dut.rst.value = 1
    dut.s_valid.value = 0
    Clock(dut.clk, 10, unit="ns").start()
    for _ in range(3):
        await RisingEdge(dut.clk)
    dut.rst.value = 0


async def cycle(dut, beat: int | None, rng: random.Random) -> int | None:
    """Offer a beat, or noise, for a cycle; return what leaves in it."""
    dut.s_valid.value = beat is not None
    dut.s_data.value = rng.getrandbits(len(dut.s_data)) if beat is None else beat
    await FallingEdge(dut.clk)
    found = int(dut.m_data.value) if int(dut.m_valid.value) else None
    await RisingEdge(dut.clk)
    return found


@cocotb.test()
@cocotb.parametrize(share=[1.0, 0.5])
async def each_beat_leaves_in_its_cycle(dut, share):
    """What enters in a cycle, or nothing, leaves `Latency` cycles later."""
    rng = random.Random(f"{cocotb.RANDOM_SEED}/{share}")
    latency = int(DUT.contract.value("Latency", DUT.params))
    pairs = iter(zip(traffic().ins, traffic().outs, strict=True))
    expected: list[int | None] = [None] * latency
    await begin(dut)
    left = len(traffic().ins)
    while left or any(beat is not None for beat in expected):
        beat, result = next(pairs) if left and rng.random() < share else (None, None)
        left -= beat is not None
        expected.append(result)
        found, due = await cycle(dut, beat, rng), expected.pop(0)
        assert found == due, f"{left} beats are left: golden {due and hex(due)}, RTL {found and hex(found)}"


@cocotb.test()
async def reset_empties(dut):
    """Nothing that entered before a reset leaves behind it (S6)."""
    rng = random.Random(cocotb.RANDOM_SEED)
    await begin(dut)
    for beat in traffic().ins[:20]:
        await cycle(dut, beat, rng)
    dut.rst.value = 1
    await cycle(dut, None, rng)
    dut.rst.value = 0
    for _ in range(20):
        assert await cycle(dut, None, rng) is None, "a beat from before the reset"

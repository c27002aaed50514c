# SPDX-License-Identifier: Apache-2.0
"""The contract of m2_addr_mul."""

import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge

from tests.rtl.current_dut import current

DUT = current()
A_W, B_W = DUT.params["A_W"], DUT.params["B_W"]


def factors(rng: random.Random) -> list[tuple[int, int]]:
    """Every power of two with any b, and the reverse; the ends of both formats; numbers of any size."""
    a, b = (lambda width=width: rng.getrandbits(rng.randint(1, width)) for width in (A_W, B_W))
    ends = [(x, y) for x in (0, 1, (1 << A_W) - 1) for y in (0, 1, (1 << B_W) - 1)]
    powers = [(1 << k, b()) for k in range(A_W)] + [(a(), 1 << k) for k in range(B_W)]
    found = [*ends, *powers, *((a(), b()) for _ in range(60))]
    rng.shuffle(found)
    return found


@cocotb.test()
async def products(dut):
    """m = a * b, a cycle for each bit of a and one more; it stays until it is taken; only then the next one enters."""
    rng = random.Random(cocotb.RANDOM_SEED)
    dut.rst.value, dut.s_valid.value, dut.m_ready.value = 1, 1, 0
    Clock(dut.clk, 10, unit="ns").start()
    for _ in range(3):
        await RisingEdge(dut.clk)
    dut.rst.value, dut.s_valid.value = 0, 0
    for a, b in factors(rng):
        await FallingEdge(dut.clk)
        assert (int(dut.s_ready.value), int(dut.m_valid.value)) == (1, 0)
        dut.s_valid.value, dut.s_a.value, dut.s_b.value = 1, a, b
        for _ in range(a.bit_length()):
            await FallingEdge(dut.clk)
            assert (int(dut.s_ready.value), int(dut.m_valid.value)) == (0, 0), f"{a} * {b}: too early"
            dut.s_valid.value, dut.s_a.value, dut.s_b.value = rng.getrandbits(1), rng.getrandbits(A_W), 0
        for wait in range(rng.randrange(3), -1, -1):
            await FallingEdge(dut.clk)
            assert (int(dut.s_ready.value), int(dut.m_valid.value)) == (0, 1), f"{a} * {b}: not there"
            assert int(dut.m_data.value) == a * b
            dut.m_ready.value = int(wait == 0)
            dut.s_valid.value = 0
        await RisingEdge(dut.clk)
        dut.m_ready.value = 0

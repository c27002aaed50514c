# SPDX-License-Identifier: Apache-2.0
"""What judges toy_gate: waits for it without a limit, then looks at y for every a and b, and at one."""

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge


@cocotb.test()
async def ands(dut):
    """y is a and b."""
    Clock(dut.clk, 10, unit="ns").start()
    dut.rst.value = 1
    await FallingEdge(dut.clk)
    dut.rst.value = 0
    await FallingEdge(dut.clk)
    while not int(dut.ready.value):
        await FallingEdge(dut.clk)
    width = int(dut.W.value)
    for a in range(1 << width):
        for b in range(1 << width):
            dut.a.value, dut.b.value = a, b
            await FallingEdge(dut.clk)
            assert int(dut.y.value) == a & b, f"{a} and {b}"
            assert int(dut.one.value) == 1

# SPDX-License-Identifier: Apache-2.0
"""cocotb tests on `forgets`, whose count depends on a register without reset."""

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge

from harness.sim.power_up import registers


@cocotb.test()
async def counts_by_one(dut):
    """What a unit's test would ask: after a reset the count goes up by one."""
    dut.rst.value = 1
    Clock(dut.clk, 10, unit="ns").start()
    await ClockCycles(dut.clk, 2)
    await FallingEdge(dut.clk)
    dut.rst.value = 0
    await ClockCycles(dut.clk, 3)
    await FallingEdge(dut.clk)
    assert int(dut.count.value) == 3
    assert int(dut.known.value) == 42


@cocotb.test()
async def looks(dut):
    """Print what power-up touches, and which of it has a value."""
    for state in registers(dut):
        print("STATE", state._path, state.value.is_resolvable, flush=True)

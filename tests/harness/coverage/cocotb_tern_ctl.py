# SPDX-License-Identifier: Apache-2.0
"""A run of tern_ctl up to the last command, and from there by reset to where it began."""

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge

INPUTS = "args_valid args_bad x_beats w_beats y_beats x_offset w_offset y_offset result written cmd_ready"


async def edges(dut, cycles):
    await ClockCycles(dut.clk, cycles)
    await FallingEdge(dut.clk)


@cocotb.test()
async def all_but_the_end(dut):
    for name in INPUTS.split():
        getattr(dut, name).value = 0
    dut.rst.value = 1
    Clock(dut.clk, 10, unit="ns").start()
    await edges(dut, 2)
    dut.rst.value, dut.args_valid.value, dut.cmd_ready.value = 0, 1, 1
    await edges(dut, 1)
    dut.args_valid.value, dut.result.value = 0, 1
    await edges(dut, 8)
    assert dut.cmd_valid.value == 0
    dut.rst.value = 1
    await edges(dut, 2)
    dut.rst.value = 0
    await edges(dut, 2)

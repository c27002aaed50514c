# SPDX-License-Identifier: Apache-2.0
"""Keeps or breaks the rules that checks.vh watches; the broken ones must fail the run (test_checks)."""

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge, Timer


async def start(dut):
    """Leave reset; everything that the checks forbid happens inside it."""
    dut.rst.value, dut.good.value = 1, 0
    dut.m_valid.value, dut.m_ready.value, dut.m_data.value = 1, 0, 1
    await Timer(1, unit="ns")
    Clock(dut.clk, 10, unit="ns").start()
    await RisingEdge(dut.clk)
    dut.m_valid.value, dut.m_data.value = 0, 2
    await RisingEdge(dut.clk)
    dut.rst.value, dut.good.value = 0, 1
    await RisingEdge(dut.clk)


async def play(dut, *cycles):
    for valid, ready, data in cycles:
        dut.m_valid.value, dut.m_ready.value, dut.m_data.value = valid, ready, data
        await RisingEdge(dut.clk)
    await RisingEdge(dut.clk)


@cocotb.test()
async def legal(dut):
    """Waiting beats, back-to-back beats, changes without valid and violations under reset are no violations."""
    await start(dut)
    await play(dut, (0, 0, 3), (1, 0, 4), (1, 0, 4), (1, 1, 4), (1, 1, 5), (0, 1, 6), (0, 0, 7), (1, 1, 8), (0, 0, 9))


@cocotb.test()
async def data_changes(dut):
    await start(dut)
    await play(dut, (1, 0, 4), (1, 0, 5))


@cocotb.test()
async def valid_falls(dut):
    await start(dut)
    await play(dut, (1, 0, 4), (0, 0, 4))


@cocotb.test()
async def condition_fails(dut):
    await start(dut)
    dut.good.value = 0
    await play(dut, (0, 0, 0))

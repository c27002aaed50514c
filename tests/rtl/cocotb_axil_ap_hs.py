# SPDX-License-Identifier: Apache-2.0
"""Tests of ctl_ap_hs behind axil_regs, through a bus as software sees it; called from test_ctl_ap_hs.py."""

import os
import random
from typing import Any

import cocotb
from cocotb.triggers import ClockCycles, FallingEdge, RisingEdge

from tests.rtl.cocotb_axil_common import open_master

CTRL, GIE, IER, ISR, ARGUMENT = 0x0, 0x4, 0x8, 0xC, 0x10
START, DONE, IDLE, READY = 1, 2, 4, 8
EFFORT = float(os.environ.get("KRAIT_AXI_EFFORT", "1"))


class Kernel:
    """A kernel that takes a given number of cycles a run and records the argument of each."""

    def __init__(self, dut: Any, cycles: int) -> None:
        self.dut, self.cycles = dut, cycles
        self.arguments: list[int] = []
        cocotb.start_soon(self._run())

    async def _run(self) -> None:
        while True:
            await FallingEdge(self.dut.clk)
            if not int(self.dut.start.value):
                continue
            self.arguments.append(int(self.dut.argument.value))
            await ClockCycles(self.dut.clk, self.cycles)
            self.dut.done.value = 1
            await RisingEdge(self.dut.clk)
            self.dut.done.value = 0


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def polled_run(dut: Any) -> None:
    """Software writes an argument and a start, never sees idle before done, reads done once, and finds it cleared."""
    master = await open_master(dut, ("done",))
    kernel = Kernel(dut, 0)
    for cycles in range(1, int(20 * EFFORT) + 4):
        kernel.cycles = cycles
        assert await master.read_dword(CTRL) == IDLE
        await master.write_dword(ARGUMENT, cycles * 17)
        await master.write_dword(CTRL, START)
        while not (value := await master.read_dword(CTRL)) & DONE:
            assert not value & IDLE
        assert value == DONE | IDLE | READY
        assert await master.read_dword(CTRL) == IDLE
        assert kernel.arguments[cycles - 1 :] == [cycles * 17]


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def no_done_is_lost_or_doubled(dut: Any) -> None:
    """Whatever the phase between runs and polls, reads of CTRL see as many dones as runs of their own."""
    master = await open_master(dut, ("done",), stalls=True)
    runs = int(60 * EFFORT)
    kernel, seen = Kernel(dut, 6), 0
    for _ in range(runs):
        await ClockCycles(dut.clk, random.randint(0, 9))
        await master.write_dword(CTRL, START)
        while not await master.read_dword(CTRL) & DONE:
            pass
        seen += 1
    assert seen == runs == len(kernel.arguments)
    assert await master.read_dword(CTRL) == IDLE


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def start_waits_for_the_run_before(dut: Any) -> None:
    """A start written during a run reads as pending, is accepted when the run ends, and needs no second write."""
    master = await open_master(dut, ("done",))
    kernel = Kernel(dut, 60)
    await master.write_dword(CTRL, START)
    assert await master.read_dword(CTRL) == 0
    await master.write_dword(CTRL, START)
    assert await master.read_dword(CTRL) == START
    while not await master.read_dword(CTRL) & DONE:
        pass
    assert await master.read_dword(CTRL) == 0
    while not (value := await master.read_dword(CTRL)) & DONE:
        pass
    assert value == DONE | IDLE | READY
    assert len(kernel.arguments) == 2


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def interrupt_by_toggle(dut: Any) -> None:
    """An enabled done raises the interrupt until software writes its ISR bit; a disabled one leaves no trace."""
    master = await open_master(dut, ("done",))
    Kernel(dut, 3)
    await master.write_dword(GIE, 1)
    await master.write_dword(CTRL, START)
    await ClockCycles(dut.clk, 12)
    assert await master.read_dword(ISR) == 0
    await master.write_dword(IER, 1)
    assert not int(dut.irq.value)
    await master.write_dword(CTRL, START)
    await ClockCycles(dut.clk, 12)
    assert int(dut.irq.value)
    assert await master.read_dword(ISR) == 1
    await master.write_dword(GIE, 0)
    await RisingEdge(dut.clk)
    assert not int(dut.irq.value)
    await master.write_dword(GIE, 1)
    await ClockCycles(dut.clk, 2)
    assert int(dut.irq.value)
    await master.write_dword(ISR, 1)
    await ClockCycles(dut.clk, 2)
    assert not int(dut.irq.value)
    assert await master.read_dword(ISR) == 0
    await master.write_dword(ISR, 2)
    assert await master.read_dword(ISR) == 2

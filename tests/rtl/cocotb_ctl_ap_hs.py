# SPDX-License-Identifier: Apache-2.0
"""Tests of ctl_ap_hs alone; called from test_ctl_ap_hs.py."""

import os
import random
from typing import Any

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge, RisingEdge

from golden.axi import CTRL, GIE, IER, ISR, ApHs, ApHsAccess, ap_hs_step

CYCLES = int(20000 * float(os.environ.get("KRAIT_AXI_EFFORT", "1")))


async def start(dut: Any) -> None:
    for name in ("wr_strobe", "rd_strobe", "wr_data", "wr_strb", "done"):
        getattr(dut, name).value = 0
    dut.rst.value = 1
    Clock(dut.clk, 10, unit="ns").start()
    await ClockCycles(dut.clk, 3)
    dut.rst.value = 0


def observed(dut: Any) -> tuple[int, int, int, tuple[int, ...]]:
    value = int(dut.ro_value.value)
    registers = tuple(value >> 32 * i & 0xFFFFFFFF for i in range(4))
    return int(dut.start.value), int(dut.busy.value), int(dut.irq.value), registers


def drive(dut: Any, access: ApHsAccess) -> None:
    dut.wr_strobe.value = 0 if access.write is None else 1 << access.write
    dut.rd_strobe.value = 0 if access.read is None else 1 << access.read
    dut.wr_data.value = access.data
    dut.wr_strb.value = access.strobes
    dut.done.value = int(access.done)


async def run(dut: Any, accesses: list[ApHsAccess], state: ApHs) -> ApHs:
    """Apply one access a cycle and compare every output in every cycle with the golden block."""
    for access in accesses:
        await RisingEdge(dut.clk)
        drive(dut, access)
        await FallingEdge(dut.clk)
        assert observed(dut) == (state.start, state.busy, state.irq, state.registers), access
        state = ap_hs_step(state, access)
    return state


def random_access() -> ApHsAccess:
    """Return an access that makes coincidences likely: all registers in use, done a third of the time."""
    return ApHsAccess(
        write=random.choice((None, None, CTRL, GIE, IER, ISR)),
        data=random.choice((0, 1, 1, 2, 3, random.getrandbits(32))),
        strobes=random.choice((0xF, 0xF, 1, 0xE, 0)),
        read=random.choice((None, CTRL, CTRL, GIE, ISR)),
        done=random.random() < 0.3,
    )


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def equals_golden_in_every_cycle(dut: Any) -> None:
    """Under random writes, reads and dones, every output equals the golden block's in every cycle."""
    await start(dut)
    await run(dut, [random_access() for _ in range(CYCLES)], ApHs())


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def equals_golden_after_reset(dut: Any) -> None:
    """Reset in any state returns to the golden block's first state."""
    await start(dut)
    for _ in range(20):
        await run(dut, [random_access() for _ in range(random.randint(1, 40))], ApHs())
        await RisingEdge(dut.clk)
        drive(dut, ApHsAccess())
        dut.rst.value = 1
        await ClockCycles(dut.clk, 2)
        dut.rst.value = 0

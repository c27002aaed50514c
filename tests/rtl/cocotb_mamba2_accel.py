# SPDX-License-Identifier: Apache-2.0
"""The accelerator on its bare flat ports, in a four-state simulator: no X leaves it."""

import logging
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge, RisingEdge, with_timeout
from cocotbext.axi import AxiLiteBus, AxiLiteMaster

from golden.spec.gen.mamba2_accel import Offset
from golden.striping import stripe, unstripe
from tests.rtl.flat_memory import FlatMemory
from tests.rtl.m2_accel_starts import (
    COUNTERS,
    GUARD,
    SHAPE,
    Start,
    check,
    check_counters,
    outputs,
    registers,
    smallest,
    tiny,
)

CONTROL = ("arvalid", "awvalid", "wvalid", "rready", "bready")
PAYLOAD = {"arvalid": ("araddr", "arlen"), "awvalid": ("awaddr", "awlen"), "wvalid": ("wdata", "wstrb", "wlast")}


async def watch(dut: Any) -> None:
    """Raise when a control output is undefined out of reset, or what goes with a valid."""
    while True:
        await FallingEdge(dut.aclk)
        if not int(dut.aresetn.value):
            continue
        assert dut.interrupt.value.is_resolvable
        for name in CONTROL:
            value = getattr(dut, "m_axi_" + name).value
            assert value.is_resolvable, name
            if int(value) == (1 << len(value)) - 1:
                for payload in PAYLOAD.get(name, ()):
                    assert getattr(dut, "m_axi_" + payload).value.is_resolvable, payload


async def reset(dut: Any) -> None:
    dut.aresetn.value = 0
    await ClockCycles(dut.aclk, 4)
    dut.aresetn.value = 1
    await ClockCycles(dut.aclk, 2)


async def begin(master: AxiLiteMaster, memory: FlatMemory, start: Start) -> None:
    """Lay the start out and write its arguments; arenas begin at 0 on every port, as the bases do after reset."""
    for store in memory.stores:
        store[:] = bytes([GUARD]) * len(store)
    for name, wide in start.regions.items():
        memory.store(getattr(start.arguments, f"{name}_off"), stripe(wide, start.cfg))
    for offset, value in {**registers(start.arguments), Offset.GIE: 1, Offset.IER: 1, Offset.CTRL: 1}.items():
        if value:  # 0 is what reset left
            await master.write_dword(offset, value)


async def finish(dut: Any, master: AxiLiteMaster, memory: FlatMemory, start: Start) -> None:
    """Wait for the end of a run, and compare what it left."""
    await with_timeout(RisingEdge(dut.interrupt), 100, "us")
    assert await master.read_dword(Offset.ERROR) == 0
    size = start.cfg.port_bytes
    written = {name: (at, (beats + 1) * size) for name, (at, beats) in outputs(start).items()}
    check(start, {name: unstripe(memory.load(*place), start.cfg) for name, place in written.items()})
    check_counters(start, {name: await master.read_dword(Offset[name]) for name in COUNTERS})


async def open_kernel(dut: Any, prompt: Sequence[int], generate: int) -> tuple[AxiLiteMaster, FlatMemory, Start]:
    """Start the clock, leave reset, attach registers, memory and the watch; return a start that captures residuals."""
    cfg = smallest(int(dut.SLOTS.value), "sim_w8a8" if int(dut.PROFILE.value) else "sim")
    logging.getLogger(f"cocotb.{dut._name}").setLevel(logging.ERROR)
    with tempfile.TemporaryDirectory() as folder:
        start = Start(cfg, tiny(Path(folder), cfg.profile, SHAPE), prompt, generate, tap=2)
        _ = start.regions, start.expected  # now, because the model is read from its folder
    dut.aresetn.value = 0
    master = AxiLiteMaster(AxiLiteBus.from_prefix(dut, "s_axil"), dut.aclk, dut.aresetn, reset_active_level=False)
    memory = FlatMemory(dut, cfg.ports, cfg.port_bytes, 0.2, 1 << 16)
    cocotb.start_soon(Clock(dut.aclk, 10, unit="ns").start())
    cocotb.start_soon(watch(dut))
    await reset(dut)
    return master, memory, start


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def no_x_leaves(dut: Any) -> None:
    """Law: under random stalls, on empty memories and after a reset in a run, every output is defined and
    every result golden's."""
    master, memory, start = await open_kernel(dut, (3, 1, 8), 1)
    await begin(master, memory, start)
    await ClockCycles(dut.aclk, 400)
    await reset(dut)
    await begin(master, memory, start)
    await finish(dut, master, memory, start)


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def one_start(dut: Any) -> None:
    """Law: two tokens and the one that follows leave golden's residuals, logits and states, these read back once."""
    master, memory, start = await open_kernel(dut, (3, 1), 2)
    await begin(master, memory, start)
    await finish(dut, master, memory, start)

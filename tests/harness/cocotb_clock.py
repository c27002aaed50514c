# SPDX-License-Identifier: Apache-2.0
"""What Python sees of a clock, told as lines; test_clock plays it under two clocks."""

import os
from pathlib import Path

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import (
    FallingEdge,
    First,
    NextTimeStep,
    ReadOnly,
    ReadWrite,
    RisingEdge,
    SimTimeoutError,
    Timer,
    ValueChange,
    with_timeout,
)
from cocotb.utils import get_sim_time

END_NS = 120
TOLD = os.environ.get("TOLD", "")


@cocotb.test()
async def watches(dut):
    lines = []

    def tell(who):
        pins = " ".join(f"{name}={int(dut[name].value)}" for name in ("clk", "rst", "en", "value"))
        lines.append(f"{get_sim_time('ps')} {who}: {pins}")

    async def rising():
        while True:
            await RisingEdge(dut.clk)
            tell("rising")

    async def falling():
        while True:
            await FallingEdge(dut.clk)
            tell("falling")
            await ReadOnly()
            tell("settled")

    async def changes():
        while True:
            await ValueChange(dut.value)
            tell("value")

    async def timers():
        for wait in (1, 4, 5, 5, 7, 3, 10, 15):  # within a half and at both edges
            await Timer(wait, "ns")
            tell("timer")
            await ReadWrite()
            tell("timer, settled")

    async def drives():
        await Timer(12, "ns")
        dut.rst.value = 0
        for step in range(6):
            await RisingEdge(dut.clk)
            dut.en.value = step != 3
            tell("drives")
            await NextTimeStep()
            tell("driven")

    dut.rst.value, dut.en.value = 1, 0
    if not os.environ.get("DRIVEN"):
        Clock(dut.clk, 10, unit="ns").start(start_high=False)
    for each in (rising, falling, changes, timers, drives):
        cocotb.start_soon(each())
    try:
        await with_timeout(First(Timer(1, "ms"), ValueChange(dut.rst)), 4, "ns")
    except SimTimeoutError:
        tell("timeout")
    await Timer(END_NS, "ns")
    Path(TOLD).write_text("\n".join(lines))

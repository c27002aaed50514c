# SPDX-License-Identifier: Apache-2.0
"""cocotb tests on the toy designs: good ones, and ones that must fail (run on purpose by test_runner)."""

import ctypes
import os
import random
import subprocess
import time
from pathlib import Path

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge

DPI = cocotb.top is not None and cocotb.top._name == "toy_dpi"
BAD = "TOY_BAD" in os.environ


async def start(dut):
    dut.rst.value = 1
    dut.en.value = 0
    Clock(dut.clk, 10, unit="ns").start()
    await ClockCycles(dut.clk, 2)
    await FallingEdge(dut.clk)
    dut.rst.value = 0
    dut.en.value = 1


@cocotb.test(skip=DPI)
async def counts(dut):
    await start(dut)
    width, first = int(os.environ.get("TOY_WIDTH", "8")), int(os.environ.get("TOY_START", "0"), 0)
    assert int(dut.WIDTH.value) == width
    for n in range(1, 40):
        await FallingEdge(dut.clk)
        assert int(dut.value.value) == (first + n) % (1 << width)


@cocotb.test(skip=DPI)
async def draws(dut):
    await start(dut)
    dut._log.info("DRAWN %d", random.getrandbits(32))


@cocotb.test(skip=not DPI)
async def stores(dut):
    Clock(dut.clk, 10, unit="ns").start()
    await ClockCycles(dut.clk, 2)
    assert int(dut.value.value) == 1
    ctypes.CDLL(None).toy_store(77)
    await ClockCycles(dut.clk, 2)
    assert int(dut.value.value) == 77


@cocotb.test(skip=not BAD)
async def fails(dut):
    await start(dut)
    await ClockCycles(dut.clk, 3)
    assert int(dut.value.value) == 99, "toy value is not 99"


@cocotb.test(skip=not BAD)
async def hangs(dut):
    await start(dut)
    child = subprocess.Popen(["sleep", "600"])
    Path("child.pid").write_text(str(child.pid))
    time.sleep(600)


@cocotb.test(skip=not BAD)
async def crashes(dut):
    await start(dut)
    os.abort()


@cocotb.test(skip=not BAD)
async def leaves(dut):
    await start(dut)
    os._exit(0)

# SPDX-License-Identifier: Apache-2.0
"""m2_args: verdict and counts.

The vectors: a list of {"inputs": {port: value}, "error": code, "outputs": {port: value}}, one a start.
"""

import json
import random
from pathlib import Path

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge, First, RisingEdge, Timer

from tests.rtl.current_dut import current

DUT = current()
LONGEST = 1500
PERIOD_NS = 10


@cocotb.test()
async def arguments(dut):
    """The verdict is golden's, and so are the counts of a legal start, whatever the inputs do behind the start."""
    rng = random.Random(cocotb.RANDOM_SEED)
    starts = json.loads(Path(DUT.vectors).read_text())
    names = list(starts[0]["inputs"])
    cocotb.start_soon(Clock(dut.clk, PERIOD_NS, unit="ns").start())
    dut.start.value = 0
    dut.rst.value = 1
    await ClockCycles(dut.clk, 3)
    dut.rst.value = 0
    for index, told in enumerate(starts):
        await one(dut, told, names, rng)
        if index % 16 == 5:
            await cut_short(dut, rng)


async def one(dut, told, names, rng):
    """A start and its verdict."""
    for name, value in told["inputs"].items():
        getattr(dut, name).value = value
    dut.start.value = 1
    await RisingEdge(dut.clk)
    dut.start.value = 0
    for name in names:
        getattr(dut, name).value = rng.getrandbits(len(getattr(dut, name)))
    await First(RisingEdge(dut.valid), Timer(LONGEST * PERIOD_NS, unit="ns"))
    await FallingEdge(dut.clk)
    assert int(dut.valid.value), f"no verdict after {LONGEST} cycles"
    assert int(dut.error.value) == told["error"], (
        f"{told['inputs']}: RTL {int(dut.error.value)}, golden {told['error']}"
    )
    await ClockCycles(dut.clk, rng.randint(1, 3))
    await FallingEdge(dut.clk)
    assert not int(dut.valid.value), "a second verdict"
    if not told["error"]:
        found = {name: int(getattr(dut, name).value) for name in told["outputs"]}
        wrong = {name: (found[name], value) for name, value in told["outputs"].items() if found[name] != value}
        assert not wrong, f"{told['inputs']}: (RTL, golden) differ: {wrong}"
    await RisingEdge(dut.clk)


async def cut_short(dut, rng):
    """A reset in the middle of a check leaves no verdict behind."""
    dut.start.value = 1
    await RisingEdge(dut.clk)
    dut.start.value = 0
    await ClockCycles(dut.clk, rng.randint(1, 200))
    dut.rst.value = 1
    await RisingEdge(dut.clk)
    dut.rst.value = 0
    for _ in range(20):
        await FallingEdge(dut.clk)
        assert not int(dut.valid.value), "a verdict after reset"
        await RisingEdge(dut.clk)

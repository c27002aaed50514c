# SPDX-License-Identifier: Apache-2.0
"""The contract of perf_counter."""

import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge, Timer

from golden.streams import count
from tests.rtl.current_dut import current

DUT = current()


@cocotb.test()
async def counts(dut):
    """The value after each edge is golden.streams.count of the cycles before it, wrap included; reset clears."""
    width = DUT.params["W"]
    assert DUT.contract.value("Latency", DUT.params) == 1
    rng = random.Random(cocotb.RANDOM_SEED)
    dut.rst.value, dut.clear.value, dut.en.value = 1, 0, 1
    await Timer(1, unit="ns")
    Clock(dut.clk, 10, unit="ns").start()
    await RisingEdge(dut.clk)
    await RisingEdge(dut.clk)
    dut.rst.value, dut.en.value = 0, 0
    await FallingEdge(dut.clk)
    assert int(dut.value.value) == 0, "reset does not clear"
    events: list[tuple[bool, bool]] = []
    for _ in range(1500):
        await RisingEdge(dut.clk)
        event = (rng.random() < 0.01, rng.random() < 0.7)
        dut.clear.value, dut.en.value = map(int, event)
        await FallingEdge(dut.clk)
        assert int(dut.value.value) == (count(events, width)[-1] if events else 0)
        events.append(event)

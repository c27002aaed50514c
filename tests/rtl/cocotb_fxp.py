# SPDX-License-Identifier: Apache-2.0
"""The contracts of the fixed-point modules: equal to the vectors from golden.fixed, latency as the header says."""

import json
import random
from pathlib import Path

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge, Timer

from tests.rtl.current_dut import current

DUT = current()
ROUND_SAT = DUT.name == "fxp_round_sat"


@cocotb.test(skip=not ROUND_SAT)
async def rounds_and_saturates(dut):
    """y and sat equal the vectors (x, y, sat)."""
    assert DUT.contract.value("Latency", DUT.params) == 0
    for x, y, sat in json.loads(Path(DUT.vectors).read_text()):
        dut.x.value = x
        await Timer(1, unit="ns")
        found = [dut.y.value.to_signed(), int(dut.sat.value)]
        assert found == [y, sat], f"x {x}: found {found}, expected {[y, sat]}"


def pack(terms: list[int], width: int) -> int:
    return sum((term & ((1 << width) - 1)) << (k * width) for k, term in enumerate(terms))


@cocotb.test(skip=ROUND_SAT)
@cocotb.parametrize(stall=[0.0, 0.4])
async def sums(dut, stall):
    """The sum of the terms of cycle k comes out Latency enabled edges later; edges without en hold everything."""
    latency = int(DUT.contract.value("Latency", DUT.params))
    rng = random.Random(f"{cocotb.RANDOM_SEED}/{stall}")
    Clock(dut.clk, 10, unit="ns").start()
    await RisingEdge(dut.clk)
    pipeline: list[int] = []
    for terms, total in json.loads(Path(DUT.vectors).read_text()):
        enabled = rng.random() >= stall
        dut.x.value, dut.en.value = pack(terms, DUT.params["IN_W"]), int(enabled)
        await FallingEdge(dut.clk)
        seen = [*pipeline, total]
        if len(seen) > latency:
            found = dut.sum.value.to_signed()
            assert found == seen[-1 - latency], f"sum is {found}, expected {seen[-1 - latency]}"
        pipeline = seen if enabled else pipeline
        await RisingEdge(dut.clk)

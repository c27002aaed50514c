# SPDX-License-Identifier: Apache-2.0
"""The contracts of the fixed-point modules: equal to golden.fixed, latency as the header says."""

import random

import cocotb
import torch
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge, Timer

from golden.fixed import limits, round_saturate, sum_tree
from tests.rtl.dut import current

DUT = current()
EXHAUSTIVE_W = 12  # bits; wider inputs get corners and random values
ROUND_SAT = DUT.name == "fxp_round_sat"


def inputs(rng: random.Random, width: int, frac: int) -> list[int]:
    """Return every value of `width` bits, or corners, all ties near them, and random values of every magnitude."""
    low, high = limits(width)
    if width <= EXHAUSTIVE_W:
        return list(range(low, high + 1))
    half = 1 << frac >> 1
    corners = [c * (1 << k) + d for k in range(width) for c in (-1, 1) for d in (-half, -1, 0, 1, half)]
    spread = [rng.randint(-(1 << k), 1 << k) for k in range(width) for _ in range(60)]
    return [low, high, *(v for v in corners + spread if low <= v <= high)]


@cocotb.test(skip=not ROUND_SAT)
async def rounds_and_saturates(dut):
    """y and sat equal golden.fixed.round_saturate for every input up to 12 bits, for corners and random ones above."""
    p = DUT.params
    assert DUT.contract.value("Latency", p) == 0
    values = inputs(random.Random(cocotb.RANDOM_SEED), p["IN_W"], p["FRAC"])
    y, sat = round_saturate(torch.tensor(values), p["FRAC"], p["OUT_W"], p["ROUND"])
    for x, expected, clamped in zip(values, y.tolist(), sat.tolist(), strict=True):
        dut.x.value = x
        await Timer(1, unit="ns")
        found = dut.y.value.to_signed(), bool(int(dut.sat.value))
        assert found == (expected, clamped), f"x {x}: found {found}, expected {(expected, clamped)}"


def pack(terms: list[int], width: int) -> int:
    return sum((term & ((1 << width) - 1)) << (k * width) for k, term in enumerate(terms))


@cocotb.test(skip=ROUND_SAT)
@cocotb.parametrize(stall=[0.0, 0.4])
async def sums(dut, stall):
    """The sum of the terms of cycle k comes out Latency enabled edges later; edges without en hold everything."""
    n, width = DUT.params["N"], DUT.params["IN_W"]
    latency = int(DUT.contract.value("Latency", DUT.params))
    rng = random.Random(f"{cocotb.RANDOM_SEED}/{stall}")
    low, high = limits(width)
    Clock(dut.clk, 10, unit="ns").start()
    await RisingEdge(dut.clk)
    pipeline: list[int] = []
    for cycle in range(400):
        terms = [rng.choice((low, high, rng.randint(low, high))) for _ in range(n)]
        terms = {0: [low] * n, 1: [high] * n}.get(cycle % 16, terms)
        enabled = rng.random() >= stall
        dut.x.value, dut.en.value = pack(terms, width), int(enabled)
        await FallingEdge(dut.clk)
        seen = [*pipeline, int(sum_tree(torch.tensor(terms)))]
        if len(seen) > latency:
            found = dut.sum.value.to_signed()
            assert found == seen[-1 - latency], f"cycle {cycle}: sum is {found}, expected {seen[-1 - latency]}"
        pipeline = seen if enabled else pipeline
        await RisingEdge(dut.clk)

# SPDX-License-Identifier: Apache-2.0
"""attn_turn against a model of it, for any jobs and any number of heads."""

import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge, Timer

from tests.rtl.m2_block_data import HEAD, IN

HEADS = (1, 2, 3, 4, 5, 8, 9, 16, 17, 32, 33, 64, 65, 128, 129, 255)
"""Passes of an attention job: each bit once 0 and once 1."""
JOBS = 3
"""Attention jobs with each of these."""


class Turn:
    """Whose pass it is, as the header has it."""

    def __init__(self) -> None:
        self.attention, self.left = False, 0

    def outputs(self) -> tuple[int, int, int]:
        """Return job_ready, attention and head."""
        return int(not self.left), int(self.attention and self.left > 0), int(not self.attention and self.left > 0)

    def step(self, job: int | None, pass_end: bool, heads: int) -> bool:
        """Go on by a cycle; whether it ended a job of attention."""
        if self.left:
            self.left -= pass_end
            return self.attention and not self.left
        if job is not None:
            self.attention = job & 3 == IN and not job >> 14 & 1
            self.left = heads if self.attention else int(job & 3 == HEAD)
        return False


@cocotb.test()
async def passes(dut):
    """Each cycle's outputs are the model's: jobs come and passes end at any time, a reset cuts some of them off."""
    rng = random.Random(cocotb.RANDOM_SEED)
    dut.rst.value, dut.job_valid.value, dut.pass_end.value, dut.job_data.value = 1, 0, 0, 0
    await Timer(1, unit="ns")
    Clock(dut.clk, 10, unit="ns").start()
    for heads in HEADS:
        dut.rst.value, dut.c_heads.value = 1, heads
        await RisingEdge(dut.clk)
        await FallingEdge(dut.clk)
        turn, done = Turn(), 0
        while done < JOBS:
            assert (int(dut.job_ready.value), int(dut.attention.value), int(dut.head.value)) == turn.outputs()
            job, there, ends = rng.getrandbits(32), rng.random() < 0.7, turn.left > 0 and rng.random() < 0.8
            dut.rst.value, dut.job_valid.value, dut.job_data.value, dut.pass_end.value = 0, int(there), job, int(ends)
            done += turn.step(job if there else None, ends, heads)
            await FallingEdge(dut.clk)
        while not turn.left:
            dut.job_valid.value, dut.job_data.value, dut.pass_end.value = 1, IN, 0
            turn.step(IN, False, heads)
            await FallingEdge(dut.clk)
        dut.job_valid.value = 0

# SPDX-License-Identifier: Apache-2.0
"""tern_cache: what it says of itself while a start runs; vectors of `cocotb_m2_block`."""

import cocotb

from harness.uvm.stream_pins import stalls
from tests.rtl.cocotb_m2_block import block, told
from tests.rtl.m2_block_data import IN

LAST = 337
"""Bit of wr that is set in the last write of a job."""


def attends(job: int) -> bool:
    """Whether a job brings new positions: the IN job of an even layer."""
    return job & 3 == IN and not job >> 14 & 1


@cocotb.test()
async def idle(dut):
    """idle is low from the cycle behind an attention's job to its last write, and high in the end."""
    async with block(dut, "idle", stalls, stalls) as env:
        follow, jobs, wrong = env.bench.watch, env.sources["job"], []

        def watch(cycle: int) -> None:
            follow(cycle)
            begun = sum(
                attends(job) for at, job in zip(jobs.cycles, told()["sources"]["job"], strict=False) if at < cycle
            )
            over = sum(beat >> LAST for at, beat in env.sinks["wr"].taken[0] if at < cycle)
            if begun > over and int(dut.idle.value):
                wrong.append((cycle, begun, over))

        env.bench.watch = watch
        await env.feed()
        await env.empty()
        assert not wrong, f"cycle, jobs, jobs written: {wrong[:3]}"
        assert int(dut.idle.value), "not idle behind the last job"

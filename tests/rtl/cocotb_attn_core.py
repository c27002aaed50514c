# SPDX-License-Identifier: Apache-2.0
"""attn_core: when attention waits for tiles; vectors of `cocotb_m2_block`."""

import cocotb

from tests.rtl.cocotb_m2_block import QUIET, block, told

STARVES = {"nothing": 0, "s_k": 1, "s_v": 1, "s_hk": 0}
"""What is not offered at first, and whether attention waits for it: tiles of the head are none of its own."""
LATE = 2
"""Cycles from what a source is sent to its first beat at the pins, at most."""


@cocotb.test()
@cocotb.parametrize(missing=list(STARVES))
async def starved(dut, missing):
    """With queries of any groups and no tile of keys, or weights and none of values, attention starves; else never."""
    async with block(dut, f"starved/{missing}") as env:
        seen: list[int] = []
        env.bench.watch = lambda _: seen.append(int(dut.starved.value))
        await env.bench.step(QUIET)
        assert not any(seen), "starved without a job"
        for prefix, scoreboard in env.scoreboards.items():
            scoreboard.expect(told()["sinks"][prefix])
        for prefix, source in env.sources.items():
            if prefix != missing:
                await source.send(told()["sources"][prefix])
        if missing in env.sources:
            await env.bench.step(3 * QUIET)
            assert seen[-1] == STARVES[missing]
            await env.sources[missing].send(told()["sources"][missing])
        await env.bench.step(LATE)
        done = len(seen)
        await env.empty()
        assert not any(seen[done:]), "starved while tiles were there"

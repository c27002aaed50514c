# SPDX-License-Identifier: Apache-2.0
"""What the tests of many streams cannot ask of attn_score: how many scores it keeps."""

import cocotb

from harness.uvm.stream_pins import always, never
from tests.rtl.cocotb_many_streams import DUT, block


@cocotb.test()
async def capacity(dut):
    """DEPTH beats wait and no more; both heads' maxima came out; then everything else does."""
    async with block(dut, "capacity") as env:
        env.sinks["m"].set_stall(never)
        await env.load()
        await env.bench.step(100)
        assert len(env.sources["s"].taken[0]) == DUT.params["DEPTH"]
        assert len(env.sinks["m_top"].taken[0]) == 2
        env.sinks["m"].set_stall(always)
        await env.empty()

# SPDX-License-Identifier: Apache-2.0
"""What the tests of many streams cannot ask of attn_score: how many scores it keeps."""

import cocotb

from tests.rtl.cocotb_many_streams import DUT, Table
from tests.rtl.streams import always, never


@cocotb.test()
async def capacity(dut):
    """DEPTH beats wait and no more; both heads' maxima came out; then everything else does."""
    table = Table(dut, "capacity")
    table.sinks["m"].set_stall(never)
    await table.bench.start()
    table.load()
    await table.bench.step(100)
    assert len(table.sources["s"].taken[0]) == DUT.params["DEPTH"]
    assert len(table.sinks["m_top"].taken[0]) == 2
    table.sinks["m"].set_stall(always)
    await table.drain()

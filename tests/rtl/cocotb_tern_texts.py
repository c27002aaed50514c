# SPDX-License-Identifier: Apache-2.0
"""tern_texts: a start after another one, with `clear` between them; vectors of `cocotb_many_streams`."""

import cocotb

from harness.uvm.stream_pins import always, stalls
from tests.rtl.cocotb_many_streams import block, runs


@cocotb.test()
@cocotb.parametrize(stall=[always, stalls])
async def clear(dut, stall):
    """A start begins with the positions that are told when it is cleared, whatever the one before has added."""
    async with block(dut, f"clear/{stall.__name__}", stall, stall) as env:
        for run in (*runs(), *reversed(runs())):
            env.configure(run)
            env.drop()
            dut.clear.value = 1
            await env.bench.step()
            dut.clear.value = 0
            await env.load()
            await env.empty()

# SPDX-License-Identifier: Apache-2.0
"""tern_scales: the port that follows the numbers of a layer, while a start runs; vectors of `cocotb_m2_block`."""

import cocotb

from harness.uvm.stream_pins import stalls
from tests.rtl.cocotb_m2_block import block, told


@cocotb.test()
async def frac(dut):
    """After each beat of n the port has what stands in it, and keeps it."""
    async with block(dut, "frac", stalls, stalls) as env:
        follow, wrong = env.bench.watch, []

        def watch(cycle: int) -> None:
            follow(cycle)
            taken = len(env.sources["n"].cycles)
            settled = taken and env.sources["n"].cycles[-1] < cycle
            if settled and int(dut.frac.value) != told()["fracs"][taken - 1]:
                wrong.append((cycle, taken, int(dut.frac.value)))

        env.bench.watch = watch
        await env.feed()
        await env.empty()
        assert not wrong, f"cycle, layers, frac: {wrong[:3]}"
        assert len(env.sources["n"].cycles) == len(told()["fracs"])

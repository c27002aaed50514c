# SPDX-License-Identifier: Apache-2.0
"""What the tests of all stream units cannot ask of tern_gate: its rate, which differs after a stall."""

from itertools import pairwise

import cocotb

from tests.rtl.cocotb_stream_unit import unit, vectors


@cocotb.test()
async def rate(dut):
    """While beats come and go without a pause, a result leaves every two cycles."""
    async with unit(dut, "rate") as env:
        steady = vectors().steady
        await env.load(steady)
        await env.empty(steady)
        assert {late - early for early, late in pairwise(env.m.cycles)} == {2}

# SPDX-License-Identifier: Apache-2.0
"""What the tests of all stream units cannot ask of tern_gate: its rate, which differs after a stall."""

from functools import partial
from itertools import pairwise

import cocotb

from tests.rtl.cocotb_stream_unit import bench, complete, vectors


@cocotb.test()
async def rate(dut):
    """While beats come and go without a pause, a result leaves every two cycles."""
    table, driver, taker, _ = bench(dut, "rate")
    await table.start()
    steady = vectors().steady
    driver.queues[0].extend(steady.ins)
    await table.run(partial(complete, taker, len(steady.outs)), 4 * len(steady.ins) + 4000)
    cycles = [cycle for cycle, _ in taker.taken[0]]
    assert {late - early for early, late in pairwise(cycles)} == {2}

# SPDX-License-Identifier: Apache-2.0
"""cocotb side of test_axi_mem: what the simulation memory alone does before, in and after its first reset."""

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, ReadOnly, RisingEdge, with_timeout

from harness.sim.mem import SimMemory

WORD = bytes(range(8))
OUTSIDE = 0x100


@cocotb.test()
async def sleeps_until_the_first_reset(dut):
    """Edges before the first reset move no beat, break no rule and count as no cycle; a read after it is answered."""
    memory = SimMemory(shape=(1, 8))
    memory.attach(0, 0, 64)[8:16] = list(WORD)
    for port in (dut.rst, dut.s_axi_arvalid, dut.s_axi_awvalid, dut.s_axi_wvalid, dut.s_axi_rready, dut.s_axi_bready):
        port.value = 0
    dut.s_axi_arlen.value = 0
    dut.s_axi_wlast.value = 1
    cocotb.start_soon(Clock(dut.clk, 5, "ns").start())
    for cycle in range(20):  # not aligned, dropped, changed: a rule is broken at each of them
        dut.s_axi_araddr.value = OUTSIDE + cycle
        dut.s_axi_arvalid.value = dut.s_axi_awvalid.value = dut.s_axi_wvalid.value = cycle % 3 != 0
        await RisingEdge(dut.clk)
        await ReadOnly()
        outputs = (dut.s_axi_arready, dut.s_axi_awready, dut.s_axi_wready, dut.s_axi_rvalid, dut.s_axi_bvalid)
        assert not any(output.value for output in outputs)
        await RisingEdge(dut.clk)
    dut.s_axi_arvalid.value = dut.s_axi_awvalid.value = dut.s_axi_wvalid.value = 0
    dut.rst.value = 1
    await ClockCycles(dut.clk, 3)
    assert memory.cycles == 0
    assert memory.totals().errors == 0
    dut.rst.value = 0
    dut.s_axi_araddr.value = 8
    dut.s_axi_arvalid.value = dut.s_axi_rready.value = 1
    await with_timeout(RisingEdge(dut.s_axi_rvalid), 1, "us")
    await ReadOnly()
    assert dut.s_axi_rdata.value.to_unsigned() == int.from_bytes(WORD, "little")
    assert memory.cycles > 0

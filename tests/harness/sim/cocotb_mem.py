# SPDX-License-Identifier: Apache-2.0
"""cocotb side of test_axi_mem: Python arms the kernel and waits, the data move in C++."""

import cocotb
import numpy as np
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge, with_timeout
from cocotbext.axi import AxiLiteBus, AxiLiteMaster

from harness.sim.mem import SimMemory, random_stall


@cocotb.test()
async def copies(dut):
    """The toy kernel copies between NumPy views under random stalls."""
    memory = SimMemory(shape=(2, 32))
    views = [memory.attach(port, 0x1000_0000 * (port + 1), 1 << 16) for port in range(2)]
    for view in views:
        view[: 1 << 15] = np.random.default_rng(3).integers(0, 256, 1 << 15, np.uint8)
    memory.set_stall(random_stall(0.3))
    cocotb.start_soon(Clock(dut.clk, 5, "ns").start())
    master = AxiLiteMaster(AxiLiteBus.from_prefix(dut, "s_axi_control"), dut.clk, dut.rst_n, reset_active_level=False)
    dut.rst_n.value = 0
    for _ in range(5):
        await RisingEdge(dut.clk)
    dut.rst_n.value = 1
    for address, value in (
        (4, 1), (8, 1), (0x10, 200), (0x30, 1 << 15), (0x100, 0x1000_0000), (0x108, 0x2000_0000), (0, 1)
    ):  # fmt: skip
        await master.write_dword(address, value)
    await with_timeout(RisingEdge(dut.interrupt), 100, "us")
    for view in views:
        assert np.array_equal(view[1 << 15 : (1 << 15) + 6400], view[:6400] ^ 1)
    assert memory.totals().write_beats == 400

# SPDX-License-Identifier: Apache-2.0
"""What the tests of AXI4-Lite register files share."""

import logging
from typing import Any

from cocotb.clock import Clock
from cocotb.triggers import ClockCycles
from cocotbext.axi import AxiLiteBus, AxiLiteMaster

from tests.rtl.cocotb_axi_common import as_generator, random_stalls


async def start(dut: Any, inputs: tuple[str, ...]) -> None:
    """Start the clock and leave reset with the named inputs at 0."""
    logging.getLogger(f"cocotb.{dut._name}").setLevel(logging.ERROR)
    for name in inputs:
        getattr(dut, name).value = 0
    dut.rst.value = 1
    Clock(dut.clk, 10, unit="ns").start()
    await ClockCycles(dut.clk, 4)
    dut.rst.value = 0
    await ClockCycles(dut.clk, 2)


async def open_master(dut: Any, inputs: tuple[str, ...], stalls: bool = False) -> AxiLiteMaster:
    """Start as above, with a master on the bus, and if asked with stalls on all its channels."""
    dut.rst.value = 1
    master = AxiLiteMaster(AxiLiteBus.from_prefix(dut, "s_axil"), dut.clk, dut.rst)
    write, read = master.write_if, master.read_if
    if stalls:
        for channel in (write.aw_channel, write.w_channel, write.b_channel, read.ar_channel, read.r_channel):
            channel.set_pause_generator(as_generator(random_stalls()))
    await start(dut, inputs)
    return master

# SPDX-License-Identifier: Apache-2.0
"""ctl_ap_hs: start, done and interrupts as XRT knows them, in every cycle as the golden block."""

from typing import Literal

import pytest

from harness.sim.runner import simulate

BLOCK = "hw/verilog/common/ctl_ap_hs.v"
BUS = ("tests/rtl/tb_axil_ap_hs.v", BLOCK, "hw/verilog/common/axil_regs.v")
SIMULATORS = ["verilator", pytest.param("icarus", marks=pytest.mark.icarus)]
EFFORT = {"verilator": "1", "icarus": "0.2"}

Simulator = Literal["verilator", "icarus"]


@pytest.mark.parametrize("sim", SIMULATORS)
def test_block(sim: Simulator) -> None:
    """Every output equals the golden block's in every cycle, under random accesses and resets."""
    simulate("ctl_ap_hs", (BLOCK,), {}, "tests.rtl.cocotb_ctl_ap_hs", sim=sim, env={"KRAIT_AXI_EFFORT": EFFORT[sim]})


@pytest.mark.parametrize("sim", SIMULATORS)
def test_through_the_bus(sim: Simulator) -> None:
    """Through axil_regs, software's runs, polls and interrupts behave as documented and no done is lost."""
    env = {"KRAIT_AXI_EFFORT": EFFORT[sim]}
    simulate("tb_axil_ap_hs", BUS, {}, "tests.rtl.cocotb_axil_ap_hs", sim=sim, env=env)

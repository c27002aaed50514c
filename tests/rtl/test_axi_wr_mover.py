# SPDX-License-Identifier: Apache-2.0
"""axi_wr_mover: writes a stream over AXI4 to runs of memory, by the golden bursts, without bubbles."""

import pytest

from harness.sim.runner import simulate
from tests.rtl.axi_sources import PORT_SOURCES

SHAPES = [
    pytest.param({"DATA_W": 32, "OUTSTANDING": 4, "BURST_BEATS": 16}, id="32x16"),
    pytest.param({"DATA_W": 32, "OUTSTANDING": 8, "BURST_BEATS": 1}, id="32x1"),
    pytest.param({"DATA_W": 32, "OUTSTANDING": 2, "BURST_BEATS": 256}, id="32x256"),
    pytest.param({"DATA_W": 256, "OUTSTANDING": 8, "BURST_BEATS": 8}, id="256x8"),
    pytest.param({"DATA_W": 512, "OUTSTANDING": 4, "BURST_BEATS": 64}, id="512x64"),
]


@pytest.mark.parametrize("params", SHAPES)
def test_verilator(params: dict[str, int]) -> None:
    """Data, bursts, errors, resets, latency and throughput are as the header states, for every shape."""
    simulate("tb_axi_port", PORT_SOURCES, params, "tests.rtl.cocotb_axi_wr_mover")


@pytest.mark.icarus
def test_icarus() -> None:
    """The same in a four-state simulator, in small, so that an X after reset cannot hide."""
    params = {"DATA_W": 64, "OUTSTANDING": 4, "BURST_BEATS": 8}
    env = {"KRAIT_AXI_EFFORT": "0.2"}
    simulate("tb_axi_port", PORT_SOURCES, params, "tests.rtl.cocotb_axi_wr_mover", sim="icarus", env=env)

# SPDX-License-Identifier: Apache-2.0
"""axi_burst_split: cuts commands into the golden model's bursts, one a cycle."""

import pytest

from golden.errors import InputError
from harness.sim.runner import simulate
from tests.rtl.axi_sources import SPLIT_SOURCES

SHAPES = [
    pytest.param({"DATA_W": 32, "BURST_BEATS": 256}, id="32x256"),
    pytest.param({"DATA_W": 32, "BURST_BEATS": 1}, id="32x1"),
    pytest.param({"DATA_W": 256, "BURST_BEATS": 128}, id="256x128"),
    pytest.param({"DATA_W": 512, "BURST_BEATS": 16}, id="512x16"),
    pytest.param({"DATA_W": 1024, "BURST_BEATS": 2, "ADDR_W": 33}, id="1024x2"),
]


@pytest.mark.parametrize("params", SHAPES)
def test_verilator(params: dict[str, int]) -> None:
    """Bursts, latency, throughput and reset are as the header states, for every shape."""
    simulate("axi_burst_split", SPLIT_SOURCES, params, "tests.rtl.cocotb_axi_burst_split")


@pytest.mark.icarus
def test_icarus() -> None:
    """The same in a four-state simulator, in small."""
    env = {"KRAIT_AXI_EFFORT": "0.2"}
    params = {"DATA_W": 64, "BURST_BEATS": 16}
    simulate("axi_burst_split", SPLIT_SOURCES, params, "tests.rtl.cocotb_axi_burst_split", sim="icarus", env=env)


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"BURST_BEATS": 12}, "BURST_BEATS_must_be_a_power_of_two_1_to_256"),
        ({"BURST_BEATS": 512, "DATA_W": 32}, "BURST_BEATS_must_be_a_power_of_two_1_to_256"),
        ({"BURST_BEATS": 256, "DATA_W": 256}, "BURST_BEATS_times_beat_bytes_must_not_exceed_4096"),
        ({"DATA_W": 96}, "DATA_W_must_be_a_power_of_two_32_to_1024"),
        ({"ADDR_W": 12}, "ADDR_W_must_be_16_to_64"),
    ],
)
def test_illegal_parameters_stop_the_build(params: dict[str, int], message: str) -> None:
    """An illegal parameter ends elaboration with a message that says which and why."""
    with pytest.raises(InputError, match=message):
        simulate("axi_burst_split", SPLIT_SOURCES, params, "tests.rtl.cocotb_axi_burst_split")

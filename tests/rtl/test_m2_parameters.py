# SPDX-License-Identifier: Apache-2.0
"""Illegal parameters stop the build of the Mamba2 units, and the tool's message says what is wrong."""

import pytest

from golden.errors import InputError
from harness.sim.runner import simulate
from tests.rtl.dut import SIMS, sources

BAD = [
    ("m2_quant", {"GROUPS": 0}, "needs_GROUPS_and_GROUP_at_least_1|must be positive"),
    ("m2_pot_round", {"MAX_SHIFT": 32}, "MAX_SHIFT_1_to_31"),
    ("m2_block_quant", {"LANES": 6}, "LANES_must_be_a_power_of_two"),
    ("m2_block_quant", {"DEPTH": 128}, "DEPTH_must_hold_the_largest_block_and_three_beats"),
    ("m2_block_quant", {"BLOCK_MAX": 65536, "DEPTH": 16384}, "BLOCK_MAX_must_be_a_power_of_two_from_LANES_to_32768"),
    ("m2_hadamard", {"OUT_W": 28}, "OUT_W_must_be_at_least_IN_W_plus_half_of_log2_BLOCK_MAX"),
    ("m2_hadamard", {"LANES": 128}, "LANES_must_be_a_power_of_two_from_2_to_BLOCK_MIN"),
    ("m2_hadamard", {"BLOCK_MIN": 96}, "BLOCK_MIN_and_BLOCK_MAX_must_be_powers_of_two"),
    ("m2_pot_shift", {"SHIFT_W": 7}, "needs_SHIFT_W_3_to_6"),
    ("m2_readout", {"READ_FRAC": 60}, "READ_FRAC_0_to_ACC_W_less_2"),
    ("m2_conv", {"LANES": 0}, "needs_TAPS_and_LANES_at_least_1|must be positive"),
]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("module", "params", "message"), BAD)
def test_illegal_parameters_stop_the_build(module: str, params: dict[str, int], message: str, sim: str) -> None:
    """The name of a module that does not exist carries the message, in both simulators."""
    with pytest.raises(InputError, match=message):
        simulate(module, sources(module), params, "tests.rtl.cocotb_stream_unit", sim=sim)  # type: ignore[arg-type]

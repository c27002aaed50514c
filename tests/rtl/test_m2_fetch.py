# SPDX-License-Identifier: Apache-2.0
"""m2_fetch with its parts: m2_fetch_section, _slices, _state, _rows, m2_chunk_walk, m2_addr_mul."""

import pytest

from golden.errors import InputError
from harness.sim.runner import simulate
from tests.rtl.dut import SIMS, check_module, sources

PARAMS = [
    {"WIDE_W": 64, "PORT_BYTES": 4, "W_DEPTH": 64, "P_DEPTH": 4, "S_DEPTH": 8, "SLICE": 8},
    {"WIDE_W": 128, "PORT_BYTES": 16, "W_DEPTH": 32, "P_DEPTH": 16, "S_DEPTH": 64, "SLICE": 5},
]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", PARAMS, ids=str)
def test_contract(params: dict[str, int], sim: str) -> None:
    """Every stream gets the beats of its jobs, in order, none before it may be read, and none in another's way."""
    check_module("m2_fetch", params, sim, "tests.rtl.cocotb_m2_fetch")


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"SLICE": 512}, "needs_SLICE_from_1_to_DEPTH"),
        ({"WIDE_W": 48}, "needs_WIDE_W_a_multiple_of_32"),
        ({"P_DEPTH": 6}, "DEPTH_must_be_a_power_of_two"),
    ],
)
def test_illegal_parameters_stop_the_build(params: dict[str, int], message: str, sim: str) -> None:
    """The name of a module that does not exist carries the message, in both simulators."""
    with pytest.raises(InputError, match=message):
        simulate("m2_fetch", sources("m2_fetch"), params, "tests.rtl.cocotb_m2_fetch", sim=sim)  # type: ignore[arg-type]

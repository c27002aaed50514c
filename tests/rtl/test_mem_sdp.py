# SPDX-License-Identifier: Apache-2.0
"""mem_sdp: its contract header is true, whatever its memory is made of."""

import pytest

from tests.rtl.dut import SIMS, check_module

PARAMS = [
    {"DATA_W": 8, "DEPTH": 160},
    {"DATA_W": 70, "DEPTH": 5},
    {"DATA_W": 1, "DEPTH": 2},
    {"DATA_W": 72, "DEPTH": 1000, "ULTRA": 1000},
]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", PARAMS, ids=str)
def test_contract(params: dict[str, int], sim: str) -> None:
    """Reads return the old word on a collision, one cycle later, and hold."""
    check_module("mem_sdp", params, sim, "tests.rtl.cocotb_mem")

# SPDX-License-Identifier: Apache-2.0
"""mem_lutram: its contract header is true."""

import pytest

from tests.rtl.dut import SIMS, check_module

PARAMS = [{"DATA_W": 8, "DEPTH": 32}, {"DATA_W": 70, "DEPTH": 5}]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", PARAMS, ids=str)
def test_contract(params: dict[str, int], sim: str) -> None:
    """Reads follow the address within the cycle; a write shows after its edge."""
    check_module("mem_lutram", params, sim, "tests.rtl.cocotb_mem")

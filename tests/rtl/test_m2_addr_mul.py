# SPDX-License-Identifier: Apache-2.0
"""m2_addr_mul: its contract header is true."""

import pytest

from tests.rtl.dut import SIMS, check_module

PARAMS = [{"A_W": 16, "B_W": 32}, {"A_W": 2, "B_W": 1}]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", PARAMS, ids=str)
def test_contract(params: dict[str, int], sim: str) -> None:
    """The product of every power of two, of the ends of the formats and of any numbers, as late as the header says."""
    check_module("m2_addr_mul", params, sim, "tests.rtl.cocotb_m2_addr_mul")

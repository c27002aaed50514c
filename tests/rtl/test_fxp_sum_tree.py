# SPDX-License-Identifier: Apache-2.0
"""fxp_sum_tree: its contract header is true."""

import pytest

from tests.rtl.dut import SIMS, check_module

PARAMS = [{"N": 1, "IN_W": 8}, {"N": 5, "IN_W": 3}, {"N": 32, "IN_W": 10}]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", PARAMS, ids=str)
def test_contract(params: dict[str, int], sim: str) -> None:
    """The sum is exact at the extremes of the terms, and as late as the header says."""
    check_module("fxp_sum_tree", params, sim, "tests.rtl.cocotb_fxp")

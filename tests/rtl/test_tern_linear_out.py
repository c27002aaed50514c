# SPDX-License-Identifier: Apache-2.0
"""tern_linear_out: its contract header is true."""

import pytest

from tests.rtl.dut import SIMS, check_module


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(
    "params",
    [
        {"T_PAR": 1, "PASS_W": 2, "GROUP_W": 1},
        {"T_PAR": 2, "PASS_W": 1, "GROUP_W": 2},
        {"T_PAR": 3, "PASS_W": 2, "GROUP_W": 2},
    ],
    ids=str,
)
def test_contract(params: dict[str, int], sim: str) -> None:
    """The sums of tiles of every size, in order and marked, whatever stalls; banks told when they are read."""
    check_module("tern_linear_out", params, sim, "tests.rtl.cocotb_tern_linear_out")

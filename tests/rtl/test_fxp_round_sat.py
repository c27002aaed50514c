# SPDX-License-Identifier: Apache-2.0
"""fxp_round_sat: its contract header is true."""

import pytest

from tests.rtl.dut import SIMS, check_module

PARAMS = [
    {"IN_W": 10, "FRAC": 5, "OUT_W": 4, "ROUND": 0},
    {"IN_W": 10, "FRAC": 5, "OUT_W": 4, "ROUND": 1},
    {"IN_W": 10, "FRAC": 5, "OUT_W": 4, "ROUND": 2},
    {"IN_W": 8, "FRAC": 1, "OUT_W": 7, "ROUND": 2},
    {"IN_W": 8, "FRAC": 7, "OUT_W": 2, "ROUND": 1},
    {"IN_W": 8, "FRAC": 0, "OUT_W": 12, "ROUND": 2},
    {"IN_W": 40, "FRAC": 16, "OUT_W": 16, "ROUND": 2},
]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", PARAMS, ids=str)
def test_contract(params: dict[str, int], sim: str) -> None:
    """Every rounding mode, ties, both clamps and formats that fit without a clamp equal golden.fixed.round_saturate."""
    check_module("fxp_round_sat", params, sim, "tests.rtl.cocotb_fxp")

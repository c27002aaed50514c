# SPDX-License-Identifier: Apache-2.0
"""perf_counter: its contract header is true."""

import pytest

from tests.rtl.dut import SIMS, check_module

PARAMS = [{"W": 64}, {"W": 5}]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", PARAMS, ids=str)
def test_contract(params: dict[str, int], sim: str) -> None:
    """Counts enabled cycles, wraps, clears."""
    check_module("perf_counter", params, sim, "tests.rtl.cocotb_perf_counter")

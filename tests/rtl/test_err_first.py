# SPDX-License-Identifier: Apache-2.0
"""err_first: its contract header is true."""

import pytest

from tests.rtl.dut import SIMS, check_module

PARAMS = [
    {"PORTS": 1, "SOURCES": 1, "CODES": 7},
    {"PORTS": 5, "SOURCES": 3, "CODES": 0x040503},
    {"PORTS": 32, "SOURCES": 2, "CODES": 0x02FF},
]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", PARAMS, ids=str)
def test_contract(params: dict[str, int], sim: str) -> None:
    """The first error stays until it is cleared; none counts outside a run."""
    check_module("err_first", params, sim, "tests.rtl.cocotb_err_first")

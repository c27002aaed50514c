# SPDX-License-Identifier: Apache-2.0
"""strm_upsize: its contract header is true."""

import pytest

from tests.rtl.dut import SIMS, check_module

PARAMS = [{"DATA_W": 8, "RATIO": 4}, {"DATA_W": 5, "RATIO": 3}, {"DATA_W": 64, "RATIO": 1}]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", PARAMS, ids=str)
def test_contract(params: dict[str, int], sim: str) -> None:
    """Order, latency, throughput, capacity, handshake rules and reset are as the header says."""
    check_module("strm_upsize", params, sim, "tests.rtl.cocotb_strm")

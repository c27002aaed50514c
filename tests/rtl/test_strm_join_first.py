# SPDX-License-Identifier: Apache-2.0
"""strm_join_first: its contract header is true."""

import pytest

from tests.rtl.dut import SIMS, check_module

PARAMS = [{"DATA_W": 8, "N": 1, "RUNS": 2}, {"DATA_W": 17, "N": 4, "RUNS": 4}]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", PARAMS, ids=str)
def test_contract(params: dict[str, int], sim: str) -> None:
    """Order, latency, throughput, capacity, handshake rules and reset are as the header says."""
    check_module("strm_join_first", params, sim, "tests.rtl.cocotb_strm_join_first")

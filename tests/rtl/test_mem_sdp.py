# SPDX-License-Identifier: Apache-2.0
"""mem_sdp and mem_ultra: their contract headers are true."""

import pytest

from tests.rtl.dut import SIMS, check_module

PARAMS = [{"DATA_W": 8, "DEPTH": 160}, {"DATA_W": 70, "DEPTH": 5}]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(
    ("module", "params"), [("mem_sdp", PARAMS[0]), ("mem_sdp", PARAMS[1]), ("mem_ultra", PARAMS[1])]
)
def test_contract(module: str, params: dict[str, int], sim: str) -> None:
    """Reads return the old word on a collision, one cycle later, and hold."""
    check_module(module, params, sim, "tests.rtl.cocotb_mem")

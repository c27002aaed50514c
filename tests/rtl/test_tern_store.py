# SPDX-License-Identifier: Apache-2.0
"""tern_store, with m2_store_taps and m2_store_order."""

import pytest

from tests.rtl.dut import SIMS, check_module

PARAMS = [{"WIDE_W": 512, "PORT_BYTES": 16, "DEPTH": 32}, {"WIDE_W": 2048, "PORT_BYTES": 64, "DEPTH": 16}]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", PARAMS, ids=str)
def test_contract(params: dict[str, int], sim: str) -> None:
    """Records, places of the cache and taps end up where they belong, and nothing beside them is written."""
    check_module("tern_store", params, sim, "tests.rtl.cocotb_tern_store")

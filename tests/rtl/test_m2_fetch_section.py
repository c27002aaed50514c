# SPDX-License-Identifier: Apache-2.0
"""m2_fetch_section: its contract header is true."""

import pytest

from tests.rtl.dut import SIMS, check_module


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", [{"PORT_BYTES": 32}, {"PORT_BYTES": 256}, {"PORT_BYTES": 2}], ids=str)
def test_contract(params: dict[str, int], sim: str) -> None:
    """Where the sections of jobs lie: regions and sections of any size, anywhere; resets at any point."""
    check_module("m2_fetch_section", params, sim, "tests.rtl.cocotb_m2_fetch_section")

# SPDX-License-Identifier: Apache-2.0
"""dut_drain: its contract header is true."""

import pytest

from tests.rtl.dut import SIMS, check_module

PARAMS = [{"PORT_W": 128, "SLOT_W": 32, "DATA_W": 17}, {"PORT_W": 128, "SLOT_W": 128, "DATA_W": 128}]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", PARAMS, ids=str)
def test_contract(params: dict[str, int], sim: str) -> None:
    """Just the stated beats, in their places, with both sides stalling or not; a run that is given up ends."""
    check_module("dut_drain", params, sim, "tests.rtl.cocotb_dut_streams")

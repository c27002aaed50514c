# SPDX-License-Identifier: Apache-2.0
"""m2_regs: its contract header is true; the laws stand in cocotb_m2_regs.py."""

import pytest

from tests.rtl.dut import SIMS, check_module

PARAMS = [
    {"PORTS": 2, "PORT_BYTES": 32, "ROWS": 4, "T_COLS": 4},
    {"PORTS": 32, "PORT_BYTES": 64, "ROWS": 32, "T_COLS": 1},
]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("params", "far"), [*zip(PARAMS, (False, True), strict=True)], ids=str)
def test_contract(params: dict[str, int], far: bool, sim: str) -> None:
    """Arguments, identity, counters, progress and errors are where the map has them, to the last bit."""
    check_module("m2_regs", params, sim, "tests.rtl.cocotb_m2_regs", far=far)

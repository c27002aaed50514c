# SPDX-License-Identifier: Apache-2.0
"""tern_accel_regs: its contract header is true; the laws stand in cocotb_m2_regs.py."""

import pytest

from tests.rtl.dut import SIMS, check_module

PARAMS = [
    {"PORTS": 4, "PORT_BYTES": 16, "ROWS": 8, "T_COLS": 16},
    {"PORTS": 32, "PORT_BYTES": 64, "ROWS": 256, "T_COLS": 4},
]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("params", "far"), [*zip(PARAMS, (False, True), strict=True)], ids=str)
def test_contract(params: dict[str, int], far: bool, sim: str) -> None:
    """Arguments, identity, counters, progress and errors are where the map has them, to the last bit."""
    check_module("tern_accel_regs", params, sim, "tests.rtl.cocotb_m2_regs", far=far)

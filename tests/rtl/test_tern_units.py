# SPDX-License-Identifier: Apache-2.0
"""The leaf units of tern_matvec, each against its golden function, on both simulators."""

import pytest

from harness.sim.runner import simulate
from tests.rtl.tern_bench import tern_sources

SIMS = ["verilator", pytest.param("icarus", marks=pytest.mark.icarus)]
UNITS = [
    pytest.param("tern_decode", {"N": 4}, id="decode"),
    pytest.param("tern_table", {"T_COLS": 1}, id="table1"),
    pytest.param("tern_table", {"T_COLS": 3}, id="table3"),
    pytest.param("tern_group", {"OUTS": 2, "T_COLS": 2}, id="group"),
    pytest.param("tern_acc", {"OUTS": 3, "IN_W": 13, "DEPTH": 8}, id="acc"),
    pytest.param("tern_xbuf", {"WIDE_W": 64, "P": 2, "DATA_W": 20, "SLOTS": 16}, id="xbuf"),
    pytest.param("tern_xbuf", {"WIDE_W": 32, "P": 1, "DATA_W": 32, "SLOTS": 64}, id="xbuf-block-ram"),
]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("unit", "params"), UNITS)
def test_unit(unit: str, params: dict[str, int], sim: str) -> None:
    """The unit obeys its header; the laws stand with the tests in cocotb_tern_units.py."""
    simulate(unit, tern_sources(), params, "tests.rtl.cocotb_tern_units", testcase=unit, sim=sim)  # type: ignore[arg-type]

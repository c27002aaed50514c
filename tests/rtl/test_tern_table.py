# SPDX-License-Identifier: Apache-2.0
"""tern_table on both simulators; its laws stand in cocotb_tern_units.py."""

import pytest

from tests.rtl.tern_bench import SIMS, simulate_unit

PARAMS = [
    pytest.param({"T_COLS": 1}, id="1"),
    pytest.param({"T_COLS": 3}, id="3"),
]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", PARAMS)
def test_tern_table(params: dict[str, int], sim: str) -> None:
    """Law: tables are golden's and change with a swap alone."""
    simulate_unit("tern_table", params, sim)

# SPDX-License-Identifier: Apache-2.0
"""tern_xbuf on both simulators; its laws stand in cocotb_tern_units.py."""

import pytest

from tests.rtl.tern_bench import SIMS, simulate_unit

PARAMS = [
    pytest.param({"WIDE_W": 64, "P": 2, "DATA_W": 20, "SLOTS": 16}, id="lutram"),
    pytest.param({"WIDE_W": 32, "P": 1, "DATA_W": 32, "SLOTS": 64}, id="block-ram"),
]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", PARAMS)
def test_tern_xbuf(params: dict[str, int], sim: str) -> None:
    """Law: slots come in order, once for each pass, none before it has arrived."""
    simulate_unit("tern_xbuf", params, sim)

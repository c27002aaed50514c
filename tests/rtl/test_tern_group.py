# SPDX-License-Identifier: Apache-2.0
"""tern_group on both simulators; its laws stand in cocotb_tern_units.py."""

import pytest

from tests.rtl.tern_bench import SIMS, simulate_unit

PARAMS = [
    pytest.param({"OUTS": 2, "T_COLS": 2}, id="2x2"),
]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", PARAMS)
def test_tern_group(params: dict[str, int], sim: str) -> None:
    """Law: sums are golden's, four cycles after the beat."""
    simulate_unit("tern_group", params, sim)

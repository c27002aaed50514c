# SPDX-License-Identifier: Apache-2.0
"""tern_acc on both simulators; its laws stand in cocotb_tern_units.py."""

import pytest

from tests.rtl.tern_bench import SIMS, simulate_unit

PARAMS = [
    pytest.param({"OUTS": 3, "IN_W": 13, "DEPTH": 8}, id="3x13x8"),
]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", PARAMS)
def test_tern_acc(params: dict[str, int], sim: str) -> None:
    """Law: sums start at a first term and grow by each further one."""
    simulate_unit("tern_acc", params, sim)

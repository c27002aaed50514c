# SPDX-License-Identifier: Apache-2.0
"""tern_decode on both simulators; its laws stand in cocotb_tern_units.py."""

import pytest

from tests.rtl.tern_bench import SIMS, simulate_unit

PARAMS = [
    pytest.param({"N": 4}, id="4"),
]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", PARAMS)
def test_tern_decode(params: dict[str, int], sim: str) -> None:
    """Law: every byte decodes to golden's signed indices."""
    simulate_unit("tern_decode", params, sim)

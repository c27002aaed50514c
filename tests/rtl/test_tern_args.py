# SPDX-License-Identifier: Apache-2.0
"""tern_args on both simulators; its laws stand in cocotb_tern_units.py."""

import pytest

from tests.rtl.tern_bench import SIMS, simulate_unit

PARAMS = [
    pytest.param({"PORTS": 2, "PORT_BYTES": 32, "T_COLS": 4, "X_SLOTS": 512, "P": 1, "RATIO": 2}, id="sim"),
    pytest.param({"PORTS": 1, "PORT_BYTES": 64, "T_COLS": 1, "X_SLOTS": 1024, "P": 2, "RATIO": 1}, id="sim512"),
]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", PARAMS)
def test_tern_args(params: dict[str, int], sim: str) -> None:
    """Law: the verdict is golden's argument_error, the counts are golden's tiling, three cycles after start."""
    simulate_unit("tern_args", params, sim)

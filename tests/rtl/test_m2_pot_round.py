# SPDX-License-Identifier: Apache-2.0
"""m2_pot_round: its contract header is true."""

import json
import random
from pathlib import Path

import pytest

from golden.fixed import quantize
from harness.sim.runner import derive_seed
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_data import groups

PARAMS = [
    {"IN_W": 32, "BITS": 8, "MAX_SHIFT": 15},
    {"IN_W": 24, "BITS": 16, "MAX_SHIFT": 15},
    {"IN_W": 16, "BITS": 16, "MAX_SHIFT": 15},
    {"IN_W": 40, "BITS": 4, "MAX_SHIFT": 31},
    {"IN_W": 8, "BITS": 4, "MAX_SHIFT": 1},
]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", PARAMS, ids=str)
def test_contract(params: dict[str, int], sim: str, tmp_path: Path) -> None:
    """q is golden's for elements of groups of every kind, under the shift that golden gives their group."""
    width, bits, max_shift = (params[key] for key in ("IN_W", "BITS", "MAX_SHIFT"))
    x = groups(random.Random(derive_seed("m2_pot_round")), 240, 4, width)
    pot = quantize(x, bits, 4, max_shift)
    columns = (x.flatten().tolist(), pot.shift.flatten().tolist(), pot.q.flatten().tolist())
    vectors = tmp_path / "vectors.json"
    vectors.write_text(
        json.dumps({"inputs": ["x", "shift"], "outputs": ["q"], "rows": list(zip(*columns, strict=True))})
    )
    check_module("m2_pot_round", params, sim, "tests.rtl.cocotb_function_unit", vectors)

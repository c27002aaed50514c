# SPDX-License-Identifier: Apache-2.0
"""m2_pot_shift: its contract header is true."""

import json
import random
from pathlib import Path

import pytest
import torch

from golden.fixed import limits
from golden.mamba2.integer import laws
from harness.sim.runner import derive_seed
from tests.rtl.dut import SIMS, check_module

PARAMS = [
    {"IN_W": 32, "SHIFT_W": 5, "FRAC": 16, "OUT_W": 38},
    {"IN_W": 16, "SHIFT_W": 6, "FRAC": 0, "OUT_W": 58},
    {"IN_W": 8, "SHIFT_W": 3, "FRAC": 2, "OUT_W": 13},
]
ROWS = 500


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", PARAMS, ids=str)
def test_contract(params: dict[str, int], sim: str, tmp_path: Path) -> None:
    """y = (x << shift) >> FRAC for every shift and the largest numbers whose result fits."""
    rng = random.Random(derive_seed("m2_pot_shift"))
    rows = []
    for k in range(ROWS):
        shift = k % (1 << params["SHIFT_W"])
        width = min(params["IN_W"], params["OUT_W"] + params["FRAC"] - shift, 62 - shift)
        if width < 2:
            continue
        low, high = limits(rng.choice((width, rng.randint(2, width))))
        x = rng.choice((low, high, rng.randint(low, high)))
        rows.append([x, shift, int(laws.shift(torch.tensor(x) << shift, params["FRAC"]))])
    path = tmp_path / "vectors.json"
    path.write_text(json.dumps({"inputs": ["x", "shift"], "outputs": ["y"], "rows": rows}))
    check_module("m2_pot_shift", params, sim, "tests.rtl.cocotb_function_unit", path)

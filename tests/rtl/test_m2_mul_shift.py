# SPDX-License-Identifier: Apache-2.0
"""m2_mul_shift: its contract header is true."""

import json
import random
from pathlib import Path

import pytest
import torch

from golden.fixed import limits
from golden.mamba2.integer import laws
from golden.mamba2.integer.profile import load
from harness.sim.runner import derive_seed
from tests.rtl.dut import SIMS, check_module

PROFILES = {
    "fastmamba-w8a8": {"A_W": 16, "B_W": 16, "SHIFT_W": 5, "FRAC": 16, "OUT_W": 38},
    "lightmamba-w4a4": {"A_W": 8, "B_W": 8, "SHIFT_W": 5, "FRAC": 11, "OUT_W": 29},
}
ROWS = 400


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("name", PROFILES)
def test_contract(name: str, sim: str, tmp_path: Path) -> None:
    """a << a_s times b << b_s is the law of dt B x of a profile, for numbers whose result fits into its width."""
    params, profile = PROFILES[name], load(name)
    rng = random.Random(derive_seed("m2_mul_shift"))
    (a_low, a_high), (b_low, b_high) = limits(params["A_W"]), limits(params["B_W"])
    low, high = limits(params["OUT_W"])
    rows: list[list[int]] = []
    while len(rows) < ROWS:
        a, b = rng.choice((a_low, a_high, rng.randint(a_low, a_high))), rng.choice((b_low, b_high, rng.randint(-9, 9)))
        a_s, b_s = rng.randint(0, 15), rng.randint(0, 15)
        y = int(laws.dt_b_x(torch.tensor(a) << a_s, torch.tensor(b) << b_s, profile))
        if low <= y <= high:
            rows.append([a, b, a_s + b_s, y])
    path = tmp_path / "vectors.json"
    path.write_text(json.dumps({"inputs": ["a", "b", "shift"], "outputs": ["y"], "rows": rows}))
    check_module("m2_mul_shift", params, sim, "tests.rtl.cocotb_function_unit", path)

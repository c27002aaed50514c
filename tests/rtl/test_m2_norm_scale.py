# SPDX-License-Identifier: Apache-2.0
"""m2_norm_scale: its contract header is true."""

import json
import random
from pathlib import Path

import pytest
import torch

from golden.fixed import limits, round_saturate
from harness.sim.runner import derive_seed
from tests.rtl.dut import SIMS, check_module

TABLE = {"X_W": 32, "M_W": 8, "LEFT": 5, "U_W": 26, "W_W": 16, "DROP": 8, "ROUND": 0, "OUT_W": 32}
ROOT = {"X_W": 24, "M_W": 16, "LEFT": 8, "U_W": 25, "W_W": 24, "DROP": 21, "ROUND": 1, "OUT_W": 24}
SMALL = {"X_W": 8, "M_W": 3, "LEFT": 0, "U_W": 6, "W_W": 5, "DROP": 0, "ROUND": 1, "OUT_W": 4}


def elements(rng: random.Random, params: dict[str, int], count: int, limited: bool = True) -> list[list[int]]:
    """Return (x, m, right, w), if `limited` with a u of at most U_W bits, at the ends of all of them and at random."""
    x_, u_, w_ = (limits(params[key]) for key in ("X_W", "U_W", "W_W"))
    found: list[list[int]] = []
    while len(found) < count:
        m = rng.choice(((1 << params["M_W"]) - 1, 0, 1, rng.getrandbits(params["M_W"])))
        right = rng.randrange(32)
        edge = (rng.choice(u_) << right >> params["LEFT"]) // max(m, 1)
        x = rng.choice((*x_, edge, edge + 1, edge - 1, rng.randint(*limits(rng.randint(1, params["X_W"])))))
        w = rng.choice((*w_, 1, -1, rng.randint(*w_)))
        u = ((x * m) << params["LEFT"]) >> right
        if x_[0] <= x <= x_[1] and (u_[0] <= u <= u_[1] or not limited):
            found.append([x, m, right, w])
    return found


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", [TABLE, ROOT, SMALL], ids=str)
def test_contract(params: dict[str, int], sim: str, tmp_path: Path) -> None:
    """y is the header's formula with golden's rounding and saturation, of which test_m2_norm makes golden's norms."""
    ins = elements(random.Random(derive_seed("m2_norm_scale")), params, 600)
    x, m, right, w = torch.tensor(ins).T
    wide = (((x * m) << params["LEFT"]) >> right) * w
    y, sat = round_saturate(wide, params["DROP"], params["OUT_W"], params["ROUND"])
    assert sat.any()
    rows = [[*row, out, 1] for row, out in zip(ins, y.tolist(), strict=True)]
    check(params, sim, tmp_path, ["y", "fits"], rows)


@pytest.mark.parametrize("params", [TABLE, SMALL], ids=str)
def test_fits(params: dict[str, int], tmp_path: Path) -> None:
    """fits says whether u has at most U_W bits."""
    low, high = limits(params["U_W"])
    ins = elements(random.Random(derive_seed("m2_norm_scale/fits")), params, 400, limited=False)
    us = [((x * m) << params["LEFT"]) >> right for x, m, right, _ in ins]
    fits = [int(low <= u <= high) for u in us]
    assert 0 < sum(fits) < len(fits)
    check(params, "verilator", tmp_path, ["fits"], [[*row, out] for row, out in zip(ins, fits, strict=True)])


def check(params: dict[str, int], sim: str, tmp_path: Path, outputs: list[str], rows: list[list[int]]) -> None:
    vectors = tmp_path / "vectors.json"
    vectors.write_text(json.dumps({"inputs": ["x", "m", "right", "w"], "outputs": outputs, "rows": rows}))
    check_module("m2_norm_scale", params, sim, "tests.rtl.cocotb_function_unit", vectors)

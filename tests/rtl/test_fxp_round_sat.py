# SPDX-License-Identifier: Apache-2.0
"""fxp_round_sat: its contract header is true."""

import json
import random
from pathlib import Path

import pytest
import torch

from golden.fixed import FLOOR, HALF_EVEN, HALF_UP, limits, round_saturate
from harness.sim.runner import derive_seed
from tests.rtl.dut import check_module

EXHAUSTIVE_W = 12  # bits; wider inputs get corners and random values
FORMATS = [  # IN_W, FRAC, OUT_W, ROUND, simulator
    (10, 5, 4, FLOOR, "verilator"),
    (10, 5, 4, HALF_UP, "verilator"),
    (10, 5, 4, HALF_EVEN, "verilator"),
    pytest.param(10, 5, 4, HALF_EVEN, "icarus", marks=pytest.mark.icarus),
    (8, 1, 7, HALF_EVEN, "verilator"),
    pytest.param(8, 7, 2, HALF_UP, "icarus", marks=pytest.mark.icarus),
    pytest.param(8, 0, 12, HALF_EVEN, "icarus", marks=pytest.mark.icarus),
    (40, 16, 16, HALF_EVEN, "verilator"),
    pytest.param(40, 16, 16, HALF_UP, "icarus", marks=pytest.mark.icarus),
]


def inputs(rng: random.Random, width: int, frac: int) -> list[int]:
    """Return every value of `width` bits, or corners, all ties near them, and random values of every magnitude."""
    low, high = limits(width)
    if width <= EXHAUSTIVE_W:
        return list(range(low, high + 1))
    half = 1 << frac >> 1
    corners = [c * (1 << k) + d for k in range(width) for c in (-1, 1) for d in (-half, -1, 0, 1, half)]
    spread = [rng.randint(-(1 << k), 1 << k) for k in range(width) for _ in range(40)]
    ties = [(rng.randint(-(1 << 18), 1 << 18) << frac) + half for _ in range(400)]
    return [low, high, *(v for v in corners + spread + ties if low <= v <= high)]


@pytest.mark.parametrize(("in_w", "frac", "out_w", "mode", "sim"), FORMATS)
def test_contract(in_w: int, frac: int, out_w: int, mode: int, sim: str, tmp_path: Path) -> None:
    """Every mode, tie and clamp equals golden.fixed.round_saturate, on all inputs up to 12 bits."""
    x = torch.tensor(inputs(random.Random(derive_seed("fxp_round_sat")), in_w, frac))
    y, sat = round_saturate(x, frac, out_w, mode)
    vectors = tmp_path / "vectors.json"
    vectors.write_text(json.dumps(torch.stack([x, y, sat.long()], dim=1).tolist()))
    params = {"IN_W": in_w, "FRAC": frac, "OUT_W": out_w, "ROUND": mode}
    check_module("fxp_round_sat", params, sim, "tests.rtl.cocotb_fxp", vectors)

# SPDX-License-Identifier: Apache-2.0
"""m2_silu: its contract header is true."""

import random
from pathlib import Path

import pytest
import torch

from golden.fixed import HALF_EVEN, HALF_UP, round_shift
from golden.fixed.sigmoid import silu
from harness.sim.runner import derive_seed
from tests.rtl import m2_lanes
from tests.rtl.dut import SIMS, check_module

PARAMS = [
    {"LANES": 3, "IN_W": 24, "IN_FRAC": 12, "OUT_W": 24, "OUT_FRAC": 12},
    {"LANES": 1, "IN_W": 18, "IN_FRAC": 16, "OUT_W": 12, "OUT_FRAC": 10},
    {"LANES": 2, "IN_W": 12, "IN_FRAC": 5, "OUT_W": 28, "OUT_FRAC": 20},
]


def ties(in_w: int, in_frac: int, drop: int) -> list[int]:
    """Return arguments whose product stands between two results, where half up differs from half to even."""
    x = torch.arange(-(1 << min(in_w, in_frac + 5) - 1), 1 << min(in_w, in_frac + 5) - 1)
    product = silu(x, in_frac, in_frac + 18)
    return x[round_shift(product, drop, HALF_UP) != round_shift(product, drop, HALF_EVEN)].tolist()[:40]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", PARAMS, ids=str)
def test_contract(params: dict[str, int], sim: str, tmp_path: Path) -> None:
    """Each lane is golden.fixed.sigmoid.silu: at both edges of every segment, around +-16, at ties, at the ends."""
    lanes, in_w, in_frac = params["LANES"], params["IN_W"], params["IN_FRAC"]
    edges = [k << (in_frac - 4) for k in range(-260, 261)]
    edges += ties(in_w, in_frac, in_frac + 18 - params["OUT_FRAC"])
    x = m2_lanes.arguments(random.Random(derive_seed("m2_silu")), in_w, edges, 300)
    x_ = torch.tensor(m2_lanes.beats(x, lanes))
    y = silu(x_, in_frac, params["OUT_FRAC"])
    vectors = m2_lanes.write(tmp_path / "vectors.json", x_, y, lanes, in_w, params["OUT_W"])
    check_module("m2_silu", params, sim, "tests.rtl.cocotb_stream_unit", vectors)

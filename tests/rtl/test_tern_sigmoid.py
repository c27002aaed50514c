# SPDX-License-Identifier: Apache-2.0
"""tern_sigmoid: its contract header is true."""

import json
import random
from pathlib import Path

import pytest
import torch

from golden.ternary.integer.functions import silu_product
from golden.ternary.integer.profile import load
from golden.ternary.integer.scale import Scale
from harness.sim.runner import derive_seed
from tests.rtl import m2_lanes
from tests.rtl.dut import SIMS, check_module
from tests.rtl.stream_vectors import pack
from tests.rtl.tern_gate_data import SUM_W, scale_word

PARAMS = [{"LANES": 3}]
UNIT = -27  # exponent at which a mantissa of 2^15 makes the sum itself the argument


def scales(rng: random.Random) -> list[tuple[int, int]]:
    """(m, e): 0, the ends of both, every shift that the product's bits allow."""
    ends = [(0, 0), (1 << 15, -512), (1 << 15, 511), (0xFFFF, -512), (0xFFFF, 511)]
    return ends + [(m, UNIT + d) for d in range(-30, 20) for m in (1 << 15, 0xFFFF, rng.randrange(1 << 15, 1 << 16))]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", PARAMS, ids=str)
def test_contract(params: dict[str, int], sim: str, tmp_path: Path) -> None:
    """Golden's sigmoid: at both ends of every segment, around +-16, at the extremes of sums and scales, for any."""
    rng, lanes = random.Random(derive_seed("tern_sigmoid")), params["LANES"]
    edges = m2_lanes.beats([(k << 8) + d for k in range(-258, 259) for d in (-1, 0, 1)], lanes)
    beats = [(1 << 15, UNIT, edges[i : i + lanes]) for i in range(0, len(edges), lanes)]
    for m, e in scales(rng):
        sums = m2_lanes.arguments(rng, SUM_W, [0], 0)
        beats += [(m, e, rng.sample(sums, lanes)) for _ in range(4)]
    rng.shuffle(beats)
    m, e, g = (torch.tensor(part) for part in zip(*beats, strict=True))
    total = g.abs().amax(-1)
    y = silu_product(g, torch.zeros_like(g), total, Scale(m, e), Scale(m, e), load())[2]
    rows = [[scale_word(m, e), pack(g, SUM_W), pack(out, 16)] for (m, e, g), out in zip(beats, y.tolist(), strict=True)]
    vectors = tmp_path / "vectors.json"
    vectors.write_text(json.dumps({"inputs": ["scale", "g"], "outputs": ["y"], "rows": rows}))
    check_module("tern_sigmoid", params, sim, "tests.rtl.cocotb_function_unit", vectors)

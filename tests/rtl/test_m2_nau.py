# SPDX-License-Identifier: Apache-2.0
"""m2_nau: its contract header is true."""

import random
from pathlib import Path

import pytest
import torch

from golden.fixed.nau import nau_exp, nau_softplus
from harness.sim.runner import derive_seed
from tests.rtl import m2_lanes
from tests.rtl.dut import SIMS, check_module

PARAMS = [
    {"SOFTPLUS": 0, "LANES": 2, "IN_W": 40, "IN_FRAC": 16, "OUT_W": 16, "OUT_FRAC": 14},
    {"SOFTPLUS": 1, "LANES": 3, "IN_W": 25, "IN_FRAC": 12, "OUT_W": 29, "OUT_FRAC": 16},
    {"SOFTPLUS": 1, "LANES": 1, "IN_W": 13, "IN_FRAC": 10, "OUT_W": 12, "OUT_FRAC": 6},
    {"SOFTPLUS": 0, "LANES": 1, "IN_W": 12, "IN_FRAC": 4, "OUT_W": 40, "OUT_FRAC": 30},
]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", PARAMS, ids=str)
def test_contract(params: dict[str, int], sim: str, tmp_path: Path) -> None:
    """Each lane is golden.fixed.nau: where exponent and segment change, around the ends, at random."""
    lanes, in_w, in_frac = params["LANES"], params["IN_W"], params["IN_FRAC"]
    rng = random.Random(derive_seed("m2_nau"))
    edges = [round(-eighth * 2**in_frac / 8 / 1.4375) for eighth in range(8 * 34)]
    edges += [-edge for edge in edges[:: 4 if params["SOFTPLUS"] else 1000]]
    x = m2_lanes.arguments(rng, in_w, edges, 300, greatest=None if params["SOFTPLUS"] else 0)
    x_ = torch.tensor(m2_lanes.beats(x, lanes))
    law = nau_softplus if params["SOFTPLUS"] else nau_exp
    y = law(x_, in_frac, params["OUT_FRAC"])
    vectors = m2_lanes.write(tmp_path / "vectors.json", x_, y, lanes, in_w, params["OUT_W"])
    check_module("m2_nau", params, sim, "tests.rtl.cocotb_stream_unit", vectors)

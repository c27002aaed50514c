# SPDX-License-Identifier: Apache-2.0
"""m2_lut_act: its contract header is true."""

import random
from pathlib import Path

import pytest
import torch

from golden.fixed.tables import ENTRIES, exp_table, lookup, silu_table, softplus_table
from harness.sim.runner import derive_seed
from tests.rtl import m2_lanes
from tests.rtl.dut import SIMS, check_module

PARAMS = [
    {"FUNCTION": 0, "LANES": 4, "IN_W": 32, "OUT_W": 18},
    {"FUNCTION": 1, "LANES": 3, "IN_W": 25, "OUT_W": 17},
    {"FUNCTION": 2, "LANES": 1, "IN_W": 16, "OUT_W": 24},
    {"FUNCTION": 2, "LANES": 8, "IN_W": 28, "OUT_W": 8},
]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", PARAMS, ids=str)
def test_contract(params: dict[str, int], sim: str, tmp_path: Path) -> None:
    """Each lane is golden.fixed.tables.lookup: in every entry, at both edges of many, beyond both ends."""
    lanes, in_w, out_w = params["LANES"], params["IN_W"], params["OUT_W"]
    table = (silu_table(), softplus_table(), exp_table())[params["FUNCTION"]]
    rng = random.Random(derive_seed("m2_lut_act"))
    entries = [table.alpha + (i << table.d) + rng.randrange(1 << table.d) for i in range(ENTRIES)]
    edges = [table.alpha + (i << table.d) for i in (0, 1, ENTRIES, *(rng.randrange(ENTRIES) for _ in range(60)))]
    x = m2_lanes.arguments(rng, in_w, edges, 200, greatest=0 if out_w == 8 else None)
    x += [value for value in entries if -(1 << in_w - 1) <= value < (1 << in_w - 1 if out_w > 8 else 1)]
    x_ = torch.tensor(m2_lanes.beats(x, lanes))
    vectors = m2_lanes.write(tmp_path / "vectors.json", x_, lookup(table, x_), lanes, in_w, out_w)
    check_module("m2_lut_act", params, sim, "tests.rtl.cocotb_stream_unit", vectors)

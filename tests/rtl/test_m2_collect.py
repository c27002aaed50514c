# SPDX-License-Identifier: Apache-2.0
"""m2_collect, with m2_narrow and m2_gather inside: sums to values, 8 rows of a token a beat."""

import random
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn.functional import pad

from golden.fixed import saturate
from golden.mamba2.integer.linear import scale
from harness.sim.runner import derive_seed
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_block_data import EMBED, HEAD, IN, OUT, write
from tests.rtl.m2_lanes import arguments
from tests.rtl.m2_linear_data import tile_beats
from tests.rtl.m2_matmul_data import Build, build, matrix, row_groups, store

SHIFTS = {"ROWS": 4, "T_COLS": 4, "T_PAR": 2, "CB": 1, "ACC_W": 43, "CHANNEL": 0, "VALUE_W": 32}
CHANNELS = {"ROWS": 16, "T_COLS": 8, "T_PAR": 4, "CB": 2, "ACC_W": 43, "CHANNEL": 1, "VALUE_W": 24}
SINGLE = {"ROWS": 1, "T_COLS": 4, "T_PAR": 4, "CB": 4, "ACC_W": 43, "CHANNEL": 1, "VALUE_W": 24}
WIDE = {"ROWS": 32, "T_COLS": 1, "T_PAR": 1, "CB": 1, "ACC_W": 43, "CHANNEL": 0, "VALUE_W": 32}
ROWS = {IN: 72, OUT: 40, HEAD: 29}
JOBS = [(IN, 3), (EMBED, 1), (OUT, 4), (IN, 1), (OUT, 2), (HEAD, 1), (HEAD, 1), (IN, 4), (EMBED, 2), (OUT, 1)]


def sums(rng: random.Random, tokens: int, m: int, params: Mapping[str, int]) -> Tensor:
    """Return sums [tokens, M] around which scaling goes wrong."""
    edges = [side << bits for side in (-1, 1) for bits in (params["VALUE_W"] + 9, params["VALUE_W"] + 11)]
    pool = arguments(rng, params["ACC_W"], edges, 60)
    return torch.tensor([[rng.choice(pool) for _ in range(m)] for _ in range(tokens)])


def job_beats(rng: random.Random, kind: int, tokens: int, params: Mapping[str, int], b: Build) -> dict[str, list[int]]:
    """Return the beats of one job's streams."""
    if kind == EMBED:
        return {"job": [kind]}
    m, p = ROWS[kind], b.profile
    layer, acc = matrix(rng, m, b.inputs, b), sums(rng, tokens, m, params)
    fracs = (p.y_frac, p.residual_frac) if kind == OUT else (p.residual_frac, p.proj_frac)
    y = saturate(scale(acc, layer, p, *fracs), params["VALUE_W"])
    parts = pad(acc, (0, -m % b.rows)).split(b.rows, dim=1)
    s = [beat for k, part in enumerate(parts) for beat in tile_beats(part, k == len(parts) - 1, params)]
    groups = [kind << 8 * params["VALUE_W"] | beat for beat in row_groups(y, params["VALUE_W"])]
    return {"job": [kind], "s": s, "r": store(layer, b).records, "m": groups}


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", [SHIFTS, CHANNELS, SINGLE, WIDE], ids=str)
def test_values(params: dict[str, int], sim: str, tmp_path: Path) -> None:
    """Every value is golden's, in its group and of its token, for any number of tokens; padding groups are dropped."""
    rng = random.Random(derive_seed("m2_collect"))
    weight_bits = 8 if params["CHANNEL"] else 4
    width = params["ROWS"] * 16 * weight_bits
    b = build({"PROFILE": params["CHANNEL"], "WIDE_W": width, "INPUTS": 16})
    streams: dict[str, list[int]] = {key: [] for key in ("job", "s", "r", "m")}
    for kind, tokens in JOBS:
        for key, beats in job_beats(rng, kind, min(tokens, params["T_COLS"]), params, b).items():
            streams[key] += beats
    groups = max(params["ROWS"] // 8, 1)
    last = {kind: (-(-m // 8) - 1) % groups for kind, m in ROWS.items()}
    config = {"c_last_in": last[IN], "c_last_out": last[OUT], "c_last_head": last[HEAD]}
    sinks = {"m": streams.pop("m")}
    path = write(tmp_path / "vectors.json", streams, sinks, config)
    check_module("m2_collect", params, sim, "tests.rtl.cocotb_m2_block", path)

# SPDX-License-Identifier: Apache-2.0
"""tern_gates: products of gate and up are golden's by both laws, from sums that come by rows."""

import random
from pathlib import Path

import pytest
import torch

from golden.ternary.integer.functions import silu_product, squared_relu
from golden.ternary.integer.profile import load
from golden.ternary.integer.scale import Scale
from harness.sim.runner import derive_seed
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_block_data import write
from tests.rtl.stream_vectors import pack

P = load()
JOBS = ((5, 3), (1, 7), (2, 4), (5, 1))
"""Tokens, groups of 8 rows."""


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("silu", [False, True], ids=["relu2", "silu"])
def test_block(silu: bool, sim: str, tmp_path: Path) -> None:
    """Jobs of one token and of as many as there may be, sums up to their token's total; a product in two cycles."""
    rng = random.Random(derive_seed(f"tern_gates/{silu}"))
    s, g, m = [], [], []
    for tokens, groups in JOBS:
        total = torch.tensor([rng.randint(1, 1 << rng.randint(1, 19)) for _ in range(tokens)])
        gate, up = (
            torch.tensor([[rng.randint(-b, b) for _ in range(8 * groups)] for b in total.tolist()]) for _ in "gu"
        )
        scale = Scale(
            torch.tensor([rng.randint(1 << 15, (1 << 16) - 1) for _ in range(tokens)]),
            torch.randint(-40, -20, (tokens,)),
        )
        if silu:
            h = silu_product(gate, up, total, scale, scale, P)[0]
            drops = [max(0, 2 * t.bit_length() - 16) for t in total.tolist()]
        else:
            h = squared_relu(gate, up, total, scale, scale)[0]
            drops = [max(0, 3 * t.bit_length() - 31) for t in total.tolist()]
        words = [
            drop << 32 | (e & 1023) << 16 | mantissa
            for drop, e, mantissa in zip(drops, scale.e.tolist(), scale.m.tolist(), strict=True)
        ]
        for group in range(groups):
            for x in (gate, up):
                rows = [pack(x[t, 8 * group : 8 * group + 8].tolist(), 21) for t in range(tokens)]
                s += [*rows[:-1], rows[-1] | 1 << 168]
            g += words
            m += [pack(h[t, 8 * group : 8 * group + 8].tolist(), 32) for t in range(tokens)]
    path = write(
        tmp_path / "vectors.json",
        {"s": s, "g": g},
        {"m": m},
        {},
        steady=[["m", 0, len(m) - 1, len(m) + 8 * len(JOBS)]],
        latency=[["s", 2 * JOBS[0][0] - 1, "m", JOBS[0][0] - 1, 24 + 2 * JOBS[0][0]]],
        waits=["m"],
    )
    check_module("tern_gates", {"SIGMOID": int(silu), "T_COLS": 5}, sim, "tests.rtl.cocotb_m2_block", path)

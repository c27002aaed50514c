# SPDX-License-Identifier: Apache-2.0
"""tern_logits: sums times the scales of rows and tokens are golden's logits, at the ends of all formats."""

import random
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from torch import Tensor

from golden.fixed import limits, saturate
from golden.ternary.integer.model import Rows
from golden.ternary.integer.profile import load
from golden.ternary.integer.scale import Scale, apply
from harness.sim.runner import derive_seed
from tests.rtl.contract import contract
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_block_data import write
from tests.rtl.tern_gate_data import scale_word
from tests.rtl.tern_head_data import grouped, scale_beats, some_scales

SUM_W = 27
CASES = [  # parameters, tokens, fraction bits
    ({"LANES": 1, "T_COLS": 4}, 3, 12),
    ({"LANES": 8, "T_COLS": 4}, 4, 12),
    ({"LANES": 2, "T_COLS": 1}, 1, 0),
    ({"LANES": 4, "T_COLS": 3}, 2, 24),
]
VOCABULARIES = 40, 8, 27, 3
FAR = -80, 79
"""Exponents of rows at their ends; of tokens, less so that the sum fits."""


@dataclass(frozen=True)
class Job:
    """Sums [T, V] with the scales of rows [V] and tokens [T]."""

    sums: Tensor
    row: Scale
    token: Scale

    def logits(self, frac: int) -> Tensor:
        """As golden's head has them."""
        e = self.token.e[:, None] + self.row.e
        return saturate(apply(self.sums * self.row.m, Scale(self.token.m[:, None], e), frac), load().logit_bits)


def some_job(rng: random.Random, vocab: int, tokens: int, frac: int) -> Job:
    """Ends of all formats, and mostly what leaves some of a product."""
    low, high = limits(SUM_W)
    kinds = [(low, high, 0, -1, 1, rng.randint(low, high), rng.randint(-99, 99)) for _ in range(tokens * vocab)]
    sums = torch.tensor([rng.choice(kind) for kind in kinds]).reshape(tokens, vocab)
    row, token = some_scales(rng, vocab, -20), some_scales(rng, tokens, -18 - frac)
    for scale, ends in ((row, FAR), (token, (-256, 255))):
        at = rng.randrange(len(scale.m))
        scale.e[at] = rng.choice(ends) if rng.random() < 0.5 and scale.m[at] else scale.e[at]
    return Job(sums, row, token)


def run(name: str, tokens: int, frac: int) -> list[Job]:
    """Jobs of several vocabularies."""
    rng = random.Random(derive_seed(f"tern_logits/{name}"))
    return [some_job(rng, vocab, tokens, frac) for vocab in VOCABULARIES]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("params", "tokens", "frac"), CASES)
def test_block(params: dict[str, int], tokens: int, frac: int, sim: str, tmp_path: Path) -> None:
    """Job after job, each with its tokens' scales: LANES logits a cycle, as late as the header says."""
    jobs = run(str(params), tokens, frac)
    of_tokens, r, s, m = (list[int]() for _ in range(4))
    for job in jobs:
        of_tokens += map(scale_word, job.token.m.tolist(), job.token.e.tolist())
        r += scale_beats(Rows(job.sums, job.row))
        s += grouped(job.sums, SUM_W)
        m += grouped(job.logits(frac), 32)
    late, parts = int(contract("tern_logits").value("Latency", params) or 0), 8 // params["LANES"]
    first = tokens * VOCABULARIES[0] // 8
    path = write(
        tmp_path / "vectors.json",
        {"l": of_tokens, "r": r, "s": s},
        {"m": m},
        {"c_batch": tokens, "c_frac": frac},
        steady=[["m", 0, first - 1, (parts - 1) * (first - 1)]],
        latency=[["s", k, "m", k, late] for k in range(1, first)],
        waits=["m"],
    )
    check_module("tern_logits", params, sim, "tests.rtl.cocotb_m2_block", path)


def test_stimuli_reach_both_ends() -> None:
    """Logits saturate upwards and downwards, and many do not."""
    low, high = limits(load().logit_bits)
    found = [job.logits(frac) for params, tokens, frac in CASES for job in run(str(params), tokens, frac)]
    y = torch.cat([each.flatten() for each in found])
    for kind in (y == high, y == low, (y > low) & (y < high) & (y.abs() > 99)):
        assert int(kind.sum()) > 20

# SPDX-License-Identifier: Apache-2.0
"""attn_weight: its contract header is true."""

import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch
from torch import Tensor

from golden.ternary.integer import profile
from golden.ternary.integer.functions import exponentials
from harness.sim.runner import derive_seed
from tests.rtl.contract import contract
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_block_data import write
from tests.rtl.stream_vectors import pack

SCORE, FRAC, TOP = 20, 10, 10
NONE = (-1 << TOP - 1, -1 << TOP)
"""Both maxima of a row that is not there."""
CASES = [  # parameters, rows of each head
    ({"WIDE_W": 512, "Q_PAR": 2, "GROUPS_MAX": 4}, (1, 8, 7, 2)),
    ({"WIDE_W": 1024, "Q_PAR": 4, "GROUPS_MAX": 1}, (4, 1, 3)),
    ({"WIDE_W": 256, "Q_PAR": 1, "GROUPS_MAX": 3}, (3, 1, 2)),
]
TILES = (30, 1, 7, 2, 1, 3, 1)
"""Position tiles of each head."""


def scores(rng: random.Random, kind: int, count: int) -> list[int]:
    """Return scores: all at an end, near each other, around a whole number, or any."""
    low, high = -1 << SCORE - 1, (1 << SCORE - 1) - 1
    if kind == 0:
        return [rng.choice((low, high)) for _ in range(count)]
    middle = rng.randint(low, high) >> FRAC << FRAC
    span = (1, 1 << FRAC, 30 << FRAC, high)[kind % 4]
    return [min(max(middle + rng.randint(-span, span), low), high) for _ in range(count)]


@dataclass
class Run:
    """The beats of all streams, for parameters of the unit."""

    params: dict[str, int]
    rng: random.Random
    beats: dict[str, list[int]] = field(default_factory=lambda: {p: [] for p in ("s_top", "s", "m", "m_z")})

    def head(self, rows: int, tiles: int, kind: int) -> None:
        """A head of `rows` rows and `tiles` position tiles; what is not seen may be anything."""
        rng, par, pos = self.rng, self.params["Q_PAR"], self.params["WIDE_W"] // 256
        count = tiles * pos
        padded = -(-rows // par) * par
        t = torch.tensor([scores(rng, kind, count) for _ in range(padded)])
        ends = (-128, 127) if kind == 0 else (-128, 127, 0, -40, -41)
        e = torch.tensor([rng.choice(ends) if rng.random() < 0.3 else rng.randint(-60, -30) for _ in range(count)])
        share = rng.choice((0.1, 0.5, 1.0))
        seen = torch.tensor([[rng.random() < share for _ in range(count)] for _ in range(rows)])
        seen[torch.arange(rows), torch.tensor([rng.randrange(count) for _ in range(rows)])] = True
        z, top = exponentials(t[:rows], torch.zeros_like(e), seen, profile.load())
        w, both = exponentials(t[:rows], e, seen, profile.load())
        more = padded - rows
        none = torch.zeros(more, count, dtype=torch.int64)
        self.tops(torch.cat([top, torch.full((more,), NONE[0])]), torch.cat([both, torch.full((more,), NONE[1])]))
        for a, b, total in zip(top.tolist(), both.tolist(), z.sum(-1).tolist(), strict=True):
            self.beats["m_z"].append((b - a & 255) << 36 | total)
        self.tiles(t, torch.cat([seen, none.bool()]), e, torch.cat([w, none]), rows)

    def tops(self, top: Tensor, both: Tensor) -> None:
        """Beats of maxima."""
        par = self.params["Q_PAR"]
        for g in range(0, len(top), par):
            pairs = zip(top[g : g + par].tolist(), both[g : g + par].tolist(), strict=True)
            words = [b << TOP | a & (1 << TOP) - 1 for a, b in pairs]
            self.beats["s_top"].append(pack(words, 2 * TOP + 1) | (g + par == len(top)) << par * (2 * TOP + 1))

    def tiles(self, t: Tensor, seen: Tensor, e: Tensor, w: Tensor, rows: int) -> None:
        """Beats of scores, and those of weights."""
        par, pos = self.params["Q_PAR"], self.params["WIDE_W"] // 256
        n, rows_w = par * pos, max(1, (par - 1).bit_length())
        for p in range(0, t.shape[1], pos):
            for g in range(0, len(t), par):
                at = slice(g, g + par), slice(p, p + pos)
                last = g + par == len(t), p + pos == t.shape[1]
                lists = ((t[at], SCORE), (seen[at], 1), (e[at[1]], 8))
                beat = shift = 0
                for values, bits in lists:
                    beat |= pack(values.flatten().tolist(), bits) << shift
                    shift += values.numel() * bits
                self.beats["s"].append(beat | last[0] << shift | last[1] << shift + 1)
                there = min(rows - g, par) - 1
                marks = there | last[0] << rows_w | last[1] << rows_w + 1
                self.beats["m"].append(pack(w[at].flatten().tolist(), 24) | marks << n * 24)


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("params", "rows"), CASES, ids=str)
def test_contract(params: dict[str, int], rows: tuple[int, ...], sim: str, tmp_path: Path) -> None:
    """Golden's exponentials of each row and position and their exact sum, for scores and exponents at their ends and
    any, whatever is not seen; a beat a cycle within a head, as late as the header says.
    """
    run = Run(params, random.Random(derive_seed(f"attn_weight/{params}")))
    for k, tiles in enumerate(TILES):
        run.head(rows[k % len(rows)], tiles, k % 4)
    groups = -(-rows[0] // params["Q_PAR"])
    first = TILES[0] * groups  # beats of the first head
    stated = int(contract("attn_weight").value("Latency", params) or 0)
    levels = (params["WIDE_W"] // 256 - 1).bit_length()
    path = write(
        tmp_path / "vectors.json",
        {p: run.beats[p] for p in ("s_top", "s")},
        {p: run.beats[p] for p in ("m", "m_z")},
        {},
        steady=[["s", 0, first - 1, 0]],
        latency=[["s", k, "m", k, stated] for k in range(first)] + [["s", first - groups, "m_z", 0, 9 + levels]],
        waits=["m", "m_z"],
    )
    check_module("attn_weight", params, sim, "tests.rtl.cocotb_m2_block", path)

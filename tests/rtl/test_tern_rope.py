# SPDX-License-Identifier: Apache-2.0
"""tern_rope: heads leave rotated as golden has them, in their own order, with the angles that their chunk brought."""

import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch
from torch import Tensor

from golden.ternary.integer.functions import rotate
from golden.ternary.integer.profile import load
from golden.ternary.integer.widths import BUILD, derive
from harness.sim.runner import derive_seed
from tests.rtl.contract import contract
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_block_data import write
from tests.rtl.stream_vectors import pack

PROFILE = load()
SUM_W, ANGLE_W, LANES = 21, 16, 8
WIDTHS = {row.name: row for row in derive(PROFILE, *BUILD)}
Y_W, MOST = WIDTHS["q_rotated"].bits, WIDTHS["q_proj"].high
ONE = 1 << PROFILE.rope_frac


@dataclass(frozen=True)
class Job:
    """Neighbouring heads of some tokens; a fresh one brings the angles of its slot."""

    heads: int
    tokens: int
    turn: bool = True
    fresh: bool = False
    slot: int = 0

    @property
    def word(self) -> int:
        return self.tokens - 1 | self.turn << 8 | self.fresh << 9 | self.slot << 10 | self.heads - 1 << 11


Q, K, V = Job(3, 2, fresh=True), Job(1, 2), Job(2, 2, turn=False)
TWO = (Job(2, 1, fresh=True, slot=1), Job(1, 4, fresh=True), Job(1, 1, slot=1), Job(1, 4), Job(1, 4, turn=False))
ONE_TOKEN = (Job(3, 1, fresh=True), Job(2, 1), Job(1, 1, turn=False)) * 2
CASES = [  # parameters, width of a head, jobs
    ({"P_MAX": 32, "T_COLS": 1, "SLOTS": 1}, 32, ONE_TOKEN),
    ({"P_MAX": 32, "T_COLS": 2, "SLOTS": 1}, 16, (*ONE_TOKEN, Job(3, 2, fresh=True), Job(1, 2), *ONE_TOKEN)),
    ({"P_MAX": 128, "T_COLS": 2, "SLOTS": 1}, 96, (Q, K, V, Q)),
    ({"P_MAX": 128, "T_COLS": 4, "SLOTS": 2}, 128, TWO),
]


def some_sums(rng: random.Random, tokens: int, heads: int, width: int) -> Tensor:
    """Sums [tokens, heads, width]: at the ends, or any of any length."""
    ends = rng.random() < 0.3
    count = tokens * heads * width
    x = [rng.choice((MOST, -MOST)) if ends else rng.randint(-MOST, MOST) >> rng.randint(0, 19) for _ in range(count)]
    return torch.tensor(x).reshape(tokens, heads, width)


def some_angles(rng: random.Random, tokens: int, pairs: int) -> tuple[Tensor, Tensor]:
    """Cosine and sine [tokens, pairs]: of angles, or both at their ends, which no angle has."""
    if rng.random() < 0.5:
        ends = torch.tensor([[rng.choice((ONE, -ONE, 0)) for _ in range(2 * pairs)] for _ in range(tokens)])
        return ends[:, :pairs], ends[:, pairs:]
    angles = torch.tensor([[rng.uniform(-7, 7) for _ in range(pairs)] for _ in range(tokens)])
    return (angles.cos() * ONE).round().long(), (angles.sin() * ONE).round().long()


def beats(values: Tensor, width: int) -> list[int]:
    """Values [..., 8 n] as beats of 8, in order."""
    return [pack(beat, width) for beat in values.reshape(-1, LANES).tolist()]


@dataclass
class Run:
    """The beats of all streams, and the angles of each slot."""

    width: int
    rng: random.Random
    streams: dict[str, list[int]] = field(default_factory=lambda: {p: [] for p in ("job", "a", "s", "m")})
    angles: dict[int, tuple[Tensor, Tensor]] = field(default_factory=dict)

    def do(self, job: Job) -> None:
        put, pairs = self.streams, self.width // 2
        put["job"].append(job.word)
        if job.fresh:
            cos, sin = self.angles[job.slot] = some_angles(self.rng, job.tokens, pairs)
            rows = zip(beats(cos, ANGLE_W), beats(sin, ANGLE_W), strict=True)
            put["a"] += [c | s << LANES * ANGLE_W for c, s in rows]
        x = some_sums(self.rng, job.tokens, job.heads, self.width)
        by_rows = x.reshape(job.tokens, job.heads, -1, LANES).permute(1, 2, 0, 3)  # heads, groups, tokens
        put["s"] += beats(by_rows, SUM_W)
        y = rotate(x, *self.angles[job.slot], PROFILE) if job.turn else x << PROFILE.rope_guard
        out = beats(y.transpose(0, 1), Y_W)
        groups = self.width // LANES
        put["m"] += [beat | (k % groups == groups - 1) << LANES * Y_W for k, beat in enumerate(out)]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("params", "width", "jobs"), CASES, ids=["one token", "narrowest", "96 of 128", "two slots"])
def test_block(params: dict[str, int], width: int, jobs: tuple[Job, ...], sim: str, tmp_path: Path) -> None:
    """Golden's rotation, at the ends of sums and angles; values pass, times 16. A beat a cycle from head to head."""
    rng = random.Random(derive_seed(f"tern_rope/{params}"))
    run = Run(width, rng)
    for job in jobs:
        run.do(job)
    first = jobs[0].heads * jobs[0].tokens * width // LANES
    head = jobs[0].tokens * width // LANES
    latency = int(contract("tern_rope").value("Latency", params) or 0)
    path = write(
        tmp_path / "vectors.json",
        {p: run.streams[p] for p in ("job", "a", "s")},
        {"m": run.streams["m"]},
        {"c_pairs": width // 16},
        steady=[["s", 0, first - 1, 0], ["m", 0, first - 1, 0]],
        latency=[["s", (k + 1) * head - 1, "m", k * head, latency] for k in range(jobs[0].heads)],
        waits=["m"],
    )
    check_module("tern_rope", params, sim, "tests.rtl.cocotb_m2_block", path)

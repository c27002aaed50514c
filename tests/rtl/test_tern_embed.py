# SPDX-License-Identifier: Apache-2.0
"""tern_embed: rows of golden's embedding with their scales, and angles of positions, out of their wide beats."""

import random
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch

from golden.ternary.accel.layout import PAIRS, angle_rows, row_place, rows_section, scaled_rows
from harness.sim.runner import derive_seed
from tests.rtl.contract import contract
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_block_data import write
from tests.rtl.stream_vectors import pack
from tests.rtl.tern_gate_data import scale_word
from tests.rtl.tern_head_data import machine, numbers, some_rows

CASES = [  # bits of a wide beat, vocabulary, D, P, tokens of the jobs
    (512, 40, 64, 96, (3, 1, 2)),
    (512, 17, 32, 128, (4, 1)),
    (4096, 300, 96, 96, (2, 3)),
    (256, 20, 64, 32, (2, 12)),
]
POSITIONS = 24
PACE = 12
"""Cycles between beats of e where its latency is measured, more than it takes to read one out."""


@dataclass
class Run:
    """The beats of all streams: of each job the rows of its tokens, then their angles."""

    wide_w: int
    rng: random.Random
    streams: dict[str, list[int]] = field(default_factory=lambda: {p: [] for p in ("e", "m", "a")})

    def beat(self, kind: int, index: int, beat: int) -> None:
        self.streams["e"].append(beat | index << self.wide_w | kind << self.wide_w + 16)

    def jobs(self, vocab: int, width: int, head: int, tokens: tuple[int, ...]) -> None:
        """Rows of any tokens, the last one too, and angles of any positions."""
        wide, rng = machine(self.wide_w), self.rng
        rows = some_rows(rng, vocab, width)
        stored = numbers(rows_section(rows, wide))
        ends = (-(1 << 14), 1 << 14, *range(-99, 99))
        rope = torch.tensor(rng.choices(ends, k=POSITIONS * head), dtype=torch.int16)
        cos, sin = rope.reshape(2, POSITIONS, -1)
        angles = angle_rows(SimpleNamespace(rope=(cos, sin)), wide)  # type: ignore[arg-type]
        angles = angles.reshape(POSITIONS, -1, wide.wide_bytes)
        for count in tokens:
            for token in (vocab - 1, *rng.choices(range(vocab), k=count - 1)):
                scale, first, row = row_place(token, width, wide)
                self.beat(0, token % scaled_rows(wide), stored[scale])
                for tile in range(width // 32):
                    self.beat(1, row, stored[first + tile])
                side = scale_word(int(rows.scale.m[token]), int(rows.scale.e[token])) << 64
                self.streams["m"] += [pack(q, 8) | side for q in rows.w[token].reshape(-1, 8).tolist()]
            for at in rng.choices(range(POSITIONS), k=count):
                for beat in numbers(angles[at]):
                    self.beat(2, rng.getrandbits(16), beat)
                for pair in range(0, head // 2, PAIRS):
                    both = [*cos[at, pair : pair + PAIRS].tolist(), *sin[at, pair : pair + PAIRS].tolist()]
                    self.streams["a"].append(pack(both, 16))


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("wide_w", "vocab", "width", "head", "tokens"), CASES)
def test_block(
    wide_w: int, vocab: int, width: int, head: int, tokens: tuple[int, ...], sim: str, tmp_path: Path
) -> None:
    """Rows anywhere in a tile, scales anywhere in a beat, positions that end within a beat; 8 elements a cycle."""
    run = Run(wide_w, random.Random(derive_seed(f"tern_embed/{wide_w}/{width}/{head}")))
    run.jobs(vocab, width, head, tokens)
    rows, parts = tokens[0] * width // 8, tokens[0] * head // 16
    latency = int(contract("tern_embed").value("Latency", {}) or 0)
    path = write(
        tmp_path / "vectors.json",
        {"e": run.streams["e"]},
        {p: run.streams[p] for p in ("m", "a")},
        {"c_pairs": head // 16},
        steady=[["m", 0, rows - 1, 0], ["a", 0, parts - 1, 0]],
        latency=[["e", 1, "m", 0, latency], ["e", tokens[0] * (1 + width // 32), "a", 0, latency - 1]],
        pace={"e": PACE},
        waits=["m", "a"],
    )
    check_module("tern_embed", {"WIDE_W": wide_w}, sim, "tests.rtl.cocotb_m2_block", path)

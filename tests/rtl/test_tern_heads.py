# SPDX-License-Identifier: Apache-2.0
"""tern_heads: sums of q, k and v leave as golden's int8 heads, queries as rows."""

import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn.functional import pad

from golden.ternary.integer.functions import quantize_heads, rotate, rows_of
from golden.ternary.integer.profile import load
from golden.ternary.integer.scale import Scale
from harness.sim.runner import derive_seed
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_block_data import HEAD, IN, OUT, Job, write
from tests.rtl.stream_vectors import pack

P = load()
CASES = [  # parameters, KV heads, query heads of each, width, tokens of the chunks
    ({"P_MAX": 32, "T_COLS": 4, "Q_PAR": 2, "WORDS": 16}, 2, 3, 32, (4, 1, 3)),
    ({"P_MAX": 128, "T_COLS": 1, "Q_PAR": 4, "WORDS": 16}, 1, 2, 96, (1, 1)),
]


@dataclass
class Run:
    """The beats of all streams."""

    params: dict[str, int]
    kv_heads: int
    share: int
    width: int
    rng: random.Random
    sources: dict[str, list[int]] = field(default_factory=lambda: {name: [] for name in ("job", "s", "a", "t")})
    sinks: dict[str, list[int]] = field(default_factory=lambda: {name: [] for name in ("m_q", "m_row", "m_kv")})

    def chunk(self, tokens: int) -> None:
        """Two layers of some tokens, which have their angles from the first one."""
        angles = torch.tensor([[self.rng.uniform(-7, 7) for _ in range(self.width // 2)] for _ in range(tokens)])
        cos, sin = ((x * (1 << P.rope_frac)).round().long() for x in (angles.cos(), angles.sin()))
        for row in zip(cos.reshape(-1, 8).tolist(), sin.reshape(-1, 8).tolist(), strict=True):
            self.sources["a"].append(pack(row[0], 16) | pack(row[1], 16) << 128)
        for layer in range(4):
            self.sources["job"] += [Job(IN, tokens, layer=layer).word, Job(OUT, tokens, layer=layer).word]
            if layer % 2 == 0:
                self.layer(tokens, cos, sin)
        self.sources["job"].append(Job(HEAD, tokens).word)

    def layer(self, tokens: int, cos: Tensor, sin: Tensor) -> None:
        q8, q_exp = self.heads(tokens, self.kv_heads * self.share, (cos, sin))
        for row, exponents in zip(*rows_of(q8, q_exp, self.kv_heads), strict=True):
            self.rows(row, exponents.tolist(), tokens)
        for turn in ((cos, sin), None):
            x, e = self.heads(tokens, self.kv_heads, turn)
            for head in range(self.kv_heads):
                for token in range(tokens):
                    beats = [pack(part, 8) for part in x[token, head].reshape(-1, 8).tolist()]
                    exponent = (int(e[token, head]) & 255) << 64
                    self.sinks["m_kv"] += [b | exponent | (k + 1 == len(beats)) << 72 for k, b in enumerate(beats)]

    def heads(self, tokens: int, count: int, turn: tuple[Tensor, Tensor] | None) -> tuple[Tensor, Tensor]:
        """Sums of some heads and their scales, which go in; what the quantizer makes of them."""
        bits = [self.rng.randint(1, 18) for _ in range(tokens * count)]
        x = torch.tensor([[self.rng.randint(-(1 << b), 1 << b) for _ in range(self.width)] for b in bits])
        x = x.reshape(tokens, count, self.width)
        mantissas = torch.tensor([self.rng.randint(1 << 15, (1 << 16) - 1) for _ in range(tokens)])
        scale = Scale(mantissas, torch.tensor([self.rng.randint(-40, -20) for _ in range(tokens)]))
        words = [(e & 1023) << 16 | m for m, e in zip(scale.m.tolist(), scale.e.tolist(), strict=True)]
        self.sources["t"] += words * count
        by_rows = x.reshape(tokens, -1, 8).transpose(0, 1).reshape(-1, 8)
        self.sources["s"] += [pack(beat, 21) for beat in by_rows.tolist()]
        return quantize_heads(rotate(x, *turn, P) if turn else x << P.rope_guard, scale, 8, P)

    def rows(self, row: Tensor, exponents: list[int], tokens: int) -> None:
        q_par, c_w = self.params["Q_PAR"], max(1, (self.params["T_COLS"] - 1).bit_length())
        missing = -len(row) % q_par
        row = pad(row, (0, 0, 0, missing))
        words = [(e & 255) | k % tokens << 8 | 1 << 8 + c_w for k, e in enumerate(exponents)] + [0] * missing
        for s in range(0, self.width, 32):
            for g in range(0, len(row), q_par):
                marks = (g + q_par == len(row)) | (s + 32 == self.width) << 1
                part = row[g : g + q_par, s : s + 32].flatten().tolist()
                self.sinks["m_q"].append(pack(part, 8) | marks << q_par * 256)
        for g in range(0, len(words), q_par):
            last = g + q_par == len(words)
            self.sinks["m_row"].append(pack(words[g : g + q_par], 9 + c_w) | last << q_par * (9 + c_w))


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("params", "kv_heads", "share", "width", "tokens"), CASES, ids=["32", "96"])
def test_block(
    params: dict[str, int], kv_heads: int, share: int, width: int, tokens: tuple[int, ...], sim: str, tmp_path: Path
) -> None:
    """Chunks of several sizes, two layers each."""
    run = Run(params, kv_heads, share, width, random.Random(derive_seed(f"tern_heads/{params}")))
    for count in tokens:
        run.chunk(count)
    static = {
        "c_q_heads": kv_heads * share,
        "c_heads": kv_heads,
        "c_share": share,
        "c_pairs": width // 16,
        "c_slices": width // 32,
    }
    path = write(tmp_path / "vectors.json", run.sources, run.sinks, static, waits=["m_q", "m_row", "m_kv"])
    check_module("tern_heads", params, sim, "tests.rtl.cocotb_m2_block", path)

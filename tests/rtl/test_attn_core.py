# SPDX-License-Identifier: Apache-2.0
"""attn_core, attn_turn: attention of whole jobs is golden's, between products of the head on the same multipliers."""

import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn.functional import pad

from golden.ternary.integer.attention import Part, attend, products
from golden.ternary.integer.model import LayerCache
from golden.ternary.integer.profile import load
from golden.ternary.integer.taps import Tap
from golden.ternary.integer.widths import BUILD, derive
from harness.sim.runner import derive_seed
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_block_data import EMBED, HEAD, IN, OUT, write
from tests.rtl.m2_block_data import Job as Word
from tests.rtl.stream_vectors import pack

P = load()
TAP = Tap({row.name: (row.low, row.high) for row in derive(P, *BUILD)})
FRAC = 14
SOURCES = ("job", "s_q", "s_row", "s_k", "s_tile", "s_v", "s_hq", "s_hk")


@dataclass(frozen=True)
class Shape:
    """KV heads, query heads of each, width of a head."""

    heads: int
    share: int
    width: int


CASES = [  # parameters; shape; (tokens, positions) of each attention job, (rows, vocabulary, width) of each of the head
    (
        {"WIDE_W": 512, "Q_PAR": 2, "COLS": 2, "GROUPS": 3, "SLICES": 5, "BEATS": 12, "DEPTH": 64},
        Shape(2, 3, 96),
        [(2, 5), (2, 12, 160), (1, 9), (1, 4, 64)],
    ),
    (
        {"WIDE_W": 512, "Q_PAR": 2, "COLS": 1, "GROUPS": 1, "SLICES": 4, "BEATS": 4, "DEPTH": 64},
        Shape(1, 1, 32),
        [(1, 30), (1, 6, 96), (1, 1), (1, 2), (1, 4, 32)],
    ),
]
WIDEST = (
    {"WIDE_W": 1024, "Q_PAR": 4, "COLS": 4, "GROUPS": 2, "SLICES": 4, "BEATS": 8, "DEPTH": 32},
    Shape(2, 2, 128),
    [(4, 13), (4, 9, 128), (1, 1), (3, 5)],
)


@dataclass
class Run:
    """The beats of all streams."""

    params: dict[str, int]
    shape: Shape
    rng: random.Random
    sources: dict[str, list[int]] = field(default_factory=lambda: {name: [] for name in SOURCES})
    sinks: dict[str, list[int]] = field(default_factory=lambda: {name: [] for name in ("m", "m_h")})

    @property
    def pos(self) -> int:
        return self.params["WIDE_W"] // 256

    def numbers(self, low: int, high: int, *shape: int) -> Tensor:
        """Integers, now and then one of the ends."""
        x = torch.tensor([self.rng.randint(low, high) for _ in range(torch.Size(shape).numel())])
        ends = torch.tensor([self.rng.choice((low, high)) for _ in range(len(x))])
        return torch.where(torch.tensor([self.rng.random() < 0.2 for _ in range(len(x))]), ends, x).reshape(shape)

    def attention(self, tokens: int, positions: int) -> None:
        """A job: all rows of `tokens` columns, each of which sees some positions, itself at least."""
        J, R, width = self.shape.heads, self.shape.share * tokens, self.shape.width
        q, q_exp = self.numbers(-128, 127, J, R, width), self.numbers(-16, -8, J, R)
        cache = LayerCache(
            self.numbers(-128, 127, J, positions, width).to(torch.int8),
            self.numbers(-6, 0, J, positions).to(torch.int8),
            self.numbers(-128, 127, J, positions, width).to(torch.int8),
            self.numbers(-20, 20, J, positions).to(torch.int8),
        )
        sees = torch.tensor([[self.rng.random() < 0.7 for _ in range(positions)] for _ in range(tokens)])
        sees[:, self.rng.randrange(positions)] = True
        y = attend(q, q_exp, [Part(cache, sees.repeat(self.shape.share, 1))], FRAC, P, TAP)
        self.sources["job"] += [Word(IN, tokens, layer=2).word, Word(OUT, tokens, layer=2).word]
        self.sources["job"] += [Word(IN, tokens, layer=3).word, Word(OUT, tokens, layer=3).word]
        for j in range(J):
            self.queries("s_q", q[j])
            self.rows(q_exp[j].tolist(), tokens)
            self.tiles("s_k", cache.k[j].long(), marked=True)
            self.tiles("s_v", cache.v[j].long())
            self.positions(cache.k_exp[j], cache.v_exp[j], sees)
            self.sinks["m"] += [pack(row.tolist(), 32) for row in y[j].reshape(-1, 8)]

    def head(self, rows: int, vocabulary: int, width: int) -> None:
        """A HEAD job: rows of queries times all rows of the head."""
        q, k = self.numbers(-127, 127, rows, width), self.numbers(-128, 127, vocabulary, width)
        self.sources["job"] += [Word(HEAD, rows).word, Word(EMBED, rows).word]
        self.queries("s_hq", q)
        self.tiles("s_hk", k, marked=True)
        y, y_w = products(q, k), 21 + (self.params["SLICES"] - 1).bit_length()
        y = pad(y, (0, -vocabulary % self.pos, 0, -rows % self.params["Q_PAR"]))
        groups, tiles = len(y) // self.params["Q_PAR"], y.shape[1] // self.pos
        for n in range(tiles):
            for g, part in enumerate(torch.split(y[:, n * self.pos : (n + 1) * self.pos], self.params["Q_PAR"])):
                marks = (g == groups - 1) | (n == tiles - 1) << 1
                size = self.params["Q_PAR"] * self.pos * y_w
                self.sinks["m_h"].append(pack(part.flatten().tolist(), y_w) | marks << size)

    def queries(self, name: str, rows: Tensor) -> None:
        rows = pad(rows, (0, 0, 0, -len(rows) % self.params["Q_PAR"]))
        slices, groups = rows.shape[1] // 32, len(rows) // self.params["Q_PAR"]
        for s in range(slices):
            for g, part in enumerate(torch.split(rows[:, 32 * s : 32 * s + 32], self.params["Q_PAR"])):
                marks = (g == groups - 1) | (s == slices - 1) << 1
                self.sources[name].append(pack(part.flatten().tolist(), 8) | marks << self.params["Q_PAR"] * 256)

    def rows(self, exponents: list[int], tokens: int) -> None:
        q_par, c_w = self.params["Q_PAR"], max(1, (self.params["COLS"] - 1).bit_length())
        words = [(e & 255) | row % tokens << 8 | 1 << 8 + c_w for row, e in enumerate(exponents)]
        words += [0] * (-len(words) % q_par)
        for at in range(0, len(words), q_par):
            last = at + q_par == len(words)
            self.sources["s_row"].append(pack(words[at : at + q_par], 9 + c_w) | last << q_par * (9 + c_w))

    def tiles(self, name: str, x: Tensor, marked: bool = False) -> None:
        x = pad(x, (0, 0, 0, -len(x) % self.pos))
        found = [
            pack(part[:, s : s + 32].flatten().tolist(), 8)
            for part in torch.split(x, self.pos)
            for s in range(0, x.shape[1], 32)
        ]
        if marked:
            found[-1] |= 1 << self.params["WIDE_W"]
        self.sources[name] += found

    def positions(self, k_exp: Tensor, v_exp: Tensor, sees: Tensor) -> None:
        fill = -len(k_exp) % self.pos
        rows = pad(sees, (0, fill, 0, self.params["COLS"] - len(sees)))
        for at in range(0, rows.shape[1], self.pos):
            seen = pack(rows[:, at : at + self.pos].flatten().long().tolist(), 1)
            exponents = [pad(e, (0, fill))[at : at + self.pos].tolist() for e in (k_exp, v_exp)]
            beat = pack(exponents[0], 8) | pack(exponents[1], 8) << 8 * self.pos
            self.sources["s_tile"].append(seen | beat << self.params["COLS"] * self.pos)


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("params", "shape", "jobs"), CASES, ids=["96 of 2 bytes", "one row"])
def test_block(params: dict[str, int], shape: Shape, jobs: list[tuple[int, ...]], sim: str, tmp_path: Path) -> None:
    """Several KV heads, groups not full, positions that rows do not see; the head between and behind; starving."""
    check(params, shape, jobs, sim, tmp_path)


@pytest.mark.parametrize("sim", ["verilator", pytest.param("icarus", marks=[pytest.mark.icarus, pytest.mark.nightly])])
def test_widest(sim: str, tmp_path: Path) -> None:
    """The same of tiles of four positions; Icarus takes minutes for it, so at night."""
    check(*WIDEST, sim, tmp_path)


def check(params: dict[str, int], shape: Shape, jobs: list[tuple[int, ...]], sim: str, tmp_path: Path) -> None:
    run = Run(params, shape, random.Random(derive_seed(f"attn_core/{params}")))
    for job in jobs:
        if len(job) == 2:
            run.attention(*job)
        else:
            run.head(*job)
    static = {"c_heads": shape.heads, "c_slices": shape.width // 32, "frac": FRAC}
    path = write(tmp_path / "vectors.json", run.sources, run.sinks, static, waits=["m_h"])
    check_module("attn_core", params, sim, "tests.rtl.cocotb_m2_block", path)
    check_module("attn_core", params, sim, "tests.rtl.cocotb_attn_core", path)

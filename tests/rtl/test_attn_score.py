# SPDX-License-Identifier: Apache-2.0
"""attn_score: scores, what sees them, and their greatest whole numbers are golden's, for heads of any size."""

import json
import random
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from torch import Tensor

from golden.fixed import limits
from golden.ternary.integer.functions import exponentials, scores
from golden.ternary.integer.profile import load
from harness.sim.runner import derive_seed
from tests.rtl.dut import SIMS, check_module
from tests.rtl.stream_vectors import pack

E_W, T_W, TOP_W, TOP_E_W = 8, 20, 10, 11
CASES = [  # parameters; groups and tiles of each head
    (
        {"WIDE_W": 512, "Q_PAR": 2, "COLS": 3, "GROUPS": 3, "SUM_W": 23, "DEPTH": 64},
        ((3, 5), (1, 30), (1, 1), (2, 1), (3, 1), (2, 6), (1, 1), (3, 9), (1, 12), *((3, 1),) * 12),
    ),
    (
        {"WIDE_W": 768, "Q_PAR": 1, "COLS": 1, "GROUPS": 1, "SUM_W": 22, "DEPTH": 16},
        ((1, 20), (1, 1), (1, 1), (1, 12), (1, 7), *((1, 2),) * 20),
    ),
]


@dataclass(frozen=True)
class Head:
    """A pass over K: N positions in tiles, R rows in groups, T columns.

    Attributes:
        x: products int64 [R, N].
        e_q, column, there: of each row [R].
        e_k, e_v: of each position [N].
        sees: bool [T, N].
    """

    x: Tensor
    e_q: Tensor
    column: Tensor
    there: Tensor
    e_k: Tensor
    e_v: Tensor
    sees: Tensor


def exponents(rng: random.Random, count: int, middle: int) -> Tensor:
    """Around a value, and now and then one far from it, or one that alone shifts by a power of two."""
    found = [middle + rng.randint(-3, 3) for _ in range(count)]
    for place in range(count):
        if rng.random() < 0.15:
            found[place] = rng.choice((-128, 127, rng.randint(-128, 127), 10 - (1 << rng.randrange(7))))
    return torch.tensor(found)


def head(rng: random.Random, params: dict[str, int], groups: int, tiles: int) -> Head:
    """Products at the ends of their format, of a few bits, or of any; exponents that shift them into a score or out."""
    rows, count, width = groups * params["Q_PAR"], tiles * params["WIDE_W"] // 256, params["SUM_W"]
    low, high = limits(width)
    kind = rng.randrange(3)

    def product() -> int:
        if kind == 0:
            return rng.choice((low, high, 1, -1, 0, 1 << rng.randrange(width - 1), -1 << rng.randrange(width)))
        return rng.randint(*limits(width if kind == 1 else rng.randint(1, width)))

    half = rng.randint(-16, 2)  # of the sum of two exponents
    lazy = rng.choice((0.0, 0.1, 0.9))
    return Head(
        x=torch.tensor([[product() for _ in range(count)] for _ in range(rows)]),
        e_q=exponents(rng, rows, half),
        column=torch.tensor([rng.randrange(params["COLS"]) for _ in range(rows)]),
        there=torch.tensor([rng.random() < 0.8 for _ in range(rows)]),
        e_k=exponents(rng, count, half),
        e_v=exponents(rng, count, rng.randint(-60, 60)),
        sees=torch.tensor([[rng.random() >= lazy for _ in range(count)] for _ in range(params["COLS"])]),
    )


def beats(h: Head, params: dict[str, int]) -> dict[str, list[int]]:
    """Every stream of a head, with golden's scores and maxima."""
    pos, q_par, columns = params["WIDE_W"] // 256, params["Q_PAR"], params["COLS"]
    p = load()
    t = scores(h.x, h.e_q.unsqueeze(-1) + h.e_k, p)
    seen = h.sees[h.column] & h.there.unsqueeze(-1)
    tops = [exponentials(t, offset, seen, p)[1] for offset in (torch.zeros_like(t), h.e_v.expand_as(t))]
    top, top_e = (x.clamp(min=limits(width)[0]).tolist() for x, width in zip(tops, (TOP_W, TOP_E_W), strict=True))
    groups, tiles = len(h.x) // q_par, len(h.e_k) // pos
    column_w = max((columns - 1).bit_length(), 1)
    found: dict[str, list[int]] = {name: [] for name in ("s_row", "s_tile", "s", "m_top", "m")}
    for g in range(groups):
        rows, last = range(g * q_par, (g + 1) * q_par), g == groups - 1
        words = [int(h.e_q[r]) & 255 | int(h.column[r]) << 8 | int(h.there[r]) << 8 + column_w for r in rows]
        found["s_row"].append(fields([(words, 9 + column_w), ([last], 1)]))
        found["m_top"].append(
            fields([([top[r] & 1023 | (top_e[r] & 2047) << TOP_W for r in rows], TOP_W + TOP_E_W), ([last], 1)])
        )
    for n in range(tiles):
        at = slice(n * pos, (n + 1) * pos)
        e_k, e_v = h.e_k[at].tolist(), h.e_v[at].tolist()
        found["s_tile"].append(fields([(h.sees[:, at].flatten().tolist(), 1), (e_k, E_W), (e_v, E_W)]))
        for g in range(groups):
            rows, marks = slice(g * q_par, (g + 1) * q_par), ([g == groups - 1, n == tiles - 1], 1)
            found["s"].append(fields([(h.x[rows, at].flatten().tolist(), params["SUM_W"]), marks]))
            kept, sees = t[rows, at].flatten().tolist(), seen[rows, at].flatten().tolist()
            found["m"].append(fields([(kept, T_W), (sees, 1), (e_v, E_W), marks]))
    return found


def fields(parts: list[tuple[list[int], int]]) -> int:
    """Lists of values of a width, the first lowest."""
    word = at = 0
    for values, width in parts:
        word |= pack(values, width) << at
        at += len(values) * width
    return word


def run(rng: random.Random, params: dict[str, int], sizes: list[tuple[int, int]]) -> dict[str, object]:
    """A run of heads."""
    streams: dict[str, list[str]] = {name: [] for name in ("s_row", "s_tile", "s", "m_top", "m")}
    for size in sizes:
        for name, found in beats(head(rng, params, *size), params).items():
            streams[name].extend(f"{beat:x}" for beat in found)
    sources = {name: streams[name] for name in ("s_row", "s_tile", "s")}
    return {"static": {}, "sources": sources, "sinks": {name: streams[name] for name in ("m_top", "m")}}


def steady(rng: random.Random, params: dict[str, int], tiles: int = 10) -> dict[str, object]:
    """A head whose beats enter without a pause, and leave when they should."""
    late = 9 if params["DEPTH"] >= 64 else 8
    late_top = 10 + (params["WIDE_W"] // 256 - 1).bit_length()
    scores_out = [["s", tile, "m", tile, late] for tile in range(tiles)]
    latencies = [*scores_out, ["s", tiles - 1, "m_top", 0, late_top]]
    return run(rng, params, [(1, tiles)]) | {"rates": [["s", 0, tiles - 1]], "latencies": latencies}


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("params", "sizes"), CASES, ids=str)
def test_contract(params: dict[str, int], sizes: list[tuple[int, int]], sim: str, tmp_path: Path) -> None:
    """Scores, masks and maxima of every head, at the ends of all formats; the rate and the latencies of the header."""
    rng = random.Random(derive_seed("attn_score"))
    vectors = tmp_path / "vectors.json"
    vectors.write_text(json.dumps({"runs": [run(rng, params, list(sizes)), steady(rng, params)]}))
    check_module("attn_score", params, sim, "tests.rtl.cocotb_many_streams", vectors)


@pytest.mark.parametrize("sim", SIMS)
def test_capacity(sim: str, tmp_path: Path) -> None:
    """While nobody reads scores, DEPTH beats of them enter, and the maxima of their heads leave."""
    params = CASES[1][0]
    rng = random.Random(derive_seed("attn_score/capacity"))
    vectors = tmp_path / "vectors.json"
    vectors.write_text(json.dumps({"runs": [run(rng, params, [(1, 6), (1, 8), (1, 9)])]}))
    check_module("attn_score", params, sim, "tests.rtl.cocotb_attn_score", vectors)

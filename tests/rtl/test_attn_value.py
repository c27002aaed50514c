# SPDX-License-Identifier: Apache-2.0
"""attn_value: its contract header is true."""

import random
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch

from golden.ternary.integer.attention import Part, weighted
from golden.ternary.integer.model import LayerCache
from harness.sim.runner import derive_seed
from tests.rtl.attn_data import byte, share
from tests.rtl.contract import contract
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_block_data import write
from tests.rtl.stream_vectors import pack

DIMS, LANES = 32, 8
CASES = [  # parameters, P, rows of each head, (position tiles, kind of weights, kind of values) of each head
    ({"WIDE_W": 512, "Q_PAR": 2, "GROUPS_MAX": 4}, 96, (1, 2, 3, 8, 7), True),
    ({"WIDE_W": 512, "Q_PAR": 2, "GROUPS_MAX": 4, "VALUE_LUTS": 1}, 96, (7, 8, 3), False),
    ({"WIDE_W": 1024, "Q_PAR": 4, "GROUPS_MAX": 1}, 32, (4, 1, 3, 4), True),
    ({"WIDE_W": 256, "Q_PAR": 1, "GROUPS_MAX": 3, "VALUE_LUTS": 1}, 64, (3, 1, 2), False),
]
TILES = (5, 1, 9, 1, 2)


@dataclass
class Run:
    """The beats of all streams, for parameters of the unit."""

    params: dict[str, int]
    width: int
    rng: random.Random
    beats: dict[str, list[int]] = field(default_factory=lambda: {p: [] for p in ("s_w", "s", "m")})

    def head(self, rows: int, tiles: int, kind: int) -> None:
        """A head of `rows` rows and `tiles` position tiles."""
        positions, par = tiles * self.params["WIDE_W"] // 256, self.params["Q_PAR"]
        w = torch.tensor([[share(self.rng, kind) for _ in range(positions)] for _ in range(rows)])
        v = torch.tensor([[byte(self.rng, kind) for _ in range(self.width)] for _ in range(positions)])
        none = torch.zeros(1, positions, dtype=torch.int8)
        cache = LayerCache(v.to(torch.int8)[None], none, v.to(torch.int8)[None], none)
        for y in weighted(w[None], [Part(cache, torch.ones(rows, positions, dtype=torch.bool))])[0].tolist():
            parts = [pack(y[k : k + LANES], 44) for k in range(0, self.width, LANES)]
            self.beats["m"] += [*parts[:-1], parts[-1] | 1 << LANES * 44]
        self.weights(w, -(-rows // par) * par, tiles)
        for tile in v.split(positions // tiles):
            self.beats["s"] += [pack(part.flatten().tolist(), 8) for part in tile.split(DIMS, 1)]

    def weights(self, w: torch.Tensor, rows: int, tiles: int) -> None:
        """Beats of w; rows that are not there, up to `rows`, weigh anything."""
        par = self.params["Q_PAR"]
        more = torch.tensor([[share(self.rng, 2) for _ in range(w.shape[1])] for _ in range(rows - len(w))])
        full = torch.cat([w, more.reshape(-1, w.shape[1]).long()])
        mark = par * w.shape[1] // tiles * 24
        rows_w = max(1, (par - 1).bit_length())
        for t, tile in enumerate(full.split(w.shape[1] // tiles, 1)):
            for g, group in enumerate(tile.split(par)):
                last = (g + 1) * par >= rows
                there = (len(w) - 1) % par if last else self.rng.randrange(par)
                sides = there | last << rows_w | (t == tiles - 1) << rows_w + 1
                self.beats["s_w"].append(pack(group.flatten().tolist(), 24) | sides << mark)


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("params", "width", "rows", "alone"), CASES, ids=str)
def test_contract(
    params: dict[str, int], width: int, rows: tuple[int, ...], alone: bool, sim: str, tmp_path: Path
) -> None:
    """Golden's sums of each row, for weights and values at their ends and any; a beat of v a cycle while one group of
    rows reads it, though complete heads wait for cycles in which they may leave.
    """
    run = Run(params, width, random.Random(derive_seed(f"attn_value/{params}/{rows}")))
    slices = width // DIMS
    for k, tiles in enumerate(TILES):
        run.head(rows[k % len(rows)], tiles, k % 4)
    steady = [["s", 0, TILES[0] * slices - 1, 0 if alone else (-(-rows[0] // params["Q_PAR"]) - 1) * TILES[0] * slices]]
    path = write(
        tmp_path / "vectors.json",
        {p: run.beats[p] for p in ("s_w", "s")},
        {"m": run.beats["m"]},
        {"slices": slices},
        steady=steady,
        waits=["m"],
    )
    check_module("attn_value", params, sim, "tests.rtl.cocotb_m2_block", path)


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("params", "width"), [case[:2] for case in CASES if case[3]], ids=str)
def test_latency(params: dict[str, int], width: int, sim: str, tmp_path: Path) -> None:
    """The sums of a head that no other follows leave one a cycle, the first as late as the header says."""
    run = Run(params, width, random.Random(derive_seed(f"attn_value/{params}/alone")))
    run.head(1, TILES[0], 0)
    last = len(run.beats["m"]) - 1
    stated = int(contract("attn_value").value("Latency", params) or 0)
    path = write(
        tmp_path / "vectors.json",
        {p: run.beats[p] for p in ("s_w", "s")},
        {"m": run.beats["m"]},
        {"slices": width // DIMS},
        steady=[["m", 0, last, 0]],
        latency=[["s", len(run.beats["s"]) - 1, "m", 0, stated]],
    )
    check_module("attn_value", params, sim, "tests.rtl.cocotb_m2_block", path)

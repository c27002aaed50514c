# SPDX-License-Identifier: Apache-2.0
"""attn_dot: the sums are golden's q k, for passes of any number of slices, groups and tiles."""

import json
import random
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch
from torch import Tensor

from golden.ternary.integer.attention import products
from harness.sim.runner import derive_seed
from tests.rtl.dut import SIMS, check_module
from tests.rtl.stream_vectors import pack

SLICE = 32
LATENCY = 11
CASES = [  # parameters; slices, groups and tiles of each pass
    (
        {"WIDE_W": 512, "Q_PAR": 2, "SLICES": 4, "GROUPS": 3, "BEATS": 9},
        ((3, 3, 2), (4, 1, 3), (1, 1, 1), (1, 2, 1), (4, 2, 1), (2, 3, 2), (1, 1, 20)),
    ),
    ({"WIDE_W": 256, "Q_PAR": 4, "SLICES": 1, "GROUPS": 1}, ((1, 1, 24), (1, 1, 1), (1, 1, 1), (1, 1, 12))),
]


@dataclass(frozen=True)
class Pass:
    """q [groups, Q_PAR, C] and k [tiles, POS, C], int64, C channels in slices of 32."""

    q: Tensor
    k: Tensor

    def q_beats(self) -> list[int]:
        """(slice, group), marked."""
        parts = self.q.unflatten(-1, (-1, SLICE)).permute(2, 0, 1, 3)  # [slice, group, row, channel]
        slices, groups = parts.shape[:2]
        bits = parts[0, 0].numel() * 8
        return [
            pack(parts[s, g].flatten().tolist(), 8) | (g == groups - 1) << bits | (s == slices - 1) << bits + 1
            for s in range(slices)
            for g in range(groups)
        ]

    def beats(self) -> list[int]:
        """(tile, slice), the last one marked."""
        parts = self.k.unflatten(-1, (-1, SLICE)).transpose(1, 2).flatten(0, 1)  # [beat, position, channel]
        found = [pack(part.flatten().tolist(), 8) for part in parts]
        return [*found[:-1], found[-1] | 1 << parts[0].numel() * 8]

    def sums(self, width: int) -> list[int]:
        """(tile, group), marked: golden's products."""
        y = products(self.q, self.k.unsqueeze(1))  # [tile, group, row, position]
        tiles, groups = y.shape[:2]
        bits = y[0, 0].numel() * width
        return [
            pack(y[t, g].flatten().tolist(), width) | (g == groups - 1) << bits | (t == tiles - 1) << bits + 1
            for t in range(tiles)
            for g in range(groups)
        ]


def some(rng: random.Random, *shape: int) -> Tensor:
    """Any int8, or, a third of the time each, ends of the format alone and one end alone."""
    kind = rng.randrange(3)
    values = ((-128, -127, 127, -1, 0, 1), range(-128, 128), (rng.choice((-128, 127)),))[kind]
    return torch.tensor(rng.choices(values, k=torch.Size(shape).numel())).reshape(shape)


def run(rng: random.Random, params: dict[str, int], sizes: list[tuple[int, int, int]]) -> dict[str, object]:
    """A run of passes of any values."""
    pos, q_par = params["WIDE_W"] // 256, params["Q_PAR"]
    return told(
        params,
        [
            Pass(some(rng, groups, q_par, SLICE * slices), some(rng, tiles, pos, SLICE * slices))
            for slices, groups, tiles in sizes
        ],
    )


def told(params: dict[str, int], passes: list[Pass]) -> dict[str, object]:
    """The run as the vectors have it."""
    width = 21 + (params["SLICES"] - 1).bit_length()
    streams = {
        "s_q": [beat for each in passes for beat in each.q_beats()],
        "s": [beat for each in passes for beat in each.beats()],
        "m": [beat for each in passes for beat in each.sums(width)],
    }
    found = {name: [f"{beat:x}" for beat in beats] for name, beats in streams.items()}
    return {"static": {}, "sources": {name: found[name] for name in ("s_q", "s")}, "sinks": {"m": found["m"]}}


def steady(params: dict[str, int]) -> dict[str, object]:
    """Passes of one group: tiles enter without a pause, also between passes, and leave when they should.

    Every product of the first is 2^14, the greatest there is, of the second -127 2^7, the least.
    """
    slices, tiles = params["SLICES"], 8
    q = torch.full((1, params["Q_PAR"], SLICE * slices), -128)
    k = torch.full((tiles, params["WIDE_W"] // 256, SLICE * slices), -128)
    passes = [Pass(q, k), Pass(q, torch.full_like(k, 127))]
    ends = [["s", (tile + 1) * slices - 1, "m", tile, LATENCY] for tile in range(len(passes) * tiles)]
    return told(params, passes) | {"rates": [["s", 0, len(passes) * tiles * slices - 1]], "latencies": ends}


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("params", "sizes"), CASES, ids=str)
def test_contract(params: dict[str, int], sizes: list[tuple[int, int, int]], sim: str, tmp_path: Path) -> None:
    """Sums and marks of every pass, at the ends of int8 too; the rate and the latency of the header."""
    rng = random.Random(derive_seed("attn_dot"))
    vectors = tmp_path / "vectors.json"
    vectors.write_text(json.dumps({"runs": [run(rng, params, list(sizes)), steady(params)]}))
    check_module("attn_dot", params, sim, "tests.rtl.cocotb_many_streams", vectors)

# SPDX-License-Identifier: Apache-2.0
"""tern_head_gather: golden's sums of the head, 8 neighbouring rows of a column a beat, out of attn_dot's order."""

import random
from pathlib import Path

import pytest
import torch

from golden.ternary.integer.linear import rows as sums
from harness.sim.runner import derive_seed
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_block_data import run, write
from tests.rtl.tern_head_data import grouped, head_pass, machine, some_rows

OUT_W = 27
CASES = [  # parameters, vocabulary, columns, D
    ({"WIDE_W": 512, "Q_PAR": 4, "T_COLS": 4, "Y_W": 23}, 37, 3, 64),
    ({"WIDE_W": 512, "Q_PAR": 2, "T_COLS": 4, "Y_W": 28}, 16, 4, 32),
    ({"WIDE_W": 4096, "Q_PAR": 2, "T_COLS": 3, "Y_W": 27}, 57, 3, 32),
    ({"WIDE_W": 2048, "Q_PAR": 4, "T_COLS": 1, "Y_W": 22}, 24, 1, 32),
    ({"WIDE_W": 256, "Q_PAR": 2, "T_COLS": 2, "Y_W": 22}, 11, 1, 32),
    ({"WIDE_W": 4096, "Q_PAR": 4, "T_COLS": 4, "Y_W": 28}, 70, 2, 32),
]
PASSES = 3


def head(
    params: dict[str, int], vocab: int, columns: int, width: int, passes: int, rng: random.Random
) -> tuple[dict[str, list[int]], dict[str, list[int]], dict[str, int]]:
    """Passes over a vocabulary: sums as attn_dot gives them, as they leave, and the settings."""
    s, m = list[int](), list[int]()
    for _ in range(passes):
        matrix = some_rows(rng, vocab, width)
        q = torch.tensor([rng.choices((-127, 127, *range(-9, 9)), k=width) for _ in range(columns)])
        s += head_pass(q, matrix, params["Q_PAR"], machine(params["WIDE_W"])).sums(params["Y_W"])
        m += grouped(sums(q, matrix), OUT_W)
    return {"s": s}, {"m": m}, {"c_batch": columns, "c_vocab": vocab}


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("params", "vocab", "columns", "width"), CASES)
def test_block(params: dict[str, int], vocab: int, columns: int, width: int, sim: str, tmp_path: Path) -> None:
    """Tiles of fewer rows than 8 and of more, groups of columns that are full or not, a vocabulary of any length."""
    rng = random.Random(derive_seed(f"tern_head_gather/{params}/{vocab}"))
    tile = params["WIDE_W"] // 256
    beats = -(-columns // params["Q_PAR"]) * max(1, 8 // tile)  # of s, for 8 rows
    others = [head(params, rng.randint(8, 2 * tile + 8), n, 32, 2, rng) for n in range(1, params["T_COLS"] + 1)]
    path = write(
        tmp_path / "vectors.json",
        *head(params, vocab, columns, width, PASSES, rng),
        latency=[["s", beats - 1, "m", 0, 2]],
        steady=[["m", 0, min(max(1, tile // 8), -(-vocab // 8)) * columns - 1, 0]],
        waits=["m"],
        further=[run(*other) for other in others],
    )
    check_module("tern_head_gather", params | {"OUT_W": OUT_W}, sim, "tests.rtl.cocotb_m2_block", path)

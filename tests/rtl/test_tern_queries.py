# SPDX-License-Identifier: Apache-2.0
"""tern_queries: columns of the head's activations leave as rows of q, in the order in which attn_dot takes them."""

import random
from pathlib import Path

import pytest
import torch
from torch.nn.functional import pad

from harness.sim.runner import derive_seed
from tests.rtl.contract import contract
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_block_data import write
from tests.rtl.stream_vectors import pack
from tests.rtl.test_attn_dot import Pass

INPUTS = 40
CASES = [  # parameters, D, columns of the jobs
    ({"Q_PAR": 4, "T_COLS": 4, "SLICES": 5}, 96, (1, 4, 3, 2)),
    ({"Q_PAR": 2, "T_COLS": 4, "SLICES": 5}, 160, (4, 3, 1, 2)),
    ({"Q_PAR": 2, "T_COLS": 1, "SLICES": 4}, 128, (1, 1, 1)),
    ({"Q_PAR": 4, "T_COLS": 6, "SLICES": 1}, 32, (6, 5, 4, 1)),
]


def column(q: list[int], last: bool) -> list[int]:
    """Beats of a column as tern_act gives them."""
    parts = [q[at : at + INPUTS] for at in range(0, len(q), INPUTS)]
    beats = [pack(part, 8) for part in parts]
    return [*beats[:-1], beats[-1] | 1 << 8 * INPUTS | last << 8 * INPUTS + 1]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("params", "width", "columns"), CASES)
def test_block(params: dict[str, int], width: int, columns: tuple[int, ...], sim: str, tmp_path: Path) -> None:
    """Columns that end anywhere in a beat, groups that are full or filled up with zeros; 32 inputs in 4 cycles."""
    rng, q_par = random.Random(derive_seed(f"tern_queries/{params}")), params["Q_PAR"]
    s, m, jobs = list[int](), list[int](), list[tuple[int, int]]()
    for count in columns:
        q = torch.tensor([rng.choices((-127, 127, *range(-9, 9)), k=width) for _ in range(count)])
        for at in range(count):
            s += column(q[at].tolist(), at == count - 1)
        rows = pad(q, (0, 0, 0, -count % q_par)).reshape(-1, q_par, width)
        jobs.append((len(s) - 1, len(m)))
        m += Pass(rows, torch.zeros(1, 1, width, dtype=torch.int64)).q_beats()
    latency = int(contract("tern_queries").value("Latency", params) or 0)
    path = write(
        tmp_path / "vectors.json",
        {"s": s},
        {"m": m},
        {"c_slices": width // 32},
        steady=[["m", 0, jobs[1][1] - 1, 3 * (jobs[1][1] - 1)], ["s", 0, jobs[0][0], 4 * jobs[0][0]]],
        latency=[["s", last, "m", first, latency] for last, first in jobs[:-1]],
        waits=["m"],
    )
    check_module("tern_queries", params, sim, "tests.rtl.cocotb_m2_block", path)

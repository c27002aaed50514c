# SPDX-License-Identifier: Apache-2.0
"""tern_rows: queries by heads leave as golden's rows, in groups, with their columns and exponents."""

import random
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn.functional import pad

from golden.ternary.integer.functions import rows_of
from harness.sim.runner import derive_seed
from tests.rtl.contract import contract
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_block_data import run as settled
from tests.rtl.m2_block_data import write
from tests.rtl.stream_vectors import pack

CASES = [  # parameters, KV heads, heads for each, width, tokens of the jobs
    ({"Q_PAR": 2, "T_COLS": 4, "WORDS": 64}, 3, 2, 48, (4, 1, 3, 1)),
    ({"Q_PAR": 4, "T_COLS": 1, "WORDS": 16}, 1, 3, 128, (1,) * 6),
    ({"Q_PAR": 2, "T_COLS": 2, "WORDS": 16}, 5, 1, 96, (1, 2, 1)),
    ({"Q_PAR": 4, "T_COLS": 5, "WORDS": 128}, 4, 4, 32, (5, 4, 1, 2)),
]


@dataclass
class Run:
    """The beats of all streams."""

    q_par: int
    t_cols: int
    rng: random.Random
    streams: dict[str, list[int]] = field(default_factory=lambda: {p: [] for p in ("job", "s", "m_q", "m_row")})

    def job(self, kv_heads: int, share: int, width: int, tokens: int) -> None:
        """Append a job: golden's rows of random queries."""
        put, rng = self.streams, self.rng
        heads = kv_heads * share
        q = torch.tensor([rng.choice((-128, 127, rng.randint(-128, 127))) for _ in range(tokens * heads * width)])
        q = q.reshape(tokens, heads, width)
        exponent = torch.tensor([[rng.randint(-128, 127) for _ in range(heads)] for _ in range(tokens)])
        put["job"].append(tokens - 1)
        for head in range(heads):
            for token in range(tokens):
                for at in range(0, width, 8):
                    last = at + 8 == width
                    beat = pack(q[token, head, at : at + 8].tolist(), 8)
                    put["s"].append(beat | (int(exponent[token, head]) & 255) << 64 | last << 72)
        rows, exponents = rows_of(q, exponent, kv_heads)
        missing = -rows.shape[1] % self.q_par
        rows = pad(rows, (0, -width % 32, 0, missing))
        for j in range(kv_heads):
            self.queries(rows[j])
            self.fields(exponents[j].tolist(), tokens, missing)

    def queries(self, rows: torch.Tensor) -> None:
        for slice_ in range(0, rows.shape[1], 32):
            for group in range(0, len(rows), self.q_par):
                ends = (group + self.q_par == len(rows)) | (slice_ + 32 == rows.shape[1]) << 1
                part = rows[group : group + self.q_par, slice_ : slice_ + 32].flatten().tolist()
                self.streams["m_q"].append(pack(part, 8) | ends << 256 * self.q_par)

    def fields(self, exponents: list[int], tokens: int, missing: int) -> None:
        c_w = max(1, (self.t_cols - 1).bit_length())
        fields = [(e & 255) | row % tokens << 8 | 1 << 8 + c_w for row, e in enumerate(exponents)] + [0] * missing
        for group in range(0, len(fields), self.q_par):
            last = group + self.q_par == len(fields)
            part = pack(fields[group : group + self.q_par], 9 + c_w)
            self.streams["m_row"].append(part | last << self.q_par * (9 + c_w))


def shared(params: dict[str, int], share: int, rng: random.Random) -> dict[str, Any]:
    """Jobs of any tokens with so many heads for each KV head: every number of rows in the last group."""
    told = Run(params["Q_PAR"], params["T_COLS"], rng)
    for count in range(1, params["T_COLS"] + 1):
        told.job(2, share, 32, count)
    sides = ({p: told.streams[p] for p in names} for names in (("job", "s"), ("m_q", "m_row")))
    return settled(*sides, {"c_slices": 1, "c_heads": 2, "c_share": share})


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("params", "kv_heads", "share", "width", "tokens"), CASES)
def test_block(
    params: dict[str, int], kv_heads: int, share: int, width: int, tokens: tuple[int, ...], sim: str, tmp_path: Path
) -> None:
    """Groups that are full or filled up, slices that are whole or not; a beat a cycle in, the next head at once."""
    run = Run(params["Q_PAR"], params["T_COLS"], random.Random(derive_seed(f"tern_rows/{params}")))
    for count in tokens:
        run.job(kv_heads, share, width, count)
    head = share * tokens[0] * width // 8
    groups = -(-share * tokens[0] // params["Q_PAR"]) * -(-width // 32)
    latency = int(contract("tern_rows").value("Latency", params) or 0)
    path = write(
        tmp_path / "vectors.json",
        {p: run.streams[p] for p in ("job", "s")},
        {p: run.streams[p] for p in ("m_q", "m_row")},
        {"c_slices": -(-width // 32), "c_heads": kv_heads, "c_share": share},
        steady=[["s", 0, kv_heads * head - 1, 0], ["m_q", 0, groups - 1, 0]],
        latency=[["s", (k + 1) * head - 1, "m_q", k * groups, latency] for k in range(kv_heads)],
        waits=["m_q", "m_row"],
        further=[shared(params, each, run.rng) for each in range(1, params["Q_PAR"] + 1)],
    )
    check_module("tern_rows", params, sim, "tests.rtl.cocotb_m2_block", path)

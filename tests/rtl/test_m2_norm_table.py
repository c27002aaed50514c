# SPDX-License-Identifier: Apache-2.0
"""m2_norm_table: its contract header is true."""

import json
import random
from pathlib import Path

import pytest
import torch

from golden.fixed.norm_tables import ENTRIES, TABLES, NormTable, reciprocal
from golden.fixed.roms import norm_table
from harness.sim.runner import derive_seed
from tests.rtl.dut import SIMS, check_module

PARAMS = [{"KIND": 0, "WIDTH": 2560}, {"KIND": 1, "WIDTH": 5120}, {"KIND": 0, "WIDTH": 256}, {"KIND": 1, "WIDTH": 1536}]
SLACK = 10  # bits of the sum above the last table's step


def sums(rng: random.Random, table: NormTable, width: int) -> list[int]:
    """Return sums in every table, around their starts, ends and steps, below the first and beyond the last entry."""
    found = [0, 1, table.last - 1, table.last, table.last + 1, (1 << width) - 1]
    for k in range(TABLES):
        places = [0, 1, ENTRIES - 1, ENTRIES, *(rng.randrange(ENTRIES) for _ in range(12))]
        marks = [table.alpha[k] + (i << table.d[k]) for i in places]
        found += [mark + d for mark in marks for d in (-1, 0, 1, rng.randrange(1 << table.d[k]))]
    found += [rng.getrandbits(rng.randint(1, width)) for _ in range(60)]
    return [x for x in found if 0 <= x < 1 << width]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", PARAMS, ids=str)
def test_contract(params: dict[str, int], sim: str, tmp_path: Path) -> None:
    """value and right make golden's reciprocal, at the full width and at narrower ones, saturated sums too."""
    rng = random.Random(derive_seed("m2_norm_table"))
    kind, width = ("rms1", "rms2")[params["KIND"]], params["WIDTH"]
    full = norm_table(kind, width)
    sum_w = full.d[-1] + SLACK
    rows = []
    for halvings in (0, 1, 2, (width & -width).bit_length() - 4):
        table = norm_table(kind, width >> halvings)
        x = sums(rng, table, sum_w)
        for total, one_over in zip(x, reciprocal(table, torch.tensor(x)).tolist(), strict=True):
            k = max((k for k in range(TABLES) if total >= table.alpha[k]), default=0)
            rows.append([total, halvings, one_over >> table.o[k], table.o[0] - table.o[k]])
    rng.shuffle(rows)
    vectors = tmp_path / "vectors.json"
    vectors.write_text(json.dumps({"inputs": ["sum", "halvings"], "outputs": ["value", "right"], "rows": rows}))
    check_module("m2_norm_table", params | {"SUM_W": sum_w}, sim, "tests.rtl.cocotb_function_unit", vectors)

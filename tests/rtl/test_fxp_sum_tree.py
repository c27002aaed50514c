# SPDX-License-Identifier: Apache-2.0
"""fxp_sum_tree: its contract header is true."""

import json
import random
from pathlib import Path

import pytest
import torch

from golden.fixed import limits, sum_tree
from harness.sim.runner import derive_seed
from tests.rtl.dut import SIMS, check_module

PARAMS = [{"N": 1, "IN_W": 8}, {"N": 5, "IN_W": 3}, {"N": 32, "IN_W": 10}]
CYCLES = 300


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", PARAMS, ids=str)
def test_contract(params: dict[str, int], sim: str, tmp_path: Path) -> None:
    """The sum is exact, at the extremes of all terms too, and as late as the header says, with and without stalls."""
    n, (low, high) = params["N"], limits(params["IN_W"])
    rng = random.Random(derive_seed("fxp_sum_tree"))
    terms = [[rng.choice((low, high, rng.randint(low, high))) for _ in range(n)] for _ in range(CYCLES)]
    terms[::16], terms[1::16] = [[low] * n] * len(terms[::16]), [[high] * n] * len(terms[1::16])
    vectors = tmp_path / "vectors.json"
    vectors.write_text(json.dumps(list(zip(terms, sum_tree(torch.tensor(terms)).tolist(), strict=True))))
    check_module("fxp_sum_tree", params, sim, "tests.rtl.cocotb_fxp", vectors)

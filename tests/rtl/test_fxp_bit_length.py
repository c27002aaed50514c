# SPDX-License-Identifier: Apache-2.0
"""fxp_bit_length: its contract header is true."""

import json
import random
from pathlib import Path

import pytest
import torch

from golden.fixed import bit_length
from harness.sim.runner import derive_seed
from tests.rtl.dut import SIMS, check_module


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("w", [1, 4, 15, 16, 31])
def test_contract(w: int, sim: str, tmp_path: Path) -> None:
    """The length is golden's: for every number where there are few, else around powers of two and at random."""
    rng = random.Random(derive_seed("fxp_bit_length"))
    near = [(1 << k) + d for k in range(w) for d in (-1, 0, 1)] + [(1 << w) - 1]
    some = sorted({x for x in near if x < 1 << w} | {rng.getrandbits(rng.randint(1, w)) for _ in range(200)})
    x = list(range(1 << w)) if w <= 8 else some
    vectors = tmp_path / "vectors.json"
    rows = list(zip(x, bit_length(torch.tensor(x)).tolist(), strict=True))
    vectors.write_text(json.dumps({"inputs": ["x"], "outputs": ["y"], "rows": rows}))
    check_module("fxp_bit_length", {"W": w}, sim, "tests.rtl.cocotb_function_unit", vectors)

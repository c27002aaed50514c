# SPDX-License-Identifier: Apache-2.0
"""tern_act_scale: its contract header is true."""

import json
import random
from pathlib import Path

import pytest
import torch

from golden.fixed.rsqrt import M_FRAC
from golden.ternary.integer.scale import MANTISSA, normalize
from harness.sim.runner import derive_seed
from tests.rtl.dut import SIMS, check_module


@pytest.mark.parametrize("sim", SIMS)
def test_contract(sim: str, tmp_path: Path) -> None:
    """Mantissa and exponent are golden's, for products of 30, 31 and 32 bits and for 0."""
    rng = random.Random(derive_seed("tern_act_scale"))
    rows, lengths = [], set()
    ends = ((1 << 15, 1 << 16), (1 << 14, 1 << 15))
    for _ in range(600):
        a, m = (rng.choice((low, high, high - 1, rng.randint(low, high))) for low, high in ends)
        a = rng.choice((a,) * 9 + (0,))
        length, e = (rng.randint(1, 47) if a else 0), rng.randrange(39)
        scale = normalize(torch.tensor(a * m), torch.tensor(length - MANTISSA - M_FRAC - e))
        rows.append([a, length, m, e, (int(scale.e) & 1023) << 16 | int(scale.m)])
        lengths.add((a * m).bit_length())
    assert lengths == {0, 30, 31, 32}
    vectors = tmp_path / "vectors.json"
    vectors.write_text(json.dumps({"inputs": ["a", "length", "m", "e"], "outputs": ["scale"], "rows": rows}))
    check_module("tern_act_scale", {}, sim, "tests.rtl.cocotb_function_unit", vectors)

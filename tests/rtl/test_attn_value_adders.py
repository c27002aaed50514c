# SPDX-License-Identifier: Apache-2.0
"""attn_value_adders: its contract header is true."""

import json
import random
from pathlib import Path

import pytest

from harness.sim.runner import derive_seed
from tests.rtl.dut import SIMS, check_module

LARGEST = (1 << 24) - 1
ENDS = (0, 1, 2, LARGEST - 1, LARGEST, 1 << 23, 0x55_5555, 0xAA_AAAA)


@pytest.mark.parametrize("sim", SIMS)
def test_contract(sim: str, tmp_path: Path) -> None:
    """Every value of V, with weights at their ends and any, gives the product, as late as the header says."""
    rng = random.Random(derive_seed("attn_value_adders"))
    weights = [w for _ in range(256) for w in (rng.choice(ENDS), rng.randint(0, LARGEST))]
    values = [v for v in range(-128, 128) for _ in range(2)]
    every = list(zip(weights, values, strict=True)) + [(w, v) for w in ENDS for v in (-128, -127, -1, 0, 1, 85, 127)]
    rows = [[w, 3 * w, v, w * v] for w, v in every]
    vectors = tmp_path / "vectors.json"
    vectors.write_text(json.dumps({"inputs": ["w", "triple", "v"], "outputs": ["y"], "rows": rows}))
    check_module("attn_value_adders", {}, sim, "tests.rtl.cocotb_function_unit", vectors)

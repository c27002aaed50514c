# SPDX-License-Identifier: Apache-2.0
"""fxp_rsqrt: its contract header is true."""

import json
import random
from pathlib import Path

import pytest
import torch

from golden.fixed.rsqrt import rsqrt
from harness.sim.runner import derive_seed
from tests.rtl.dut import SIMS, check_module


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("v_w", [2, 9, 24, 59, 63])
def test_contract(v_w: int, sim: str, tmp_path: Path) -> None:
    """m and e are golden's: for every number where there are few, else at powers of two and at each segment's ends."""
    rng = random.Random(derive_seed("fxp_rsqrt"))
    near = [(1 << k) + d for k in range(v_w) for d in (-1, 0, 1)] + [(1 << v_w) - 1, (1 << v_w) - 2]
    for i in range(64, 257):
        start = i << 2 * rng.randrange(v_w) >> 6
        near += [start - 1, start, start + 1, start + (start >> 7)]
    near += [rng.getrandbits(rng.randint(1, v_w)) for _ in range(300)]
    v = list(range(1, 1 << v_w)) if v_w < 10 else [x for x in near if 0 < x < 1 << v_w]
    rng.shuffle(v)
    m, e = rsqrt(torch.tensor(v))
    vectors = tmp_path / "vectors.json"
    rows = list(zip(v, m.tolist(), e.tolist(), strict=True))
    vectors.write_text(json.dumps({"inputs": ["v"], "outputs": ["m", "e"], "rows": rows}))
    check_module("fxp_rsqrt", {"V_W": v_w}, sim, "tests.rtl.cocotb_function_unit", vectors)

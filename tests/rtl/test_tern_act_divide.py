# SPDX-License-Identifier: Apache-2.0
"""tern_act_divide: its contract header is true."""

import random
from pathlib import Path

import pytest

from golden.ternary.integer.functions import LEVELS, QUOTIENT
from harness.sim.runner import derive_seed
from tests.rtl import stream_vectors
from tests.rtl.dut import SIMS, check_module

COUNT = 60


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("side_w", [1, 6])
def test_contract(side_w: int, sim: str, tmp_path: Path) -> None:
    """Quotients are exact at both ends of the range and within it, in order, with what goes beside them."""
    rng = random.Random(derive_seed("tern_act_divide"))
    low, high = 1 << 15, 1 << 16
    near = [*range(low, low + 5), *range(high - 4, high + 1)]
    ins, outs = [], []
    for a in near + [rng.randint(low, high) for _ in range(COUNT)]:
        side = rng.getrandbits(side_w)
        ins.append(side << 17 | a)
        outs.append(side << 24 | (LEVELS << QUOTIENT) // a)
    path = stream_vectors.write(tmp_path / "vectors.json", stream_vectors.traffic(ins, outs))
    check_module("tern_act_divide", {"SIDE_W": side_w}, sim, "tests.rtl.cocotb_stream_unit", path)

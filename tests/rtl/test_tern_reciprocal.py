# SPDX-License-Identifier: Apache-2.0
"""tern_reciprocal: its contract header is true."""

import random
from pathlib import Path

import pytest

from golden.ternary.integer.functions import DENOMINATOR, INVERSE, LEVELS, QUOTIENT
from harness.sim.runner import derive_seed
from tests.rtl import stream_vectors
from tests.rtl.dut import SIMS, check_module

COUNT = 60
USES = [  # parameters, range of a, what is divided: the absmax quantizer's, attention's
    ({"SIDE_W": 1}, (1 << 15, 1 << 16), LEVELS << QUOTIENT),
    ({"SIDE_W": 6}, (1 << 15, 1 << 16), LEVELS << QUOTIENT),
    ({"SIDE_W": 7, "A_W": 16, "Q_W": 18, "START": 1 << INVERSE - 18}, (1 << 15, (1 << DENOMINATOR) - 1), 1 << INVERSE),
]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("params", "ends", "what"), USES, ids=str)
def test_contract(params: dict[str, int], ends: tuple[int, int], what: int, sim: str, tmp_path: Path) -> None:
    """Quotients are exact at both ends of the range and within it, in order, with what goes beside them."""
    rng = random.Random(derive_seed("tern_reciprocal"))
    low, high = ends
    near = [*range(low, low + 5), *range(high - 4, high + 1)]
    ins, outs = [], []
    for a in near + [rng.randint(low, high) for _ in range(COUNT)]:
        side = rng.getrandbits(params["SIDE_W"])
        ins.append(side << params.get("A_W", 17) | a)
        outs.append(side << params.get("Q_W", 24) | what // a)
    path = stream_vectors.write(tmp_path / "vectors.json", stream_vectors.traffic(ins, outs))
    check_module("tern_reciprocal", params, sim, "tests.rtl.cocotb_stream_unit", path)

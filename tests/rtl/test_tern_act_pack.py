# SPDX-License-Identifier: Apache-2.0
"""tern_act_pack: columns of any length are cut, filled and marked."""

import random
from pathlib import Path

import pytest

from golden.errors import InputError
from harness.sim.runner import derive_seed, simulate
from tests.rtl.dut import SIMS, check_module, sources
from tests.rtl.m2_block_data import write

CASES = [
    {"LANES": 8, "OUT": 40},
    {"LANES": 16, "OUT": 40},
    {"LANES": 32, "OUT": 40},
    {"LANES": 8, "OUT": 16},
    {"LANES": 24, "OUT": 32},
]
LONG = 50
VECTORS, COLUMNS = 9, 3


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", CASES, ids=str)
def test_block(params: dict[str, int], sim: str, tmp_path: Path) -> None:
    """A column is its beats side by side, cut into beats of m, zeros behind; at most a cycle a column is lost."""
    rng = random.Random(derive_seed("tern_act_pack"))
    lanes, out = params["LANES"], params["OUT"]
    s, m, sizes = [], [], [*range(1, 12), LONG]
    for k in range(VECTORS * COLUMNS):
        column = rng.randbytes(rng.choice(sizes) * lanes)
        s += [int.from_bytes(column[at : at + lanes], "little") for at in range(0, len(column), lanes)]
        s[-1] |= 1 << lanes * 8
        for at in range(0, len(column), out):
            ends = at + out >= len(column)
            marks = ends | (ends and k % COLUMNS == COLUMNS - 1) << 1
            m.append(int.from_bytes(column[at : at + out], "little") | marks << out * 8)
    path = write(
        tmp_path / "vectors.json",
        {"s": s},
        {"m": m},
        {"job_valid": 1, "job_data": COLUMNS - 1},
        pulses={"job_ready": VECTORS},
        steady=[["s", 0, len(s) - 1, VECTORS * COLUMNS]],
    )
    check_module("tern_act_pack", params, sim, "tests.rtl.cocotb_m2_block", path)


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", [{"LANES": 12}, {"OUT": 44}], ids=str)
def test_illegal_parameters_stop_the_build(params: dict[str, int], sim: str) -> None:
    """The name of a module that does not exist carries the message, in both simulators."""
    with pytest.raises(InputError, match="must_be_multiples_of_8_and_OUT_greater"):
        simulate("tern_act_pack", sources("tern_act_pack"), params, "tests.rtl.cocotb_m2_block", sim=sim)  # type: ignore[arg-type]

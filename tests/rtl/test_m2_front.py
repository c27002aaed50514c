# SPDX-License-Identifier: Apache-2.0
"""m2_front: what in_proj gives reaches the recurrence as golden's mixer has it, over jobs of several layers."""

import random
from pathlib import Path

import pytest

from golden.errors import InputError
from harness.sim.runner import derive_seed, simulate
from tests.rtl import m2_block_data
from tests.rtl.dut import SIMS, check_module, sources
from tests.rtl.m2_front_data import Front, model_of, shape

CASES = [(0, (12, 8, 8, 1)), (1, (4, 16, 8, 1)), (1, (16, 8, 8, 2))]  # heads, their width, states, state groups
JOBS = [(0, 4, True), (1, 3, True), (0, 2), (1, 1), (0, 1), (1, 1), (1, 1, True), (1, 2)]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("profile", "sizes"), CASES, ids=str)
def test_jobs_give_what_the_mixer_gives(
    profile: int, sizes: tuple[int, int, int, int], sim: str, tmp_path: Path
) -> None:
    """Prompts of one to T_COLS tokens, then single tokens, of two layers: every operand is golden's, to the bit."""
    cfg = shape(*sizes)
    rng = random.Random(derive_seed(f"m2_front/{profile}/{sizes}"))
    front = Front(model_of(cfg, profile, rng.getrandbits(30)), rng)
    for job in JOBS:
        front.job(*job)
    static = {
        "c_hg": -(-cfg.nheads // 8),
        "c_bn8": cfg.ngroups * cfg.d_state // 8,
        "c_heads": cfg.nheads,
        "c_p8": cfg.headdim // 8,
    }
    beats = len(front.sources["x"])
    vectors = m2_block_data.write(
        tmp_path / "vectors.json",
        front.sources,
        front.sinks,
        static,
        steady=[["x", 2, beats - 1, 0]],  # two beats come in before the job is known
        latency=[["x", 2, "dt", 2, (22, 32)[profile]]],
    )
    depth = cfg.n_layer * cfg.conv_dim // 8
    params = {"PROFILE": profile, "T_COLS": 4, "CONV_DEPTH": depth}
    check_module("m2_front", params, sim, "tests.rtl.cocotb_m2_block", vectors)


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"PROFILE": 2}, "PROFILE_must_quantize_B_and_C_as_x_in_groups_of_8"),
        ({"T_COLS": 257}, "T_COLS_must_be_1_to_256"),
    ],
)
def test_illegal_parameters_stop_the_build(params: dict[str, int], message: str, sim: str) -> None:
    """The name of a module that does not exist carries the message, in both simulators."""
    with pytest.raises(InputError, match=message):
        simulate("m2_front", sources("m2_front"), params, "tests.rtl.cocotb_m2_block", sim=sim)  # type: ignore[arg-type]

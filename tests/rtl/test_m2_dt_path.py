# SPDX-License-Identifier: Apache-2.0
"""m2_dt_path: dt and decay of groups of heads, full and short, are golden's."""

import random
from pathlib import Path

import pytest

from golden.errors import InputError
from harness.sim.runner import derive_seed, simulate
from tests.rtl import m2_block_data
from tests.rtl.dut import SIMS, check_module, sources
from tests.rtl.m2_front_data import Front, model_of, shape

JOBS = [4, 1, 1, 1, 3, 2, 1, 4] * 2
"""Tokens; each job is of a layer of its own, or records would leave bits and shifts untried."""
LATENCY = (21, 31)


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("profile", [0, 1])
def test_dt_and_decay_are_goldens(profile: int, sim: str, tmp_path: Path) -> None:
    """Records serve one to four tokens; absent heads give 0; a beat a cycle, at the latency of the header."""
    cfg = shape(12, 8, 8, 1, len(JOBS))
    rng = random.Random(derive_seed(f"m2_dt_path/{profile}"))
    front = Front(model_of(cfg, profile, rng.getrandbits(30)), rng)
    width, beats = 8 * front.model.profile.value_bits, []
    for layer, tokens in enumerate(JOBS):
        start = len(front.sources["x"])
        front.job(layer, tokens)
        for k in range(2 * tokens):
            side = int(k % tokens == tokens - 1) << 8 | (0xF if k >= tokens else 0xFF)
            beats.append(front.sources["x"][start + k] | side << width)
    assert len(beats) > 64
    streams = {"s": beats, "head": front.sources["head"]}
    vectors = m2_block_data.write(
        tmp_path / "vectors.json",
        streams,
        {"m": front.sinks["dt"]},
        {},
        steady=[["s", 0, len(beats) - 1, 0]],
        latency=[["s", k, "m", k, LATENCY[profile]] for k in (0, 1, 40)],
    )
    check_module("m2_dt_path", {"PROFILE": profile}, sim, "tests.rtl.cocotb_m2_block", vectors)


@pytest.mark.parametrize("sim", SIMS)
def test_illegal_parameters_stop_the_build(sim: str) -> None:
    """The name of a module that does not exist carries the message, in both simulators."""
    params = {"DEPTH": 64}
    with pytest.raises(InputError, match="DEPTH_must_be_a_power_of_two_from_2_to_32"):
        simulate("m2_exit_queue", sources("m2_exit_queue"), params, "tests.rtl.cocotb_m2_block", sim=sim)  # type: ignore[arg-type]

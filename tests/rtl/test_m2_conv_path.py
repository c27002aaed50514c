# SPDX-License-Identifier: Apache-2.0
"""m2_conv_path: convolutions over the tokens of many visits, whose histories come from the memory in between."""

import random
from pathlib import Path

import pytest

from golden.errors import InputError
from harness.sim.runner import derive_seed, simulate
from tests.rtl import m2_block_data
from tests.rtl.dut import SIMS, check_module, sources
from tests.rtl.m2_front_data import Front, model_of, shape

LAYERS = [(0, 4, True), (1, 3, True), (0, 1), (1, 1), (0, 1), (1, 4), (0, 2), (0, 1, True), (0, 1), (0, 1)]
ONE_GROUP = [(0, 1, True), *[(0, 1)] * 12, (0, 1, True), *[(0, 2)] * 8, (0, 4), (0, 1)]
LATENCY = (21, 26)


def streams(front: Front, jobs: list[tuple], groups: int) -> tuple[dict[str, list[int]], list[int]]:
    """Return the beats in and out of the first `groups` groups, in the order B, C, x, of each job of `front`."""
    p, cfg, rng = front.model.profile, front.model.cfg, front.rng
    bits, width = 8 * p.ssm_bits + 4, 8 * p.value_bits
    s, conv, m = [], [], []
    of_layer = cfg.conv_dim // 8
    for layer, tokens, *fresh in jobs:
        starts = {key: len(beats) for key, beats in (front.sources | front.sinks).items()}
        front.job(layer, tokens, *fresh)
        new = {key: beats[starts[key] :] for key, beats in (front.sources | front.sinks).items()}
        x = new["x"][-(-cfg.nheads // 8) * tokens :]
        state, head = 2 * cfg.ngroups * cfg.d_state // 8 * tokens, cfg.headdim // 8 * tokens
        x = x[:state] + [b for at in range(state, len(x), 2 * head) for b in x[at : at + head]]
        out = new["b"] + new["c"] + new["xq"]
        assert len(x) == len(out) == of_layer * tokens
        conv += new["conv"][:groups]
        for k in range(groups * tokens):
            g, t = divmod(k, tokens)
            kind = rng.randrange(4)
            side = kind << 19 | (t == 0) << 18 | (t == tokens - 1) << 17 | bool(fresh) << 16 | (layer * of_layer + g)
            s.append(x[k] | side << width)
            m.append(out[k] | kind << bits)
    return {"s": s, "conv": conv}, m


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("profile", [0, 1])
@pytest.mark.parametrize(("groups", "jobs"), [(6, LAYERS), (1, ONE_GROUP)], ids=["layers", "one_group"])
def test_convolutions_are_goldens(groups: int, jobs: list, profile: int, sim: str, tmp_path: Path) -> None:
    """Histories survive other groups and layers; a group that comes again in the next cycle finds its own."""
    cfg = shape(4, 8, 8, 1)
    rng = random.Random(derive_seed(f"m2_conv_path/{profile}/{groups}"))
    front = Front(model_of(cfg, profile, rng.getrandbits(30)), rng)
    ins, outs = streams(front, jobs, groups)
    vectors = m2_block_data.write(
        tmp_path / "vectors.json",
        ins,
        {"m": outs},
        {},
        steady=[["s", 0, len(outs) - 1, 0]],
        latency=[["s", k, "m", k, LATENCY[profile]] for k in (0, 3, 27)],
    )
    params = {"PROFILE": profile, "CONV_DEPTH": cfg.n_layer * cfg.conv_dim // 8}
    check_module("m2_conv_path", params, sim, "tests.rtl.cocotb_m2_block", vectors)


@pytest.mark.parametrize("sim", SIMS)
def test_illegal_parameters_stop_the_build(sim: str) -> None:
    """The name of a module that does not exist carries the message, in both simulators."""
    params = {"CONV_DEPTH": 65537}
    with pytest.raises(InputError, match="CONV_DEPTH_must_be_2_to_65536"):
        simulate("m2_conv_path", sources("m2_conv_path"), params, "tests.rtl.cocotb_m2_block", sim=sim)  # type: ignore[arg-type]

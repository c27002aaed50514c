# SPDX-License-Identifier: Apache-2.0
"""m2_ssm: the recurrence, the read-out and the gate of golden's mixer, chunk by chunk."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer.profile import load
from harness.sim.runner import derive_seed
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_recurrence_data import Chunk, chunk

PROFILES = ("lightmamba-w4a4", "fastmamba-w8a8")


def config(p: int, n: int, groups: int, inner: int) -> Mamba2Config:
    return Mamba2Config(d_model=inner // 2, n_layer=1, vocab_size=8, d_state=n, headdim=p, ngroups=groups)


def run(name: str, rng: random.Random, cfg: Mamba2Config, tokens: list[int], tiles: int, words: int) -> dict[str, Any]:
    """Return a run of chunks of so many tokens each; its rate, where words come faster than the state returns."""
    p = load(name)
    made = [chunk(rng, p, cfg, t, tiles) for t in tokens]
    count = cfg.headdim * cfg.d_state // 64 // tiles
    beats = {key: [f"{b:x}" for c in made for b in getattr(c, key)] for key in Chunk.__dataclass_fields__}
    free = (set(tokens) == {1} and cfg.d_state // 8 // tiles > 1) or count >= 20
    last = cfg.d_state // 8 // tiles - 1
    return {
        "static": {"c_words": count if words else 0},
        "sources": {"op": beats["op"], "h": beats["h"]},
        "sinks": {"g": beats["g"], "m": beats["m"]},
        "rates": [["op", 0, len(beats["op"]) - 1]] if free else [],
        "latencies": [["op", last, "m", 0, 38 + tiles.bit_length() - 1]]
        + ([["op", 0, "g", 0, 21]] if tokens[0] == 1 else []),
    }


CASES = [(0, 1, 64), (0, 2, 0), (1, 2, 4)]  # profile, tiles, words


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("profile", "tiles", "words"), CASES)
def test_contract(profile: int, tiles: int, words: int, sim: str, tmp_path: Path) -> None:
    """States and gated y are those of golden.mamba2.integer.block.mixer, for 1 to 4 tokens and 1 to 64 words."""
    rng = random.Random(derive_seed("m2_ssm"))
    name, runs = PROFILES[profile], []
    if words:
        runs.append(run(name, rng, config(8, 8 * tiles, 2, 16), [1, 4, 2, 3], tiles, words))
        runs.append(run(name, rng, config(16, 16 * tiles, 1, 32), [2, 1, 4], tiles, words))
    if words > 4:
        runs.append(run(name, rng, config(16, 96, 1, 16), [3, 1], tiles, words))
        runs.append(run(name, rng, config(64, 64, 1, 64), [2, 1], tiles, words))
    runs.append(run(name, rng, config(8, 16 * tiles, 1, 32), [1] * 5, tiles, words))
    if not words:  # of two words a row the first would do for the last
        runs.append(run(name, rng, config(8, 24 * tiles, 1, 16), [1, 1], tiles, words))
    vectors = tmp_path / "vectors.json"
    vectors.write_text(json.dumps({"runs": runs}))
    params = {"PROFILE": profile, "TILES": tiles, "WORDS": words}
    check_module("m2_ssm", params, sim, "tests.rtl.cocotb_many_streams", vectors)

# SPDX-License-Identifier: Apache-2.0
"""m2_operands: what the front end gives reaches the recurrence in its order, with golden's dB."""

import json
import random
from pathlib import Path
from typing import Any

import pytest

from golden.errors import InputError
from harness.sim.runner import derive_seed, simulate
from tests.rtl.dut import SIMS, check_module, sources
from tests.rtl.m2_front_data import model_of, shape
from tests.rtl.m2_operands_data import Operands

CASES = [(0, 1, 4), (1, 2, 4), (0, 2, 1)]  # profile, tiles, tokens


def run(profile: int, tiles: int, sizes: tuple[int, int, int, int], tokens: list[int], free: bool) -> dict[str, Any]:
    """Return a run of jobs of so many tokens; `free`: from the first quarter on its beats leave without a gap."""
    cfg = shape(*sizes)
    rng = random.Random(derive_seed(f"m2_operands/{profile}/{tiles}/{sizes}"))
    made = Operands(model_of(cfg, profile, rng.getrandbits(30)), rng, tiles)
    for number, count in enumerate(tokens):
        made.job(number % 2, count)
    last = len(made.sinks["op"]) - 1
    return {
        "static": {
            "c_heads": cfg.nheads,
            "c_hg": -(-cfg.nheads // 8),
            "c_p8": cfg.headdim // 8,
            "c_n8": cfg.d_state // 8,
            "c_groups": cfg.ngroups,
            "c_bn8": cfg.ngroups * cfg.d_state // 8,
        },
        "sources": {key: [f"{b:x}" for b in beats] for key, beats in made.sources.items()},
        "sinks": {key: [f"{b:x}" for b in beats] for key, beats in made.sinks.items()},
        "latencies": [["b", cfg.d_state // 8 - 1, "op", 0, cfg.d_state + 17]] if tokens[0] == cfg.ngroups == 1 else [],
        "rates": [["op", last // 4, last]] if free else [],
    }


def cut(most: int, *tokens: int) -> list[int]:
    return [min(count, most) for count in tokens]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("profile", "tiles", "most"), CASES)
def test_contract(profile: int, tiles: int, most: int, sim: str, tmp_path: Path) -> None:
    """Operands are those of golden's scan, for jobs of 1 to `most` tokens, short head groups and two state groups."""
    n = 8 * tiles
    runs = [
        run(profile, tiles, (4, 8, n, 1), cut(most, 1, 4, 1, 1, 3, 2), False),
        run(profile, tiles, (12, 8, 2 * n, 1), cut(most, 3, 1, 4), False),
        run(profile, tiles, (16, 16, 2 * n, 2), cut(most, 2, 4, 1), False),
    ]
    if most > 1:
        runs.append(run(profile, tiles, (16, 32, 2 * n, 1), [4, 2], True))
    vectors = tmp_path / "vectors.json"
    vectors.write_text(json.dumps({"runs": runs}))
    params = {"PROFILE": profile, "T_COLS": most, "TILES": tiles}
    params |= {"H_MAX": 16, "N_MAX": 4 * n, "P_MAX": 32, "G_MAX": 2, "X_HEADS": 2}
    check_module("m2_operands", params, sim, "tests.rtl.cocotb_many_streams", vectors)


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"TILES": 3}, "TILES_must_be_a_power_of_two_and_N_MAX_a_multiple_of_8_TILES"),
        ({"X_HEADS": 3}, "X_HEADS_must_be_a_power_of_two_from_2_on"),
        ({"T_COLS": 257}, "T_COLS_must_be_1_to_256"),
    ],
)
def test_illegal_parameters_stop_the_build(params: dict[str, int], message: str, sim: str) -> None:
    """The name of a module that does not exist carries the message, in both simulators."""
    with pytest.raises(InputError, match=message):
        simulate("m2_operands", sources("m2_operands"), params, "tests.rtl.cocotb_many_streams", sim=sim)  # type: ignore[arg-type]

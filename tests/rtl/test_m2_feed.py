# SPDX-License-Identifier: Apache-2.0
"""m2_feed: stored matrices to weight beats with scales and marks, and records of the channels."""

import random
from pathlib import Path

import pytest

from golden.errors import InputError
from harness.sim.runner import derive_seed, simulate
from tests.rtl.dut import SIMS, check_module, sources
from tests.rtl.m2_block_data import EMBED, HEAD, IN, OUT, write
from tests.rtl.m2_matmul_data import build, matrix, store

ADDITIVE = {"ROWS": 4, "INPUTS": 16, "WEIGHT_BITS": 4, "ADDITIVE": 1}
CHANNEL = {"ROWS": 2, "INPUTS": 8, "WEIGHT_BITS": 8, "ADDITIVE": 0}
SHAPES = {IN: (21, 40), OUT: (40, 72), HEAD: (9, 40)}  # rows and inputs
KINDS = [EMBED, IN, OUT, IN, EMBED, OUT, HEAD, HEAD, IN, EMBED, EMBED, OUT]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", [ADDITIVE, CHANNEL], ids=str)
def test_contract(params: dict[str, int], sim: str, tmp_path: Path) -> None:
    """Every weight beat gets its scales and marks, every tile its record; w takes a beat a cycle, across matrices."""
    rng = random.Random(derive_seed("m2_feed"))
    wide = params["ROWS"] * params["INPUTS"] * params["WEIGHT_BITS"]
    b = build({"PROFILE": 1 - params["ADDITIVE"], "WIDE_W": wide, "INPUTS": params["INPUTS"]})
    stored = [store(matrix(rng, *SHAPES[kind], b), b) for kind in KINDS if kind != EMBED]
    w = [beat for part in stored for beat in part.w]
    sinks = {
        "m": [beat for part in stored for beat in part.beats],
        "r": [record for part in stored for record in part.records],
    }
    beats = {kind: -(-k // b.inputs) for kind, (_, k) in SHAPES.items()}
    count = {kind: -(-m // b.rows) for kind, (m, _) in SHAPES.items()}
    config = {"c_kd": beats[IN], "c_ki": beats[OUT]}
    config |= {"c_tiles_in": count[IN], "c_tiles_out": count[OUT], "c_tiles_head": count[HEAD]}
    path = tmp_path / "vectors.json"
    write(path, {"job": KINDS, "w": w}, sinks, config, steady=[["w", 0, len(w) - 1, 0]], latency=[["w", 1, "m", 0, 1]])
    check_module("m2_feed", params, sim, "tests.rtl.cocotb_m2_block", path)


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(
    ("module", "params", "message"),
    [
        ("m2_feed", {"ROWS": 3}, "ROWS_and_INPUTS_must_be_powers_of_two"),
        ("m2_feed", {"WEIGHT_BITS": 5}, "WEIGHT_BITS_4_or_8"),
        ("m2_narrow", {"CB": 3}, "CB_that_divides_T_PAR"),
        ("m2_gather", {"CB": 3}, "ROWS_and_CB_powers_of_two"),
        ("m2_matmul", {"WIDE_W": 520}, "whole_number_of_rows"),
    ],
)
def test_illegal_parameters_stop_the_build(module: str, params: dict[str, int], message: str, sim: str) -> None:
    """The name of a module that does not exist carries the message, in both simulators."""
    with pytest.raises(InputError, match=message):
        simulate(module, sources(module), params, "tests.rtl.cocotb_m2_block", sim=sim)  # type: ignore[arg-type]

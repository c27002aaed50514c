# SPDX-License-Identifier: Apache-2.0
"""m2_linear: its contract header is true."""

import json
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import torch
from torch import Tensor

from golden.errors import InputError
from golden.fixed import limits
from golden.fixed.pot import Pot
from harness.sim.runner import derive_seed, simulate
from tests.rtl.dut import SIMS, check_module, sources
from tests.rtl.m2_linear_data import (
    activations,
    additive_sums,
    plain_sums,
    side_by_side,
    tile_beats,
    weights,
)
from tests.rtl.stream_vectors import pack

ADDITIVE = {"ROWS": 2, "INPUTS": 16, "ACT_GROUP": 8, "WEIGHT_BITS": 4, "ACT_BITS": 4, "ADDITIVE": 1, "MAX_SHIFT": 15}
MIXED = ADDITIVE | {"ACT_GROUP": 16, "ACT_BITS": 8}
CHANNEL = {"ROWS": 1, "INPUTS": 8, "ACT_GROUP": 8, "WEIGHT_BITS": 8, "ACT_BITS": 8, "ADDITIVE": 0, "MAX_SHIFT": 15}
PARAMS = [
    ADDITIVE | {"T_COLS": 4, "T_PAR": 2, "BEATS": 4, "QUEUE": 16, "ACC_W": 40},
    CHANNEL | {"T_COLS": 3, "T_PAR": 3, "BEATS": 2, "QUEUE": 2, "ACC_W": 36},
    CHANNEL | {"T_COLS": 4, "T_PAR": 2, "BEATS": 4, "QUEUE": 16, "ACC_W": 36},
    ADDITIVE | {"T_COLS": 1, "T_PAR": 1, "BEATS": 4, "QUEUE": 16, "ACC_W": 40},
    MIXED | {"T_COLS": 4, "T_PAR": 2, "BEATS": 4, "QUEUE": 16, "ACC_W": 44},
    MIXED | {"T_COLS": 3, "T_PAR": 3, "BEATS": 4, "QUEUE": 16, "ACC_W": 44},
]
TILES = [  # beats of a column, columns (at most T_COLS), tiles of a vector
    (3, 4, 7),
    (4, 1, 6),
    (1, 3, 20),
    (2, 2, 5),
    (4, 4, 1),
    (1, 2, 1),
    (3, 1, 4),
]


@dataclass
class Beats:
    """Vectors of `cocotb_m2_linear`."""

    a: list[int] = field(default_factory=list)
    w: list[int] = field(default_factory=list)
    out: list[int] = field(default_factory=list)
    tiles: list[tuple[int, int]] = field(default_factory=list)
    vectors: list[tuple[int, int]] = field(default_factory=list)

    def write(self, path: Path) -> Path:
        beats = {key: [f"{beat:x}" for beat in getattr(self, key)] for key in ("a", "w", "out")}
        path.write_text(json.dumps(beats | {"tiles": self.tiles, "vectors": self.vectors}))
        return path


def load_beats(a: Pot, beats: int, params: Mapping[str, int]) -> list[int]:
    """Return the activation beats of a vector's columns [columns, K]."""
    found = []
    last_column = len(a.q) - 1
    width, shift_w = params["ACT_BITS"], params["MAX_SHIFT"].bit_length()
    for column, (q, s) in enumerate(zip(a.q, a.s, strict=True)):
        for k, (slice_q, slice_s) in enumerate(zip(q.chunk(beats), s.chunk(beats), strict=True)):
            values = pack(slice_q.tolist(), width), len(slice_q) * width
            shifts = pack(slice_s.tolist(), shift_w), len(slice_s) * shift_w
            end = k == beats - 1
            found.append(side_by_side(values, shifts, (int(end), 1), (int(end and column == last_column), 1)))
    return found


def weight_beats(w: Tensor, s1: Tensor, s2: Tensor, free: bool, params: Mapping[str, int]) -> list[int]:
    """Return the weight beats of a tile [ROWS, K]; s1, s2 [ROWS, beats]."""
    found, beats = [], s1.shape[1]
    for k, part in enumerate(w.chunk(beats, dim=1)):
        weights_ = pack(part.flatten().tolist(), params["WEIGHT_BITS"]), part.numel() * params["WEIGHT_BITS"]
        pairs = torch.stack((s1[:, k], s2[:, k]), dim=1).flatten().tolist()
        scales = pack(pairs, 3) * params["ADDITIVE"], 3 * len(pairs) * params["ADDITIVE"]
        end = k == beats - 1
        found.append(side_by_side(weights_, scales, (int(end), 1), (int(end and free), 1)))
    return found


def one_vector(beats: int, columns: int, tiles: int, rng: random.Random, params: Mapping[str, int], to: Beats) -> None:
    """Append a vector and its tiles; extremes in both, that fill the sums, come often."""
    rows, inputs = params["ROWS"], params["INPUTS"]
    passes = -(-columns // params["T_PAR"])
    a = activations(rng, columns, beats * inputs, params["ACT_GROUP"], params["ACT_BITS"], params["MAX_SHIFT"])
    to.a += load_beats(a, beats, params)
    for tile in range(tiles):
        w = weights(rng, rows, beats * inputs, params["WEIGHT_BITS"], extreme=tile % 3 == 0)
        s1, s2 = (
            torch.tensor([[rng.choice((0, 7, rng.randrange(8))) for _ in range(beats)] for _ in range(rows)])
            for _ in range(2)
        )
        sums = additive_sums(a, w, s1, s2, inputs) if params["ADDITIVE"] else plain_sums(a, w)
        low, high = limits(params["ACC_W"])
        assert bool(((low <= sums) & (sums <= high)).all())
        to.out += tile_beats(sums, tile == tiles - 1, params)
        to.w += weight_beats(w, s1, s2, tile == tiles - 1, params)
        to.tiles.append((beats, passes))
    to.vectors.append((beats * columns, tiles))


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", PARAMS, ids=str)
def test_contract(params: dict[str, int], sim: str, tmp_path: Path) -> None:
    """Tiles of vectors of all lengths leave with golden's sums, without a bubble, at the latency of the header."""
    rng = random.Random(derive_seed("m2_linear"))
    found = Beats()
    for beats, columns, tiles in TILES:
        one_vector(min(beats, params["BEATS"]), min(columns, params["T_COLS"]), tiles, rng, params, found)
    check_module("m2_linear", params, sim, "tests.rtl.cocotb_m2_linear", found.write(tmp_path / "vectors.json"))


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(
    ("module", "params", "message"),
    [
        ("m2_linear", {"ACC_W": 30}, "ACC_W_must_hold_a_scaled_dot_product"),
        ("m2_linear", {"T_COLS": 6, "T_PAR": 2}, "T_COLS_must_be_T_PAR_times_a_power_of_two"),
        ("m2_linear", {"BEATS": 48}, "BEATS_must_be_a_power_of_two"),
        ("m2_linear", {"QUEUE": 64}, "QUEUE_must_be_a_power_of_two_from_2_to_32"),
        ("m2_dot", {"INPUTS": 20}, "INPUTS_a_multiple_of_ACT_GROUP"),
        ("m2_dot", {"WEIGHT_BITS": 9}, "WEIGHT_BITS_and_ACT_BITS_from_2_to_8"),
        ("m2_scale", {"CHANNEL": 1, "IN_W": 50}, "IN_W_must_be_26_to_48"),
        ("m2_scale", {"CHANNEL": 2}, "CHANNEL_0_or_1"),
    ],
)
def test_illegal_parameters_stop_the_build(module: str, params: dict[str, int], message: str, sim: str) -> None:
    """The name of a module that does not exist carries the message, in both simulators."""
    with pytest.raises(InputError, match=message):
        simulate(module, sources(module), params, "tests.rtl.cocotb_m2_linear", sim=sim)  # type: ignore[arg-type]

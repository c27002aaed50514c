# SPDX-License-Identifier: Apache-2.0
"""m2_feed: stored matrices to weight beats with scales and marks, and records of the channels."""

import random
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from golden.errors import InputError
from harness.sim.runner import derive_seed, simulate
from tests.rtl.dut import SIMS, check_module, sources
from tests.rtl.m2_block_data import EMBED, HEAD, IN, OUT, run, write
from tests.rtl.m2_matmul_data import Build, build, matrix, store

ADDITIVE = {"ROWS": 4, "INPUTS": 16, "WEIGHT_BITS": 4, "ADDITIVE": 1, "BEATS": 8}
CHANNEL = {"ROWS": 2, "INPUTS": 8, "WEIGHT_BITS": 8, "ADDITIVE": 0, "BEATS": 16}
SHAPES = {IN: (21, 40), OUT: (40, 72), HEAD: (9, 40)}
KINDS = [EMBED, IN, OUT, IN, EMBED, OUT, HEAD, HEAD, IN, EMBED, EMBED, OUT]


Shapes = Mapping[int, tuple[int, int]]
"""Rows and inputs of each kind's matrix."""
Streams = Mapping[str, Sequence[int]]
"""Beats by stream."""


def config(shapes: Shapes, b: Build) -> dict[str, int]:
    """Return the configuration inputs of shapes."""
    beats = {kind: -(-k // b.inputs) for kind, (_, k) in shapes.items()}
    count = {kind: -(-m // b.rows) for kind, (m, _) in shapes.items()}
    tiles = {"c_tiles_in": count[IN], "c_tiles_out": count[OUT], "c_tiles_head": count[HEAD]}
    return {"c_kd": beats[IN], "c_ki": beats[OUT]} | tiles


def traffic(rng: random.Random, b: Build, shapes: Shapes, kinds: Sequence[int]) -> tuple[Streams, Streams]:
    """Return what goes in and what comes out for jobs of these kinds, each with a matrix of its own."""
    stored = [store(matrix(rng, *shapes[kind], b), b) for kind in kinds if kind != EMBED]
    w = [beat for part in stored for beat in part.w]
    m = [beat for part in stored for beat in part.beats]
    return {"job": kinds, "w": w}, {"m": m, "r": [record for part in stored for record in part.records]}


def sizes(rng: random.Random, b: Build, beats: int) -> Iterator[dict[str, Any]]:
    """Yield runs whose rows are of 1 to `beats` weight beats, one and several tiles high."""
    for k in range(beats):
        tall, small = b.rows * (1 + k % 3), b.rows * (1 + (k + 1) % 3)
        shapes = {IN: (tall, (k + 1) * b.inputs), OUT: (small, (beats - k) * b.inputs), HEAD: (b.rows, b.inputs)}
        yield run(*traffic(rng, b, shapes, [IN, OUT, IN]), config(shapes, b))


def large(rng: random.Random, b: Build) -> Iterator[dict[str, Any]]:
    """Yield the first two tiles of matrices of one or two tiles more than a power of two, which never end here."""
    stored = store(matrix(rng, 3 * b.rows, b.inputs, b), b)
    sinks = {"m": stored.beats[:2], "r": stored.records[:2]}
    for k, kind in product(range(2, 32), (IN, OUT, HEAD)):
        counts = {other: (1 << k) + 1 + (k + kind) % 2 if other == kind else 1 for other in (IN, OUT, HEAD)}
        shapes = {other: (count * b.rows, b.inputs) for other, count in counts.items()}
        yield run({"job": [kind], "w": stored.w[:3]}, sinks, config(shapes, b))


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", [ADDITIVE, CHANNEL], ids=str)
def test_contract(params: dict[str, int], sim: str, tmp_path: Path) -> None:
    """Every weight beat gets its scales and marks, every tile its record; w takes a beat a cycle, across matrices."""
    rng = random.Random(derive_seed("m2_feed"))
    wide = params["ROWS"] * params["INPUTS"] * params["WEIGHT_BITS"]
    b = build({"PROFILE": 1 - params["ADDITIVE"], "WIDE_W": wide, "INPUTS": params["INPUTS"]})
    ins, outs = traffic(rng, b, SHAPES, KINDS)
    steady, latency = [["w", 0, len(ins["w"]) - 1, 0]], [["w", 1, "m", 0, 1]]
    further = [*sizes(rng, b, params["BEATS"]), *large(rng, b)]
    path = tmp_path / "vectors.json"
    busy = {"working": ["w", "m"]}
    write(path, ins, outs, config(SHAPES, b), steady=steady, latency=latency, busy=busy, further=further)
    check_module("m2_feed", params, sim, "tests.rtl.cocotb_m2_block", path)


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(
    ("module", "params", "message"),
    [
        ("m2_feed", {"ROWS": 3}, "ROWS_and_INPUTS_must_be_powers_of_two"),
        ("m2_feed", {"WEIGHT_BITS": 5}, "WEIGHT_BITS_4_or_8"),
        ("m2_feed", {"BEATS": 1}, "BEATS_must_be_2_to_32768"),
        ("m2_narrow", {"CB": 3}, "CB_that_divides_T_PAR"),
        ("m2_gather", {"CB": 3}, "ROWS_and_CB_powers_of_two"),
        ("m2_matmul", {"WIDE_W": 520}, "whole_number_of_rows"),
    ],
)
def test_illegal_parameters_stop_the_build(module: str, params: dict[str, int], message: str, sim: str) -> None:
    """The name of a module that does not exist carries the message, in both simulators."""
    with pytest.raises(InputError, match=message):
        simulate(module, sources(module), params, "tests.rtl.cocotb_m2_block", sim=sim)  # type: ignore[arg-type]

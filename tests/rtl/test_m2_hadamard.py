# SPDX-License-Identifier: Apache-2.0
"""m2_hadamard: its contract header is true."""

import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import torch
from torch import Tensor

from golden.fixed import HALF_UP, limits, round_shift, transform
from harness.sim.runner import derive_seed
from tests.rtl import stream_vectors
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_data import block_beats, groups
from tests.rtl.stream_vectors import Traffic

PARAMS = [
    {"LANES": 8, "BLOCK_MIN": 64, "BLOCK_MAX": 256, "IN_W": 12, "OUT_W": 16},
    {"LANES": 2, "BLOCK_MIN": 4, "BLOCK_MAX": 32, "IN_W": 24, "OUT_W": 28},
    {"LANES": 4, "BLOCK_MIN": 4, "BLOCK_MAX": 4, "IN_W": 8, "OUT_W": 9},
]


def traffic(blocks: Sequence[Tensor], params: Mapping[str, int]) -> Traffic:
    """Return the beats of blocks of any size, and golden's."""
    lanes = params["LANES"]
    ins, outs = [], []
    for x in blocks:
        y = round_shift(transform(x, len(x)), (len(x).bit_length() - 1) // 2, HALF_UP)
        ins += block_beats(x, lanes, params["IN_W"])
        outs += block_beats(y, lanes, params["OUT_W"])
    return stream_vectors.traffic(ins, outs, [(len(x) // lanes, len(x) // lanes) for x in blocks])


def extremes(rng: random.Random, n: int, width: int) -> Tensor:
    """A block that drives one result to an end of its range: a row of H times one of the limits."""
    low, high = limits(width)
    row = transform(torch.eye(n, dtype=torch.int64), n)[rng.randrange(n)]
    return torch.where(row * rng.choice((1, -1)) > 0, high, low)


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", PARAMS, ids=str)
def test_contract(params: dict[str, int], sim: str, tmp_path: Path) -> None:
    """Blocks of every size, mixed, leave as golden's transform and round_shift make them, at the extremes too."""
    rng = random.Random(derive_seed("m2_hadamard"))
    least, largest, width = params["BLOCK_MIN"], params["BLOCK_MAX"], params["IN_W"]
    sizes = [size for k in range(largest.bit_length()) if (size := 1 << k) >= least]
    mixed = [x[: rng.choice(sizes)] for x in groups(rng, 24, largest, width)]
    mixed += [extremes(rng, rng.choice(sizes), width) for _ in range(8)]
    mixed += [torch.full((size,), limit) for size in sizes for limit in limits(width)]
    equal = list(groups(rng, 3 + 160 // largest, largest, width))
    vectors = stream_vectors.write(tmp_path / "vectors.json", traffic(mixed, params), traffic(equal, params))
    check_module("m2_hadamard", params, sim, "tests.rtl.cocotb_stream_unit", vectors)


@pytest.mark.parametrize("sim", SIMS)
def test_smaller_blocks(sim: str, tmp_path: Path) -> None:
    """Each halving of the block adds a cycle of latency; throughput stays, and the beats absorbed follow from these."""
    params, size = PARAMS[0], 64
    blocks = traffic(list(groups(random.Random(derive_seed("m2_hadamard/small")), 12, size, 12)), params)
    later = params["BLOCK_MAX"] ** 2 // size  # the header's BLOCK_MAX that gives this latency
    names = {"BLOCK_MAX": later, "LANES": later * params["LANES"] // size}  # and a block's beats, for the capacity
    vectors = stream_vectors.write(tmp_path / "vectors.json", blocks, names=names)
    check_module("m2_hadamard", params, sim, "tests.rtl.cocotb_stream_unit", vectors)

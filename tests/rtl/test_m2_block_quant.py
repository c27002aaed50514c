# SPDX-License-Identifier: Apache-2.0
"""m2_block_quant: its contract header is true."""

import random
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from torch import Tensor

from golden.fixed import quantize
from harness.sim.runner import derive_seed
from tests.rtl import stream_vectors
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_data import block_beats, groups
from tests.rtl.stream_vectors import Traffic, pack

PARAMS = [
    {"LANES": 4, "BLOCK_MAX": 64, "IN_W": 24, "BITS": 8, "MAX_SHIFT": 15, "DEPTH": 32},
    {"LANES": 2, "BLOCK_MAX": 128, "IN_W": 29, "BITS": 4, "MAX_SHIFT": 15, "DEPTH": 128},
    {"LANES": 1, "BLOCK_MAX": 2, "IN_W": 16, "BITS": 16, "MAX_SHIFT": 31, "DEPTH": 8},
]


def traffic(blocks: Sequence[Tensor], params: Mapping[str, int]) -> Traffic:
    """Return the beats of blocks of any size, and golden's."""
    lanes, bits, max_shift = params["LANES"], params["BITS"], params["MAX_SHIFT"]
    ins, outs = [], []
    for x in blocks:
        pot = quantize(x, bits, 0, max_shift)
        ins += block_beats(x, lanes, params["IN_W"])
        outs += [pack(q, bits) | int(pot.s) << lanes * bits for q in pot.q.reshape(-1, lanes).tolist()]
    sizes = [len(x) // lanes for x in blocks]
    return stream_vectors.traffic(ins, outs, [(size, size) for size in sizes])


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("params", PARAMS, ids=str)
def test_contract(params: dict[str, int], sim: str, tmp_path: Path) -> None:
    """Blocks of every size, mixed, leave as golden.fixed.pot.quantize makes them, each with its one shift."""
    rng = random.Random(derive_seed("m2_block_quant"))
    largest, width = params["BLOCK_MAX"], params["IN_W"]
    sizes = [size for k in range(largest.bit_length()) if (size := 1 << k) >= params["LANES"]]
    mixed = [x[: rng.choice(sizes)] for x in groups(rng, 56, largest, width)]
    equal = list(groups(rng, 2 + 600 // largest, largest, width))
    vectors = stream_vectors.write(tmp_path / "vectors.json", traffic(mixed, params), traffic(equal, params))
    check_module("m2_block_quant", params, sim, "tests.rtl.cocotb_stream_unit", vectors)


@pytest.mark.parametrize("sim", SIMS)
def test_smallest_blocks(sim: str, tmp_path: Path) -> None:
    """Latency and throughput hold for blocks of one beat; of these no more than 16 wait, in front of two beats."""
    params = PARAMS[0]
    small = list(groups(random.Random(derive_seed("m2_block_quant/small")), 80, 4, 24))
    vectors = stream_vectors.write(tmp_path / "vectors.json", traffic(small, params), names={"DEPTH": 16})
    check_module("m2_block_quant", params, sim, "tests.rtl.cocotb_stream_unit", vectors)

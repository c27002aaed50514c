# SPDX-License-Identifier: Apache-2.0
"""tern_cache_feed: each column sees what golden lets it see, tile by tile, of memory first and then of what is new."""

import random
from pathlib import Path

import pytest

from harness.sim.runner import derive_seed
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_block_data import write
from tests.rtl.tern_cache_data import Attention, Shape, ended

CASES = [  # texts, (tokens, positions of prefix and texts) of the jobs; POS 2, 1, 4, 8
    (Shape(512, 5, 2, 64), 1, [(5, (33, 32)), (1, (0, 0)), (4, (0, 1)), (3, (31, 0)), (5, (64, 65))]),
    (Shape(512, 4, 3, 32), 3, [(3, (5, 0, 32, 64)), (3, (0, 0, 0, 0)), (3, (0, 2, 1, 0)), (3, (1, 0, 0, 1))]),
    (Shape(256, 4, 1, 128), 4, [(4, (0, 1, 1, 1, 1)), (4, (16, 17, 0, 15, 32)), (4, (1, 0, 1, 0, 1))]),
    (Shape(1024, 2, 3, 32), 2, [(2, (64, 3, 0)), (2, (0, 1, 127)), (2, (130, 65, 66))]),
    (Shape(2048, 3, 2, 96), 1, [(3, (7, 9)), (2, (8, 0)), (1, (0, 129))]),
    (Shape(512, 1, 1, 32), 1, [(1, (0, n)) for n in (0, 1, 2, 31, 32, 33)]),
]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("shape", "batch", "jobs"), CASES, ids=lambda value: str(value)[:60])
def test_block(shape: Shape, batch: int, jobs: list[tuple[int, tuple[int, ...]]], sim: str, tmp_path: Path) -> None:
    """Parts that are empty, that end with a tile or with a beat of exponents, or within; chunks of one text and several
    texts, more columns than places in a tile and fewer. No beat of a head's keys or values waits.
    """
    rng = random.Random(derive_seed(f"tern_cache_feed/{shape}/{batch}"))
    put: dict[str, list[int]] = {p: [] for p in ("job", "k", "v", "nk", "ne", "nv", "m_k", "m_tile", "m_v")}
    steady = []
    for tokens, lengths in jobs:
        job = Attention.of(rng, shape, batch, tokens, lengths)
        put["job"].append(tokens - 1 | job.positions << 8)
        put["k"] += job.memory_keys()
        put["v"] += job.memory_values()
        for tiles in job.new_tiles():
            put["nk"] += ended(tiles.k, shape.wide)
            put["ne"] += ended(tiles.e, 16 * shape.pos)
            put["nv"] += ended(tiles.v, shape.wide)
        for name, beats in job.expected().items():
            steady += [[name, len(put[name]), len(put[name]) + len(beats) - 1, job.idle(name)]]
            put[name] += beats
    path = write(
        tmp_path / "vectors.json",
        {p: put[p] for p in ("job", "k", "v", "nk", "ne", "nv")},
        {p: put[p] for p in ("m_k", "m_tile", "m_v")},
        {"c_batch": batch, "c_slices": shape.slices, "c_heads": shape.heads},
        steady=steady,
        waits=["m_k", "m_tile", "m_v"],
    )
    params = {"WIDE_W": shape.wide, "T_COLS": shape.t_cols}
    check_module("tern_cache_feed", params, sim, "tests.rtl.cocotb_m2_block", path)

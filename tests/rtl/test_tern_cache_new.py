# SPDX-License-Identifier: Apache-2.0
"""tern_cache_new: new keys and values leave as the tiles that pack_cache makes of them, head by head."""

import random
from pathlib import Path

import pytest

from harness.sim.runner import derive_seed
from tests.rtl.contract import contract
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_block_data import write
from tests.rtl.tern_cache_data import Shape, ended, layer_cache, words

CASES = [  # words of a bank, tokens of the jobs
    (Shape(512, 4, 3, 64), 16, (4, 1, 3, 2)),
    (Shape(512, 5, 1, 128), 16, (5, 4)),
    (Shape(256, 3, 2, 96), 32, (3, 1, 2)),
    (Shape(1024, 1, 4, 32), 4, (1,) * 5),
    (Shape(2048, 3, 2, 64), 4, (3, 2, 1)),
]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("shape", "most", "tokens"), CASES, ids=str)
def test_block(shape: Shape, most: int, tokens: tuple[int, ...], sim: str, tmp_path: Path) -> None:
    """Tiles that are full or not, more tokens than places and fewer, banks filled to the last word; a word a cycle in,
    a tile a cycle out, a head's first tile two cycles behind its last word, its exponents three.
    """
    rng = random.Random(derive_seed(f"tern_cache_new/{shape}"))
    put: dict[str, list[int]] = {name: [] for name in ("job", "s", "m_k", "m_e", "m_v")}
    for count in tokens:
        new = layer_cache(rng, shape.heads, count, shape.width)
        put["job"].append(count - 1)
        put["s"] += words(new)
        for tiles in shape.tiles(new):
            put["m_k"] += ended(tiles.k, shape.wide)
            put["m_e"] += ended(tiles.e, 16 * shape.pos)
            put["m_v"] += ended(tiles.v, shape.wide)
    late = int(contract("tern_cache_new").value("Latency", {}) or 0)
    head, each = tokens[0] * shape.slices, -(-tokens[0] // shape.pos)
    values = shape.heads * head
    path = write(
        tmp_path / "vectors.json",
        {name: put[name] for name in ("job", "s")},
        {name: put[name] for name in ("m_k", "m_e", "m_v")},
        {"c_slices": shape.slices, "c_heads": shape.heads},
        steady=[["s", 0, 2 * values - 1, 0], *([m, 0, each * shape.slices - 1, 0] for m in ("m_k", "m_v"))],
        latency=[
            *(["s", (j + 1) * head - 1, "m_k", j * each * shape.slices, late] for j in range(shape.heads)),
            *(["s", values + (j + 1) * head - 1, "m_v", j * each * shape.slices, late] for j in range(shape.heads)),
            *(["s", values + (j + 1) * head - 1, "m_e", j * each, late + 1] for j in range(shape.heads)),
        ],
        waits=["m_k", "m_e", "m_v"],
    )
    params = {"WIDE_W": shape.wide, "T_COLS": shape.t_cols, "WORDS": most}
    check_module("tern_cache_new", params, sim, "tests.rtl.cocotb_m2_block", path)

# SPDX-License-Identifier: Apache-2.0
"""tern_cache: in the jobs of whole starts attention gets golden's tiles and masks, and memory what golden writes."""

import random
from pathlib import Path

import pytest

from golden.schedule import Kind
from golden.ternary.accel.cache import Room, cache_writes, parts
from golden.ternary.config import BitNetConfig
from harness.sim.runner import derive_seed
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_block_data import write
from tests.rtl.tern_cache_data import Attention, Shape, eighths, layer_cache, words, writes
from tests.rtl.tern_start_data import Start, lengths_word
from tests.rtl.tern_start_data import words as job_words

OFFSET = 0x3_4567_8000
PORT = 16


CASES = [  # words of a bank
    (Shape(512, 5, 2, 64), 16, Start(5, 11, 2, 3, (29,))),
    (Shape(512, 3, 1, 32), 4, Start(3, 3, 3, 33, (0, 31, 7))),
    (Shape(256, 4, 2, 32), 8, Start(4, 4, 2, 0, (1, 16, 15, 0))),
    (Shape(1024, 2, 2, 128), 8, Start(2, 3, 2, 0, (0,))),
]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("shape", "most", "start"), CASES, ids=str)
def test_block(shape: Shape, most: int, start: Start, sim: str, tmp_path: Path) -> None:
    """Prompts in chunks and batches of texts, with and without a prefix; caches grow from chunk to chunk, over ends of
    tiles and of beats of exponents. idle says whether writes are still to come.
    """
    batch, order = start.batch, start.jobs()
    rng = random.Random(derive_seed(f"tern_cache/{start}"))
    cfg = BitNetConfig(100, shape.width * shape.heads, 64, start.layers, shape.heads, shape.heads, 1e4, 8192)
    room = Room(start.prefix, max(start.own) + start.prompt + batch * start.generate)
    prefix, own = parts(cfg, room, shape.machine)
    put: dict[str, list[int]] = {p: [] for p in ("job", "s", "k", "v", "m_k", "m_tile", "m_v", "wr")}
    put["job"] += job_words(order)
    caches = [
        [layer_cache(rng, shape.heads, n, shape.width) for n in (start.prefix, *start.own)] for _ in range(start.layers)
    ]
    for each in order:
        if each.kind is not Kind.IN or each.layer % 2:
            continue
        layer = each.layer // 2
        added = tuple(layer_cache(rng, shape.heads, each.tokens // batch, shape.width) for _ in range(batch))
        job = Attention(shape, caches[layer][0], tuple(caches[layer][1:]), added)
        put["s"] += eighths(job.new)
        put["k"] += job.memory_keys()
        put["v"] += job.memory_values()
        for name, beats in job.expected().items():
            put[name] += beats
        lengths = [len(text) for text in job.own]
        places = cache_writes(cfg, room, layer, lengths, each.tokens, shape.machine)
        put["wr"] += writes(words(job.new), places, OFFSET, PORT)
        caches[layer][1:] = [text.join(new) for text, new in zip(job.own, added, strict=True)]
    static = {"clear": 0, "c_off": OFFSET, "c_batch": batch, "c_slices": shape.slices, "c_heads": shape.heads}
    static |= {"c_prefix": start.prefix, "c_own": lengths_word(start.own)}
    static |= {"c_keys1": own.keys, "c_head1": own.head, "c_layer1": own.layer}
    static |= {"c_part0": prefix.whole, "c_part1": own.whole}
    path = write(
        tmp_path / "vectors.json",
        {p: put[p] for p in ("job", "s", "k", "v")},
        {p: put[p] for p in ("m_k", "m_tile", "m_v", "wr")},
        static,
        latency=[] if any((start.prefix, *start.own)) else [["s", start.t_cols * shape.width // 8 - 1, "m_k", 0, 3]],
        waits=["m_k", "m_tile", "m_v", "wr"],
    )
    params = {"WIDE_W": shape.wide, "PORT_BYTES": PORT, "T_COLS": shape.t_cols, "J_WORDS": most, "STORE": 8}
    check_module("tern_cache", params, sim, "tests.rtl.cocotb_m2_block", path)
    check_module("tern_cache", params, sim, "tests.rtl.cocotb_tern_cache", path)

# SPDX-License-Identifier: Apache-2.0
"""tern_head_feed: golden's region of a head leaves as tiles for attn_dot or tern_linear and as scales of 8 rows."""

import random
from pathlib import Path
from typing import Any

import pytest
import torch

from golden.ternary.accel.layout import rows_section, ternary_rows_section
from harness.sim.runner import derive_seed
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_block_data import run, write
from tests.rtl.tern_head_data import head_pass, machine, numbers, scale_beats, some_rows, some_trits, trit_beats

CASES = [
    (512, 50, 64, False),
    (512, 48, 32, False),
    (512, 9, 96, False),
    (256, 19, 64, False),
    (2048, 200, 32, False),
    (2048, 129, 64, False),
    (512, 50, 96, True),
    (512, 24, 32, True),
    (1024, 40, 96, True),
    (2048, 200, 176, True),
    (2048, 128, 160, True),
]
"""Bits of a wide beat, vocabulary, D, whether it is ternary: blocks and tiles that are full, and not."""
PASSES = 3
SLICES = (2, 3, 5, 9, 17, 33, 65, 130, 255)
"""Slices of a row: each bit of their number alone and with all below it."""
BLOCKS = 130
"""Blocks of a long region."""


def region(
    rng: random.Random, wide_w: int, vocab: int, width: int, trits: bool
) -> tuple[dict[str, list[int]], dict[str, list[int]], dict[str, int]]:
    """One pass over a head: what is read, what leaves, and the settings."""
    wide = machine(wide_w)
    if trits:
        rows = some_trits(rng, vocab, width)
        beats, tiles = numbers(ternary_rows_section(rows, wide)), trit_beats(rows, wide)
    else:
        rows = some_rows(rng, vocab, width)
        beats, mark = numbers(rows_section(rows, wide)), 1 << wide_w
        tiles = head_pass(torch.zeros(1, width, dtype=torch.int64), rows, 2, wide).beats()
        tiles = [beat % mark | (beat // mark) * mark << max((wide_w // 512 - 1).bit_length(), 1) for beat in tiles]
    settings = {"c_vocab": vocab, "c_slices": -(-width // (40 if trits else 32)), "c_ternary": int(trits)}
    return {"h": beats}, {"m": tiles, "r": scale_beats(rows)}, settings


def larger(rng: random.Random, wide_w: int, trits: bool) -> list[dict[str, Any]]:
    """Heads of rows of many slices, and of many blocks."""
    each, last = 40 if trits else 32, wide_w // 32 * (BLOCKS - 1)
    sizes = [(rng.randint(1, wide_w // 256), slices * each) for slices in SLICES] + [(last + rng.randint(1, 8), each)]
    return [run(*region(rng, wide_w, vocab, width, trits)) for vocab, width in sizes]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("wide_w", "vocab", "width", "trits"), CASES)
def test_block(wide_w: int, vocab: int, width: int, trits: bool, sim: str, tmp_path: Path) -> None:
    """Pass after pass, each a beat a cycle; the scales of a beat leave while tiles pass. Once a width, sizes up to
    powers of two.
    """
    rng = random.Random(derive_seed(f"tern_head_feed/{wide_w}/{vocab}/{width}"))
    h, out, settings = region(rng, wide_w, vocab, width, trits)
    first = next(case for case in CASES if case[0] == wide_w) == (wide_w, vocab, width, trits)
    path = write(
        tmp_path / "vectors.json",
        {name: beats * PASSES for name, beats in h.items()},
        {name: beats * PASSES for name, beats in out.items()},
        settings,
        steady=[["h", 0, len(h["h"]) - 1, 0]],
        latency=[["h", 0, "r", 0, 3 if wide_w >= 64 * 256 else 2]],
        waits=["m", "r"],
        further=larger(rng, wide_w, trits) if first else [],
    )
    check_module("tern_head_feed", {"WIDE_W": wide_w}, sim, "tests.rtl.cocotb_m2_block", path)

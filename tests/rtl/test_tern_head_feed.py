# SPDX-License-Identifier: Apache-2.0
"""tern_head_feed: golden's region of a head leaves as tiles for attn_dot or tern_linear and as scales of 8 rows."""

import random
from pathlib import Path

import pytest
import torch

from golden.ternary.accel.layout import rows_section, ternary_rows_section
from harness.sim.runner import derive_seed
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_block_data import write
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


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("wide_w", "vocab", "width", "trits"), CASES)
def test_block(wide_w: int, vocab: int, width: int, trits: bool, sim: str, tmp_path: Path) -> None:
    """Pass after pass, each a beat a cycle; the scales of a beat leave while tiles pass."""
    rng, wide = random.Random(derive_seed(f"tern_head_feed/{wide_w}/{vocab}/{width}")), machine(wide_w)
    if trits:
        rows = some_trits(rng, vocab, width)
        region, tiles = numbers(ternary_rows_section(rows, wide)), trit_beats(rows, wide)
    else:
        rows = some_rows(rng, vocab, width)
        region, mark = numbers(rows_section(rows, wide)), 1 << wide_w
        tiles = head_pass(torch.zeros(1, width, dtype=torch.int64), rows, 2, wide).beats()
        tiles = [beat % mark | (beat // mark) * mark << max((wide_w // 512 - 1).bit_length(), 1) for beat in tiles]
    scales = scale_beats(rows)
    path = write(
        tmp_path / "vectors.json",
        {"h": region * PASSES},
        {"m": tiles * PASSES, "r": scales * PASSES},
        {"c_vocab": vocab, "c_slices": -(-width // (40 if trits else 32)), "c_ternary": int(trits)},
        steady=[["h", 0, len(region) - 1, 0]],
        latency=[["h", 0, "r", 0, 3 if wide_w >= 64 * 256 else 2]],
        waits=["m", "r"],
    )
    check_module("tern_head_feed", {"WIDE_W": wide_w}, sim, "tests.rtl.cocotb_m2_block", path)

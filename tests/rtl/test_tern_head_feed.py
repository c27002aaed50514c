# SPDX-License-Identifier: Apache-2.0
"""tern_head_feed: golden's region of an int8 head leaves as tiles for attn_dot and as scales of 8 rows."""

import random
from pathlib import Path

import pytest
import torch

from golden.ternary.accel.layout import rows_section
from harness.sim.runner import derive_seed
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_block_data import write
from tests.rtl.tern_head_data import head_pass, machine, numbers, scale_beats, some_rows

CASES = [(512, 50, 64), (512, 48, 32), (512, 9, 96), (256, 19, 64), (2048, 200, 32), (2048, 129, 64)]
"""Bits of a wide beat, vocabulary, D: blocks and tiles that are full, and not."""
PASSES = 3


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize(("wide_w", "vocab", "width"), CASES)
def test_block(wide_w: int, vocab: int, width: int, sim: str, tmp_path: Path) -> None:
    """Pass after pass, each a beat a cycle; the scales of a beat leave while tiles pass."""
    rng, wide = random.Random(derive_seed(f"tern_head_feed/{wide_w}/{vocab}/{width}")), machine(wide_w)
    rows = some_rows(rng, vocab, width)
    region = numbers(rows_section(rows, wide))
    tiles = head_pass(torch.zeros(1, width, dtype=torch.int64), rows, 2, wide).beats()
    scales = scale_beats(rows)
    path = write(
        tmp_path / "vectors.json",
        {"h": region * PASSES},
        {"m": tiles * PASSES, "r": scales * PASSES},
        {"c_vocab": vocab, "c_slices": width // 32},
        steady=[["h", 0, len(region) - 1, 0]],
        latency=[["h", 0, "r", 0, 3 if wide_w >= 64 * 256 else 2]],
        waits=["m", "r"],
    )
    check_module("tern_head_feed", {"WIDE_W": wide_w}, sim, "tests.rtl.cocotb_m2_block", path)

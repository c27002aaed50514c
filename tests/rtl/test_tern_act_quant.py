# SPDX-License-Identifier: Apache-2.0
"""tern_act_normal and tern_act_quant: their contract headers are true."""

import json
import random
from pathlib import Path

import pytest
import torch

from golden.fixed.rounding import HALF_EVEN, round_shift
from golden.ternary.integer.functions import LEVELS, QUOTIENT
from golden.ternary.integer.scale import MANTISSA, shift
from harness.sim.runner import derive_seed
from tests.rtl.dut import SIMS, check_module
from tests.rtl.stream_vectors import pack

COUNT = 500
TURNS = 12
"""So often each of the elements next to a tie comes, so that each stage holds it once."""


def element(rng: random.Random, peak: int) -> int:
    """Return a number of at most this magnitude: its ends, zero, around a half, or any."""
    half = peak // 2
    return rng.choice((peak, -peak, 0, half, peak - half, -half, rng.randint(-peak, peak)))


def peaks(rng: random.Random, width: int) -> list[int]:
    """Return greatest magnitudes of up to `width` bits, many of them next to powers of two."""
    near = [(1 << rng.randint(0, width)) + rng.randint(-2, 2) for _ in range(COUNT)]
    return [min(max(each, 0), (1 << width) - 1) for each in near] + [rng.getrandbits(width) for _ in range(COUNT)]


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("x_w", [24, 48, 64])
def test_normal(x_w: int, sim: str, tmp_path: Path) -> None:
    """Shifted to the right or left, halves go up, the greatest magnitude becomes 2^15..2^16."""
    rng = random.Random(derive_seed("tern_act_normal"))
    # golden's shift is stated below 2^61
    rows = []
    for peak in peaks(rng, min(x_w - 1, 60)):
        x, length = element(rng, peak), peak.bit_length()
        y = int(shift(torch.tensor(x), length - MANTISSA))
        assert x != peak or peak == 0 or 1 << MANTISSA - 1 <= y <= 1 << MANTISSA
        rows.append([x, length, y])
    vectors = tmp_path / "vectors.json"
    vectors.write_text(json.dumps({"inputs": ["x", "length"], "outputs": ["y"], "rows": rows}))
    check_module("tern_act_normal", {"X_W": x_w}, sim, "tests.rtl.cocotb_function_unit", vectors)


def past_ties(lane: int) -> list[int]:
    """Return elements of a vector whose greatest magnitude is 2^15: for each bit of the product below its whole part,
    what is half an even number and this bit more; lanes differ in the order.
    """
    y = torch.arange(-(1 << MANTISSA - 1), (1 << MANTISSA - 1) + 1)
    product = y * (LEVELS << QUOTIENT - MANTISSA + 1)
    below = product - (product >> QUOTIENT + 1 << QUOTIENT + 1) - (1 << QUOTIENT - 1)
    found = [
        int(y[below == more][0]) for more in (0, *(1 << bit for bit in range(QUOTIENT - MANTISSA + 1, QUOTIENT - 1)))
    ]
    return found[lane:] + found[:lane]


@pytest.mark.parametrize("sim", SIMS)
def test_quant(sim: str, tmp_path: Path) -> None:
    """The law's second line, in each lane: shifted, times the reciprocal, ties to even, what is above a tie up."""
    rng = random.Random(derive_seed("tern_act_quant"))
    lanes, rows = 3, []
    for peak in peaks(rng, 46):
        length = peak.bit_length()
        a = int(shift(torch.tensor(peak), length - MANTISSA))
        r = (LEVELS << QUOTIENT) // a if a else rng.getrandbits(24)
        y = [element(rng, peak) for _ in range(lanes)]
        q = round_shift(shift(torch.tensor(y), length - MANTISSA) * r, QUOTIENT, HALF_EVEN)
        rows.append([pack(y, 48), length, r, pack(q.tolist(), 8)])
    for y in list(zip(*(past_ties(lane) for lane in range(lanes)), strict=True)) * TURNS:
        q = round_shift(torch.tensor(y) * (LEVELS << QUOTIENT - MANTISSA + 1), QUOTIENT, HALF_EVEN)
        rows.append([pack(y, 48), MANTISSA, LEVELS << QUOTIENT - MANTISSA + 1, pack(q.tolist(), 8)])
    vectors = tmp_path / "vectors.json"
    vectors.write_text(json.dumps({"inputs": ["y", "length", "r"], "outputs": ["q"], "rows": rows}))
    check_module("tern_act_quant", {"LANES": lanes}, sim, "tests.rtl.cocotb_function_unit", vectors)

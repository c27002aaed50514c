# SPDX-License-Identifier: Apache-2.0
"""tern_head_quant: heads leave as golden quantizes them, for heads of any width that a token's scale may go with."""

import random
from pathlib import Path

import pytest
import torch

from golden.fixed.rounding import limits
from golden.ternary.integer.functions import NO_EXPONENT, quantize_heads
from golden.ternary.integer.profile import load
from golden.ternary.integer.scale import MANTISSA, Scale
from golden.ternary.integer.widths import BUILD, derive
from harness.sim.runner import derive_seed
from tests.rtl.contract import contract
from tests.rtl.dut import SIMS, check_module
from tests.rtl.m2_block_data import write
from tests.rtl.stream_vectors import pack
from tests.rtl.tern_gate_data import scale_word

PROFILE = load()
LANES, BITS = 8, 8
X_W = {row.name: row for row in derive(PROFILE, *BUILD)}["q_rotated"].bits
WIDTHS = {128: 24, 32: 60, 16: 60}  # heads of each width
MANTISSAS = 1 << MANTISSA - 1, (1 << MANTISSA) - 1


def head(rng: random.Random, width: int) -> list[int]:
    """A head: zeros, one element among zeros, all near a power of two, at an end, or any below a length."""
    length, kind = rng.randint(1, X_W - 1), rng.randrange(6)
    low, high = limits(X_W)
    if kind == 0:
        x = [0] * width
        x[rng.randrange(width)] = rng.choice((0, 1, -1, 2, -2, low, high, 1 << length - 1, -1 << length - 1))
        return x
    if kind == 1:
        return [rng.choice((-1, 1)) * ((1 << length - 1) + rng.randint(-2, 2)) for _ in range(width)]
    if kind == 2:
        return [rng.choice((low, high)) for _ in range(width)]
    return [rng.randint(-1 << length, (1 << length) - 1) for _ in range(width)]


def sparse(rng: random.Random, width: int, length: int) -> list[int]:
    """A head whose maximum, of so many bits, stands before its last beat: what is kept between beats decides."""
    x = [0] * width
    x[rng.randrange(width - LANES)] = rng.choice((1 << length - 1, -1 << length - 1, (1 << length) - 1))
    return x


def scale(rng: random.Random) -> tuple[int, int]:
    """A scale: 0, at the ends of both parts, where exponents begin to saturate, or any."""
    if rng.random() < 0.05:
        return 0, 0
    m = rng.choice((*MANTISSAS, rng.randint(*MANTISSAS)))
    near = rng.choice((127, -127)) - MANTISSA + PROFILE.rope_guard - rng.randint(0, X_W - BITS)
    return m, rng.choice((-512, 511, near, near, rng.randint(-120, 128), rng.randint(-120, 128)))


@pytest.mark.parametrize("sim", SIMS)
@pytest.mark.parametrize("width", WIDTHS)
def test_block(width: int, sim: str, tmp_path: Path) -> None:
    """Golden's quantizer of heads: with and without clipped maxima, zeros, saturated exponents; a beat a cycle."""
    rng = random.Random(derive_seed(f"tern_head_quant/{width}"))
    x = [head(rng, width) for _ in range(WIDTHS[width])] + [sparse(rng, width, length) for length in range(1, X_W)]
    count, groups = len(x), width // LANES
    scales = [scale(rng) for _ in range(count)]
    s = Scale(*torch.tensor(scales).unbind(-1))
    q, exponent = quantize_heads(torch.tensor(x).unsqueeze(1), s, BITS, PROFILE)
    ends = [b == groups - 1 for _ in range(count) for b in range(groups)]
    sides = [
        (e & 0xFF) | last << 8 for e, last in zip(exponent[:, 0].repeat_interleave(groups).tolist(), ends, strict=True)
    ]
    ins = [pack(beat, X_W) for beat in torch.tensor(x).reshape(-1, LANES).tolist()]
    outs = [pack(beat, BITS) for beat in q.reshape(-1, LANES).tolist()]
    latency = int(contract("tern_head_quant").value("Latency", {}) or 0)
    path = write(
        tmp_path / "vectors.json",
        {
            "t": [scale_word(*each) for each in scales],
            "s": [beat | last << LANES * X_W for beat, last in zip(ins, ends, strict=True)],
        },
        {"m": [beat | side << LANES * BITS for beat, side in zip(outs, sides, strict=True)]},
        {},
        steady=[["s", 0, len(ins) - 1, 0], ["m", 0, len(outs) - 1, 0]],
        latency=[["s", (k + 1) * groups - 1, "m", k * groups, latency] for k in range(count)],
        waits=["m"],
    )
    check_module("tern_head_quant", {}, sim, "tests.rtl.cocotb_m2_block", path)


def test_stimuli_reach_every_end() -> None:
    """Among the heads are zeros, both saturated exponents, shifts of 0 and the greatest, clipped and unclipped ends."""
    rng = random.Random(derive_seed("tern_head_quant"))
    x = torch.tensor([head(rng, 16) for _ in range(2000)]).unsqueeze(1)
    s = Scale(*torch.tensor([scale(rng) for _ in range(2000)]).unbind(-1))
    q, exponent = quantize_heads(x, s, BITS, PROFILE)
    exponent = exponent[:, 0]
    shift = exponent - s.e - MANTISSA + PROFILE.rope_guard
    free = exponent.abs() < 127
    found = [exponent == NO_EXPONENT, exponent == 127, exponent == -127, free & (shift == 0)]
    found += [free & (shift == X_W - BITS), (q == 127).any(-1)[:, 0], (q == -128).any(-1)[:, 0]]
    assert all(int(each.sum()) > 10 for each in found), [int(each.sum()) for each in found]

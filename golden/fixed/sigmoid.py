# SPDX-License-Identifier: Apache-2.0
"""Sigmoid and SiLU by 256 line segments: the project's answer to FastMamba's float SiLU.

The paper computes SiLU in floating point (arXiv 2505.18975) and the segments are of the kind of its NAU.
"""

import math
from functools import lru_cache

import torch
from torch import Tensor

from golden.errors import InputError
from golden.fixed.rounding import HALF_UP, round_shift

SEGMENTS, STEP_BITS, TABLE_FRAC = 256, 4, 18
"""Segments of 2^-STEP_BITS on |x| < 16, and the fraction bits of the table."""


@lru_cache
def sigmoid_table() -> Tensor:
    """[257] int64 Q1.18, entry i is round(2^18 / (1 + e^(-i/16))): the ends of the segments."""
    return torch.tensor([round((1 << TABLE_FRAC) / (1 + math.exp(-i / 16))) for i in range(SEGMENTS + 1)])


def _check(x: Tensor, frac_in: int, frac_out: int, limit: int) -> None:
    if x.dtype != torch.int64:
        raise InputError(f"sigmoid: x is {x.dtype}; expected torch.int64")
    if not STEP_BITS <= frac_in <= 32 or not 0 <= frac_out <= limit:
        raise InputError(f"sigmoid: frac_in {frac_in}, frac_out {frac_out}; expected {STEP_BITS}..32 and 0..{limit}")


def _wide(x: Tensor, frac_in: int) -> Tensor:
    """Sigmoid before the rounding, Q1.18.

    a = min(|x|, 16); i = a >> (frac_in - 4), r = the rest; s = T[i] + (((T[i+1] - T[i]) r) >> (frac_in - 4)); for
    x < 0 the result is 2^18 - s. At |x| = 16 the table ends at 2^18, so that 1 and 0 are reached exactly.
    """
    r_bits = frac_in - STEP_BITS
    table = sigmoid_table()
    a = x.abs().clamp(max=SEGMENTS << r_bits)
    i, r = a >> r_bits, a & ((1 << r_bits) - 1)
    low = table[i]
    s = low + (((table[(i + 1).clamp(max=SEGMENTS)] - low) * r) >> r_bits)
    return torch.where(x < 0, (1 << TABLE_FRAC) - s, s)


def sigmoid(x: Tensor, frac_in: int, frac_out: int) -> Tensor:
    """1 / (1 + e^-x), by lines between the ends of segments of 1/16, rounded half up once.

    Half up is applied on the side of x >= 0; sigmoid(-x) = 2^frac_out - sigmoid(x) holds exactly.

    Args:
        x: any shape, int64 Q.frac_in, |x| < 2^63.
        frac_in: 4..32.
        frac_out: 0..15.

    Returns:
        Same shape, int64 Q1.frac_out, 0..2^frac_out, both ends included.

    Raises:
        InputError: x is not int64, frac_in or frac_out is out of range.
    """
    _check(x, frac_in, frac_out, 15)
    s = round_shift(_wide(x.abs(), frac_in), TABLE_FRAC - frac_out, HALF_UP)
    return torch.where(x < 0, (1 << frac_out) - s, s)


def silu(x: Tensor, frac_in: int, frac_out: int) -> Tensor:
    """x sigmoid(x): the unrounded sigmoid Q1.18 times x, then one rounding half up.

    Args:
        x: any shape, int64 Q.frac_in, |x| < 2^43.
        frac_in: 4..32.
        frac_out: 0..frac_in + 18; above that no bit is left to drop.

    Returns:
        Same shape, int64 Q.frac_out; x itself from 16 on, 0 up to -16.

    Raises:
        InputError: x is not int64, frac_in or frac_out is out of range.
    """
    _check(x, frac_in, frac_out, frac_in + TABLE_FRAC)
    return round_shift(x * _wide(x, frac_in), frac_in + TABLE_FRAC - frac_out, HALF_UP)

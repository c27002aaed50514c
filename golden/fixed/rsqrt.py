# SPDX-License-Identifier: Apache-2.0
"""Reciprocal square root by table and line, and the RMSNorm on it: the project's answer to FastMamba's float RMSNorm.

The paper computes RMSNorm in floating point (arXiv 2505.18975); the law here is the fixed-point counterpart.
"""

import math
from functools import lru_cache

import torch
from torch import Tensor

from golden.errors import InputError
from golden.fixed.norm_tables import sum_of_squares
from golden.fixed.rounding import HALF_UP, bit_length, round_shift

M_FRAC = 15
"""Fraction bits of the result m."""
N_FRAC, INDEX_FRAC, TABLE_FRAC = 22, 6, 20
"""Fraction bits of the normalized argument, of its part that addresses the table, and of the table."""
U_FRAC = 23
"""Fraction bits of x / |x| inside `rms_norm_rsqrt`."""


@lru_cache
def rsqrt_table() -> Tensor:
    """[193] int64 Q1.20, entry i is round(2^20 / sqrt(1 + i / 64)): the ends of 192 segments over 1..4."""
    scale = 1 << TABLE_FRAC
    return torch.tensor([round(scale / math.sqrt(i / 64)) for i in range(64, 257)])


def rsqrt(v: Tensor) -> tuple[Tensor, Tensor]:
    """1 / sqrt(v) ~= m 2^-15 2^-e.

    e = (bit_length(v) - 1) >> 1; n = (v << 22) >> 2e, Q2.22 in 1..4 (for e > 11 v >> (2e - 22));
    i = n[23:16] - 64, r = n[15:0]; m = (T[i] - (((T[i] - T[i+1]) r) >> 16) + 16) >> 5.

    Args:
        v: any shape, int64, 1..2^63-1.

    Returns:
        (m, e), both of v's shape, int64: m Q1.15, 2^14..2^15; e 0..31. The relative error is below 2^-14.

    Raises:
        InputError: v is not int64, or some v is below 1.
    """
    if v.dtype != torch.int64:
        raise InputError(f"rsqrt: v is {v.dtype}; expected torch.int64")
    if v.numel() and int(v.min()) < 1:
        raise InputError(f"rsqrt: v is {int(v.min())} somewhere; expected at least 1")
    e = (bit_length(v) - 1) >> 1
    right = 2 * e - N_FRAC
    n = (v >> right.clamp(min=0)) << (-right).clamp(min=0)
    r_bits = N_FRAC - INDEX_FRAC
    i, r = (n >> r_bits) - 64, n & ((1 << r_bits) - 1)
    table = rsqrt_table()
    low = table[i]
    line = low - (((low - table[i + 1]) * r) >> r_bits)
    return round_shift(line, TABLE_FRAC - M_FRAC, HALF_UP), e


def rms_norm_rsqrt(x: Tensor, w: Tensor, eps_int: int, f: int, w_frac: int) -> Tensor:
    """RMSNorm over the last axis, x / sqrt(sum x^2 + C eps) times w.

    (m, e) = rsqrt(sum x^2 + eps_int); u = ((x m) << 8) >> e, Q.23, which floors; y = (u w + half) >> (23 + w_frac - f).
    The shift by e is the only one that depends on the data.

    Args:
        x: [..., C] int64 Q.f, int32 range, sum of squares + eps_int below 2^63.
        w: [C], or what broadcasts to x, int64 Q.w_frac, |w| < 2^38, sqrt(C) folded in.
        eps_int: round(C eps 2^2f), at least 1.
        f: fraction bits of x and of the result, at most 22 + w_frac.
        w_frac: fraction bits of w, 0..30.

    Returns:
        [..., C] int64 Q.f, |y| <= |w| 2^(f - w_frac) to rounding.

    Raises:
        InputError: eps_int is below 1, f or w_frac out of range, or the sum of squares reaches 2^63.
    """
    drop = U_FRAC + w_frac - f
    if not 0 <= w_frac <= 30 or drop < 1 or f < 0:
        raise InputError(f"rms norm: f {f}, w_frac {w_frac}; expected w_frac 0..30 and f 0..{U_FRAC - 1}+w_frac")
    if eps_int < 1:
        raise InputError(f"rms norm: eps_int is {eps_int}; expected at least 1 for round(C eps 2^2f)")
    m, e = rsqrt(sum_of_squares(x) + eps_int)
    u = ((x * m.unsqueeze(-1)) << (U_FRAC - M_FRAC)) >> e.unsqueeze(-1)
    return round_shift(u * w, drop, HALF_UP)

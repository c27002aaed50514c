# SPDX-License-Identifier: Apache-2.0
"""RMSNorm by reciprocal-square-root tables, after LightMamba's released model (arXiv 2502.15260), for any width."""

import math
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from golden.errors import InputError

TABLES, ENTRIES = 8, 512
RS_FRAC = 12
WEIGHT_FRAC = 8
"""Fraction bits of the reciprocal, and of the norm's weight."""


@dataclass(frozen=True)
class NormTable:
    """1/rms as a function of the sum of squares of `width` elements Q.frac, by 8 tables of 512 unsigned entries.

    Table k serves sums (Q.2frac) from alpha[k] = floor(a[k] 2^2frac) on, in steps of 2^d[k]:
    values[k, i] = floor(2^12 sqrt(width / (a[k] + i 2^(d[k] - 2 frac))) / 2^o[k] + 1/2), int64 [8, 512].
    """

    width: int
    frac: int
    a: tuple[float, ...]
    alpha: tuple[int, ...]
    d: tuple[int, ...]
    o: tuple[int, ...]
    values: Tensor

    @property
    def last(self) -> int:
        """Where the last entry of the last table starts: all sums from here on give the same result."""
        return self.alpha[-1] + ((ENTRIES - 1) << self.d[-1])

    @property
    def root(self) -> int:
        """Least integer whose square reaches `last`; at the released parameters 2^22.55 (rms1) and 2^24.09 (rms2)."""
        return math.isqrt(self.last - 1) + 1


def _table(
    width: int, frac: int, first: float, step: float, d: tuple[int, ...], o: tuple[int, ...], p: int
) -> NormTable:
    """Scale the released parameters by 2^p and evaluate the entries in float64."""
    a = tuple(2.0**p * each for each in (first, *(first + step * 8**k for k in range(TABLES - 1))))
    d = tuple(each + p for each in d)
    values = [
        [
            math.floor((1 << RS_FRAC) * math.sqrt(width / (a[k] + i * 2.0 ** (d[k] - 2 * frac))) / 2 ** o[k] + 0.5)
            for i in range(ENTRIES)
        ]
        for k in range(TABLES)
    ]
    return NormTable(width, frac, a, tuple(int(each * 4**frac) for each in a), d, o, torch.tensor(values))


def _check(width: int) -> None:
    if not 1 <= width <= 1 << 20:
        raise InputError(f"norm table: width {width}; expected 1..{1 << 20}")


@lru_cache
def rms1_table(width: int) -> NormTable:
    """Table for inputs Q.10; the released one at 2560.

    The released a_k and steps, times 2^floor(log2(width / 2560)). Rounded down, because a ratio width / 2^p below
    2458 has sums under a_1 whose entry rounds to 0: the output would vanish there.
    """
    _check(width)
    p = math.floor(math.log2(width / 2560))
    return _table(width, 10, 1e-4, 9.6, (15, 18, 21, 24, 27, 30, 33, 36), (17, 9, 7, 6, 4, 3, 1, 0), p)


@lru_cache
def rms2_table(width: int) -> NormTable:
    """Table for inputs Q.12; the released one at 5120.

    The released a_k and steps, times 2^round(log2(width / 5120)). No entry rounds to 0 at any width; the nearest power
    keeps the end of the last table at an rms of 51 or more.
    """
    _check(width)
    p = round(math.log2(width / 5120))
    return _table(width, 12, 0.1, 8.0, (19, 21, 24, 27, 30, 33, 36, 39), (12, 9, 8, 6, 5, 3, 2, 0), p)


def reciprocal(table: NormTable, sums: Tensor) -> Tensor:
    """Return 1/rms: the last table k with sum >= alpha_k, at clamp((sum - alpha_k) >> d_k, 0, 511), << o_k.

    Args:
        table: of the width that was summed over.
        sums: any shape, int64 Q.2frac, >= 0. A sum below alpha_0 takes entry 0: there is no eps.

    Returns:
        Same shape, int64 Q.12, at most 26 bits.
    """
    alpha, d, o = (torch.tensor(each) for each in (table.alpha, table.d, table.o))
    k = (torch.bucketize(sums, alpha, right=True) - 1).clamp(min=0)
    index = ((sums - alpha[k]) >> d[k]).clamp(0, ENTRIES - 1)
    return table.values[k, index] << o[k]


def sum_of_squares(x: Tensor) -> Tensor:
    """Sum of squares over the last axis [..., C] -> [...], int64; InputError where it reaches 2^63."""
    peak = int(x.abs().max()) if x.numel() else 0
    if peak * peak * x.shape[-1] >= 1 << 63:
        largest = float(x.to(torch.float64).square().sum(-1).max())
        if largest >= (1 - 2.0**-40) * 2.0**63:
            raise InputError(f"rms norm: a sum of squares is {largest:.4g}; expected below 2^63 = {2.0**63:.4g}")
    return (x * x).sum(-1)


def saturated_sum(x: Tensor, table: NormTable) -> Tensor:
    """Sum of squares over the last axis [..., C] -> [...] int64, saturated at `table.last`, which changes no result.

    |x| is clamped to `table.root` first, so that C root^2 < 2^63 holds for int32 inputs too: rms1 up to C = 30537 and
    rms2 up to C = 14481 (InputError beyond, if the data reach 2^63). No square is negative: hardware may saturate every
    partial sum.
    """
    return sum_of_squares(x.clamp(-table.root, table.root)).clamp(max=table.last)


def rms_norm(x: Tensor, w: Tensor, table: NormTable) -> Tensor:
    """RMSNorm over the last axis: (((x RS) >> 12) w) >> 8, both shifts floor; RS of `saturated_sum`.

    Args:
        x: [..., C] int64 Q.frac, int32 range.
        w: [C], or what broadcasts to x, int64 Q.8; 11 bits in the released rms1, 13 in rms2.
        table: of width C; its frac is x's.

    Returns:
        [..., C] int64 Q.frac.

    Raises:
        InputError: C is not the table's width, or the saturated sum of squares reaches 2^63 (C above 14481).
    """
    if x.shape[-1] != table.width:
        raise InputError(f"rms norm: {x.shape[-1]} elements; expected {table.width}, the width of the table")
    rs = reciprocal(table, saturated_sum(x, table)).unsqueeze(-1)
    return (((x * rs) >> RS_FRAC) * w) >> WEIGHT_FRAC

# SPDX-License-Identifier: Apache-2.0
"""FastMamba's nonlinear approximation unit: exp and softplus by shift-add and 8 line segments (arXiv 2505.18975).

The paper leaves segments, widths and signs open; the constants are the project's.
"""

import torch
from torch import Tensor

from golden.errors import InputError

FRAC = 14
"""Fraction bits of 2^v and its constants."""
BASE = (16384, 17867, 19484, 21247, 23170, 25268, 27554, 30048)
"""2^(k/8) Q1.14, k = 0..7."""
SLOPE = (11863, 12937, 14108, 15384, 16777, 18295, 19951, 21757)
"""8 (2^((k+1)/8) - 2^(k/8)) Q1.14."""


def _check(x: Tensor, frac_in: int, frac_out: int) -> None:
    if x.dtype != torch.int64:
        raise InputError(f"nau: x is {x.dtype}; expected torch.int64")
    if not 3 <= frac_in <= 32 or not 0 <= frac_out <= 30:
        raise InputError(f"nau: frac_in {frac_in}, frac_out {frac_out}; expected 3..32 and 0..30")


def _shift(x: Tensor, left: int) -> Tensor:
    return x << left if left >= 0 else x >> -left


def exp2_mantissa(v: Tensor, frac_in: int) -> Tensor:
    """2^v of 0 <= v < 1 by 8 lines: BASE[k] + ((SLOPE[k] r) >> F), k = v >> (F - 3), r = v mod 2^(F - 3), F = frac_in.

    Args:
        v: any shape, int64 Q.frac_in, 0..2^frac_in - 1.
        frac_in: 3..32.

    Returns:
        Same shape, int64 Q.14, 2^14..2^15 - 1; -6.3e-5 to +9.6e-4 of the value off.
    """
    k, r = v >> (frac_in - 3), v & ((1 << (frac_in - 3)) - 1)
    return torch.tensor(BASE)[k] + ((torch.tensor(SLOPE)[k] * r) >> frac_in)


def nau_exp(x: Tensor, frac_in: int, frac_out: int) -> Tensor:
    """e^x for x <= 0; every shift floors.

    t = x + (x >> 1) - (x >> 4) (log2 e taken as 1.4375); u = t >> F, v = t mod 2^F, F = frac_in; 2^v Q.14 of
    `exp2_mantissa`; result 2^v shifted by u + frac_out - 14, at once.

    Args:
        x: any shape, int64 Q.frac_in, -2^61 < x <= 0.
        frac_in: 3..32.
        frac_out: 0..30.

    Returns:
        Same shape, int64 Q.frac_out, 0..2^frac_out.

    Raises:
        InputError: x is not int64 or positive somewhere, frac_in or frac_out is out of range.
    """
    _check(x, frac_in, frac_out)
    if x.numel() and int(x.max()) > 0:
        raise InputError(f"nau_exp: x is {int(x.max())} somewhere; expected at most 0")
    t = x + (x >> 1) - (x >> 4)
    power = exp2_mantissa(t & ((1 << frac_in) - 1), frac_in)
    left = (t >> frac_in) + frac_out - FRAC
    return (power << left.clamp(min=0)) >> (-left).clamp(0, 62)


def nau_softplus(x: Tensor, frac_in: int, frac_out: int) -> Tensor:
    """log(1 + e^x), approximated by e^x for x <= 0 and by e^(-x) + x for x > 0.

    Args:
        x: any shape, int64 Q.frac_in, |x| < 2^61; x itself is brought to frac_out by a shift that floors.
        frac_in: 3..32.
        frac_out: 0..30.

    Returns:
        Same shape, int64 Q.frac_out, >= 0.

    Raises:
        InputError: x is not int64, frac_in or frac_out is out of range.
    """
    _check(x, frac_in, frac_out)
    return nau_exp(-x.abs(), frac_in, frac_out) + _shift(x.clamp(min=0), frac_out - frac_in)

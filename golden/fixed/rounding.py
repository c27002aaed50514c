# SPDX-License-Identifier: Apache-2.0
"""Fixed point on int64 tensors: the laws of the `fxp_` modules. A number Qm.n is an integer of unit 2^-n."""

import torch
from torch import Tensor

from golden.errors import InputError

FLOOR, HALF_UP, HALF_EVEN = 0, 1, 2
"""Rounding modes, by the value of the parameter ROUND of `fxp_round_sat`."""


def limits(width: int) -> tuple[int, int]:
    """Return the least and the greatest signed integer of `width` bits."""
    return -(1 << (width - 1)), (1 << (width - 1)) - 1


def bit_length(x: Tensor) -> Tensor:
    """Bits that x needs without leading zeros, 0 for 0: the position of the leading one, plus one.

    Args:
        x: any shape, int64, >= 0.

    Returns:
        Same shape, int64, 0..63.
    """
    high = x >> 32
    wide = high > 0
    exponent: Tensor = torch.frexp(torch.where(wide, high, x).double())[1]  # exact: below 2^32
    return exponent.long() + 32 * wide


def round_shift(x: Tensor, frac: int, mode: int = HALF_EVEN) -> Tensor:
    """Return round(x / 2^frac) exactly, without saturation.

    Args:
        x: any shape, int64, |x| < 2^62.
        frac: fraction bits to drop, 0..61.
        mode: FLOOR towards minus infinity, HALF_UP to nearest with ties towards plus infinity, HALF_EVEN to nearest
            with ties to the even neighbour (IEEE 754 roundTiesToEven).

    Returns:
        Same shape, int64.

    Raises:
        InputError: x is not int64, or frac or mode is out of range.
    """
    if x.dtype != torch.int64:
        raise InputError(f"round_shift: x is {x.dtype}; expected torch.int64")
    if not 0 <= frac <= 61:
        raise InputError(f"round_shift: frac is {frac}; expected 0..61")
    if mode not in (FLOOR, HALF_UP, HALF_EVEN):
        raise InputError(f"round_shift: mode is {mode}; expected 0 (floor), 1 (half up) or 2 (half to even)")
    if frac == 0 or mode == FLOOR:
        return x >> frac
    half = 1 << (frac - 1)
    if mode == HALF_UP:
        return (x + half) >> frac
    odd = (x >> frac) & 1
    return (x + half - 1 + odd) >> frac


def saturate(x: Tensor, width: int) -> Tensor:
    """Clamp to the signed range of `width` bits (1..63); any shape, int64."""
    low, high = limits(width)
    return x.clamp(low, high)


def round_saturate(x: Tensor, frac: int, width: int, mode: int = HALF_EVEN) -> tuple[Tensor, Tensor]:
    """Drop fraction bits, then saturate: the law of `fxp_round_sat`.

    Args:
        x: any shape, int64, unit 2^-frac, |x| < 2^62.
        frac: fraction bits to drop, 0..61.
        width: bits of the result, 2..63.
        mode: FLOOR, HALF_UP or HALF_EVEN, see `round_shift`.

    Returns:
        (y, sat), both of x's shape: y int64 in the signed range of `width` bits, sat bool, whether the clamp
        changed the value.

    Raises:
        InputError: as `round_shift`.
    """
    rounded = round_shift(x, frac, mode)
    y = saturate(rounded, width)
    return y, y != rounded


def sum_tree(x: Tensor) -> Tensor:
    """Return the exact sum over the last dimension: the law of `fxp_sum_tree`.

    Args:
        x: [..., N] int64.

    Returns:
        [...] int64; needs the terms' width + clog2(N) bits, which is the module's output width.
    """
    return x.sum(dim=-1)

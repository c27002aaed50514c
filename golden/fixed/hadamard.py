# SPDX-License-Identifier: Apache-2.0
"""The Hadamard transform of FastMamba and LightMamba, unnormalized: additions only, exact on integers."""

import torch
from torch import Tensor

from golden.errors import InputError
from golden.fixed.rounding import HALF_UP, round_shift


def transform(x: Tensor, block: int) -> Tensor:
    """Multiply consecutive blocks of the last axis by the Sylvester Hadamard matrix H of size `block`.

    H[i, j] = (-1)^popcount(i & j) (natural order), H = H^T, H H = block * I. No scale is applied: the caller folds
    1/sqrt(block) or 1/block into a scale. Stages of the butterfly run from distance 1 upwards.

    Args:
        x: [..., n]; integers of any type, or floats. |x| < 2^62 / block for integers.
        block: power of two that divides n; 1 leaves x as it is.

    Returns:
        [..., n] int64 in x's Q format, clog2(block) bits wider than x; for floats x's type.

    Raises:
        InputError: block is no power of two or does not divide n.
    """
    n = x.shape[-1] if x.dim() else 0
    if block < 1 or block & (block - 1) or n % block:
        raise InputError(f"hadamard: block {block} on {n} elements; expected a power of two that divides them")
    y = x if x.is_floating_point() else x.to(torch.int64)
    distance = 1
    while distance < block:
        a, b = y.reshape(*x.shape[:-1], n // (2 * distance), 2, distance).unbind(-2)
        y = torch.stack((a + b, a - b), -2).flatten(-3)
        distance *= 2
    return y


def rotate(x: Tensor, block: int) -> Tensor:
    """Transform and scale by 2^-floor(log2(block)/2), rounded half up: orthonormal, but for sqrt(2) of odd powers.

    x [..., n] int64 -> [..., n] int64 in x's Q format. Raises InputError as `transform`.
    """
    return round_shift(transform(x, block), scale_shift(block), HALF_UP)


def scale_shift(block: int) -> int:
    """Right shift that belongs to a transform of size `block`."""
    return (block.bit_length() - 1) // 2


def block_of(width: int, limit: int = 1024) -> int:
    """Return the largest power of two that divides `width` and is at most `limit`; InputError below 1."""
    if width < 1 or limit < 1:
        raise InputError(f"hadamard: width {width}, limit {limit}; expected at least 1")
    return min(width & -width, 1 << (limit.bit_length() - 1))

# SPDX-License-Identifier: Apache-2.0
"""Sums of squares of 32-bit numbers, exactly: two int64 hold what needs up to 77 bits."""

from dataclasses import dataclass

import torch
from torch import Tensor

from golden.errors import InputError
from golden.fixed.rounding import bit_length
from golden.fixed.rsqrt import rsqrt

WORD, HALF = 32, 16
BITS = 77
"""Of the largest number: 16384 squares of 2^31, and as much again."""
_NORMAL = 61  # bits that go to `rsqrt`


@dataclass(frozen=True)
class Wide:
    """high 2^32 + low: int64 of equal shapes; low 0..2^32-1, high 0..2^45-1."""

    high: Tensor
    low: Tensor

    @classmethod
    def of(cls, x: int) -> "Wide":
        """A number 0..2^76-1, half the range. InputError for another one."""
        if not 0 <= x < 1 << BITS - 1:
            raise InputError(f"wide: found {x}, expected 0 .. 2^{BITS - 1} - 1")
        return cls(torch.tensor(x >> WORD), torch.tensor(x & ((1 << WORD) - 1)))

    @classmethod
    def of_scale(cls, m: Tensor, e: Tensor) -> "Wide":
        """m 2^e, floored, at least 1 and at most 2^76 - 2^60; m int64 of 16 bits, its highest one 1 or m = 0."""
        left = e.clamp(-HALF, BITS - 1 - HALF)
        full = torch.where(e > BITS - 1 - HALF, (1 << HALF) - 1, m)
        high = (full << (left - WORD).clamp(min=0)) >> (WORD - left).clamp(min=0)
        low = torch.where(left >= WORD, 0, (full << left.clamp(0, WORD - 1)) >> (-left).clamp(min=0))
        low = low & ((1 << WORD) - 1)
        return cls(high, torch.where((high == 0) & (low == 0), 1, low))

    def plus(self, other: "Wide") -> "Wide":
        """Sum."""
        low = self.low + other.low
        return Wide(self.high + other.high + (low >> WORD), low & ((1 << WORD) - 1))


def sum_of_squares(x: Tensor) -> Wide:
    """Sum of squares over the last axis: [..., C] int64, 32 bits, C <= 16384 -> [...]."""
    high, low = x >> HALF, x & ((1 << HALF) - 1)
    middle = (high * low).sum(-1)  # times 2^17
    rest = (low * low).sum(-1) + ((middle & ((1 << HALF - 1) - 1)) << HALF + 1)
    return Wide((high * high).sum(-1) + (middle >> HALF - 1) + (rest >> WORD), rest & ((1 << WORD) - 1))


def rsqrt_wide(x: Wide) -> tuple[Tensor, Tensor]:
    """1 / sqrt(x) ~= m 2^-15 2^-e: the law of `rsqrt`, for x of 1..2^77-1.

    Bits that `rsqrt` drops anyway are dropped first, in pairs.

    Raises:
        InputError: some x is 0.
    """
    drop = (bit_length(x.high) - (_NORMAL - WORD)).clamp(min=0)
    drop = drop + drop % 2
    m, e = rsqrt((x.high << (WORD - drop)) | (x.low >> drop))
    return m, e + drop // 2

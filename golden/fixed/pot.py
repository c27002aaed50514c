# SPDX-License-Identifier: Apache-2.0
"""The dynamic power-of-two quantizer of LightMamba's released integer model (arXiv 2502.15260)."""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torch.nn.functional import pad

from golden.errors import InputError
from golden.fixed.rounding import bit_length, limits


@dataclass(frozen=True)
class Pot:
    """Integers that share a power-of-two scale in groups of consecutive elements of the last axis.

    q int64 [..., n], n >= 1; s int64 [..., ceil(n / group)], >= 0; the last group may be short; group 0 is one group
    over the whole axis. The value of element i is q[i] << s[i // group], in the Q format of the quantized tensor.
    """

    q: Tensor
    s: Tensor
    group: int

    def __post_init__(self) -> None:
        """Check types and shapes."""
        if self.q.dtype != torch.int64 or self.s.dtype != torch.int64:
            raise InputError(f"Pot: q is {self.q.dtype}, s {self.s.dtype}; expected torch.int64")
        expected = (*self.q.shape[:-1], _count(self.q.shape[-1], self.group))
        if self.s.shape != expected:
            raise InputError(f"Pot: s has shape {tuple(self.s.shape)}; expected {expected}, one shift a group of q")

    @cached_property
    def shift(self) -> Tensor:
        """[..., n] int64: the shift of each element."""
        size = self.group or self.q.shape[-1]
        wide = self.s.unsqueeze(-1).expand(*self.s.shape, size).flatten(-2)
        return wide[..., : self.q.shape[-1]]

    @cached_property
    def value(self) -> Tensor:
        """[..., n] int64: what the pair stands for, q << shift."""
        return self.q << self.shift


def _count(n: int, group: int) -> int:
    if n < 1 or group < 0:
        raise InputError(f"Pot: {n} elements in groups of {group}; expected at least 1, and 0 or more")
    return -(-n // group) if group else 1


def quantize(x: Tensor, bits: int, group: int = 8, max_shift: int = 15) -> Pot:
    """Quantize to `bits`-wide integers with one shift a group: `Q_b` of LightMamba.

    m = max|x| over the group, less 1 unless it is 0; s = clamp(bit_length(m) - (bits - 1), 0, max_shift);
    q = (x + (1 << s >> 1)) >> s, which is round half up, clamped to the signed range of `bits`. A positive maximum of
    exactly 2^k therefore clips by one LSB and a negative one does not; beyond 2^(bits - 1 + max_shift) q saturates.

    Args:
        x: [..., n] int64, |x| < 2^62; any fraction bits, which the result's value keeps. Hardware takes int32.
        bits: width of q, 2..32.
        group: elements that share a shift, 0 for all of the axis.
        max_shift: largest shift, 0..31; LightMamba's field of 4 bits gives 15.

    Returns:
        Pot of x's shape.

    Raises:
        InputError: x is not int64 or empty along the last axis, or bits, group or max_shift is out of range.
    """
    if x.dtype != torch.int64:
        raise InputError(f"quantize: x is {x.dtype}; expected torch.int64")
    if not 2 <= bits <= 32 or not 0 <= max_shift <= 31:
        raise InputError(f"quantize: bits {bits}, max_shift {max_shift}; expected 2..32 and 0..31")
    n = x.shape[-1] if x.dim() else 0
    count = _count(n, group)
    size = group or n
    padded = pad(x, (0, count * size - n)) if n % size else x
    grouped = padded.reshape(*x.shape[:-1], count, size)
    peak = grouped.abs().amax(-1)
    s = (bit_length((peak - 1).clamp(min=0)) - (bits - 1)).clamp(0, max_shift)
    wide = s.unsqueeze(-1)
    # In place, on a copy of x: a third of the time of fresh tensors, and the golden recurrence does little else.
    q = grouped.add(1 << wide >> 1).bitwise_right_shift_(wide).clamp_(*limits(bits)).flatten(-2)
    return Pot(q[..., :n], s, group)

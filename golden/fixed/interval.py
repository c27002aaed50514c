# SPDX-License-Identifier: Apache-2.0
"""Interval arithmetic on integers of any size: what derives the width of every intermediate from the laws themselves.

Each operation gives the least interval that holds all results, with every operand free in its own interval. Two uses of
one quantity are two operands: x * x counts as a product of two numbers.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from golden.errors import InputError
from golden.fixed.rounding import limits

EXHAUSTIVE = 1 << 24
"""Most arguments that `image` evaluates."""


@dataclass(frozen=True)
class Interval:
    """The integers low..high, both included; the operators are those of the tensors whose laws it runs through."""

    low: int
    high: int

    def __post_init__(self) -> None:
        """Refuse what holds no integer."""
        if self.low > self.high:
            raise InputError(f"interval: {self.low} .. {self.high}; expected the least value first")

    @classmethod
    def signed(cls, bits: int) -> "Interval":
        """All signed integers of `bits` bits."""
        return cls(*limits(bits))

    def __contains__(self, x: int) -> bool:
        return self.low <= x <= self.high

    def __add__(self, other: "Interval") -> "Interval":
        return Interval(self.low + other.low, self.high + other.high)

    def __neg__(self) -> "Interval":
        return Interval(-self.high, -self.low)

    def __sub__(self, other: "Interval") -> "Interval":
        return self + -other

    def __mul__(self, other: "Interval") -> "Interval":
        ends = [a * b for a in (self.low, self.high) for b in (other.low, other.high)]
        return Interval(min(ends), max(ends))

    def __lshift__(self, left: int) -> "Interval":
        return Interval(self.low << left, self.high << left)

    def __rshift__(self, right: int) -> "Interval":
        return Interval(self.low >> right, self.high >> right)

    @property
    def bits(self) -> int:
        """Width in two's complement, at least 1; the sign bit is counted even where nothing is below 0."""
        return max(self.high.bit_length(), (~self.low).bit_length() if self.low < 0 else 0) + 1

    @property
    def magnitude(self) -> int:
        """Greatest |x|."""
        return max(abs(self.low), abs(self.high))

    def sum(self, n: int) -> "Interval":
        """Sum of n terms; with 0 in the interval it holds every partial sum, in any order."""
        return Interval(self.low * n, self.high * n)

    def union(self, other: "Interval") -> "Interval":
        """Least interval that holds both."""
        return Interval(min(self.low, other.low), max(self.high, other.high))

    def clamp(self, low: int, high: int) -> "Interval":
        """Clamp to low..high."""
        return Interval(min(max(self.low, low), high), min(max(self.high, low), high))

    def saturate(self, bits: int) -> "Interval":
        """Clamp to the signed range of `bits` bits."""
        return self.clamp(*limits(bits))

    def round_shift(self, right: int) -> "Interval":
        """Drop `right` bits, rounded half up."""
        half = 1 << right >> 1
        return Interval((self.low + half) >> right, (self.high + half) >> right)

    def hadamard(self, block: int) -> "Interval":
        """Unnormalized transform of blocks: one row adds all elements, each other row subtracts half of them."""
        if block == 1:
            return self
        difference = self - self
        return self.sum(block).union(difference.sum(block // 2))

    def quantize(self, bits: int, max_shift: int) -> "Interval":
        """Values q << s of `golden.fixed.pot.quantize`, in groups of two or more elements of the interval.

        The shift of an element is anything from the one that itself needs to the one that the greatest magnitude needs,
        and a value grows with its element at equal shift. So both ends are attained at an end of the interval: there
        rounding may exceed the element by half a step, or 2^k clips.
        """
        return Interval(
            min(_quantized(self.low, s, bits) for s in self._shifts(self.low, bits, max_shift)),
            max(_quantized(self.high, s, bits) for s in self._shifts(self.high, bits, max_shift)),
        )

    def _shifts(self, x: int, bits: int, max_shift: int) -> range:
        return range(_shift(abs(x), bits, max_shift), _shift(self.magnitude, bits, max_shift) + 1)


def _shift(peak: int, bits: int, max_shift: int) -> int:
    return min(max(max(peak - 1, 0).bit_length() - (bits - 1), 0), max_shift)


def _quantized(x: int, s: int, bits: int) -> int:
    low, high = limits(bits)
    return min(max((x + (1 << s >> 1)) >> s, low), high) << s


def image(function: Callable[[Tensor], Tensor], x: Interval, window: Interval) -> Interval:
    """Results of `function` on x, by evaluating every argument inside `window` and the ends of x.

    Args:
        function: elementwise on int64; monotone on either side of `window`.
        x: within int64.
        window: where all arguments are tried; it may hold only one.

    Raises:
        InputError: more than 2^24 arguments would have to be tried.
    """
    points = [torch.tensor([x.low, x.high])]
    inner = x.clamp(window.low, window.high)
    if inner.high - inner.low >= EXHAUSTIVE:
        raise InputError(f"image: {inner.low} .. {inner.high} to be tried; expected at most {EXHAUSTIVE} arguments")
    tried = torch.arange(inner.low, inner.high + 1)
    points.append(tried[(tried >= x.low) & (tried <= x.high)])
    least, greatest = torch.aminmax(function(torch.cat(points)))
    return Interval(int(least), int(greatest))

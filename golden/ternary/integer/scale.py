# SPDX-License-Identifier: Apache-2.0
"""Scales as a mantissa and an exponent: the only numbers of the integer model whose range is not fixed.

There is one for a token, a linear layer, a row of the head, or a pair of them, never one for each element, so hardware
makes them in one small serial unit: a 16 x 16 product and a leading-one shift.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from golden.errors import InputError
from golden.fixed.rounding import bit_length

MANTISSA = 16
"""Bits of a mantissa, its leading one included."""
RECIPROCAL = 31
"""1/m is floor(2^31 / m)."""
EXPONENT = 80
"""Greatest magnitude of an exponent that a model may declare: those that follow from it keep 11 bits (`widths.py`)."""
LEFT, CLAMP = 24, 38
"""Greatest left shift, where every product with a mantissa saturates 32 bits; bits that are shifted left at most."""


@dataclass(frozen=True)
class Scale:
    """m 2^e: m int64, 2^15..2^16-1 or 0; e int64; equal shapes."""

    m: Tensor
    e: Tensor

    def __getitem__(self, index: object) -> "Scale":
        """Index both."""
        return Scale(self.m[index], self.e[index])  # type: ignore[index]  # whatever a tensor takes

    def __mul__(self, other: "Scale") -> "Scale":
        """Product, the mantissa cut off to 16 bits."""
        return normalize(self.m * other.m, self.e + other.e)

    def left(self, n: Tensor | int) -> "Scale":
        """Times 2^n."""
        return Scale(self.m, self.e + n)

    @property
    def value(self) -> Tensor:
        """Real numbers, float64."""
        return torch.ldexp(self.m.double(), self.e)


def normalize(x: Tensor, e: Tensor | int) -> Scale:
    """x 2^e with x cut off to 16 bits; x int64 >= 0; 0 keeps the exponent 0."""
    right = bit_length(x) - MANTISSA
    m = (x >> right.clamp(min=0)) << (-right).clamp(min=0)
    return Scale(m, torch.where(x > 0, right + e, 0))


def reciprocal(x: Scale) -> Scale:
    """1 / x = floor(2^31 / m) 2^(-31 - e); 0 for 0."""
    whole = (1 << RECIPROCAL) // x.m.clamp(min=1) * (x.m > 0)
    return normalize(whole, -RECIPROCAL - x.e)


def real(x: float | list[float] | Tensor, what: str = "scale") -> Scale:
    """The scales nearest to real numbers >= 0. InputError when one is negative, not finite or out of range."""
    x = torch.as_tensor(x, dtype=torch.float64)
    bad = ~torch.isfinite(x) | (x < 0)
    if bool(bad.any()):
        raise InputError(f"{what}: found {float(x[bad][0])}, expected finite numbers of at least 0")
    mantissa, exponent = torch.frexp(x)
    m, e = (mantissa * 2.0**MANTISSA).round().to(torch.int64), exponent.to(torch.int64) - MANTISSA
    carry = m == 1 << MANTISSA
    m, e = torch.where(carry, m >> 1, m), torch.where(carry, e + 1, e)
    far = e.abs() > EXPONENT
    if bool(far.any()):
        raise InputError(f"{what}: found {float(x[far][0]):.4g}, expected an exponent within +-{EXPONENT}")
    return Scale(m, torch.where(m > 0, e, 0))


def shift(x: Tensor, right: Tensor | int) -> Tensor:
    """x 2^-right, to nearest with ties up (the mode HALF_UP). A negative `right` shifts left, by at most 24.

    x int64, |x| < 2^61; where it goes left x is clamped to +-2^38 first, which no saturation to 32 bits sees.
    """
    right = torch.as_tensor(right)
    down = right.clamp(0, 62)
    rounded = (x + (1 << down >> 1)) >> down
    left = rounded.clamp(-1 << CLAMP, 1 << CLAMP) << (-right).clamp(0, LEFT)
    return torch.where(right < 0, left, rounded)


def apply(x: Tensor, s: Scale, frac: Tensor | int) -> Tensor:
    """x s in units of 2^-frac, rounded half up: shift(x m, -(e + frac)). Saturate the result to 32 bits or fewer."""
    return shift(x * s.m, -(s.e + frac))

# SPDX-License-Identifier: Apache-2.0
"""Parameters that make the integer functions right on average over the calibration text.

The tables are read at the left edge of their bins, the NAU takes e^x for softplus, decays have few bits: what remains
as a mean error would add up over the tokens of a text. Bias correction after arXiv 1906.04721, section 4.2.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from golden.fixed.pot import Pot, quantize
from golden.mamba2.integer import functions, laws
from golden.mamba2.integer.profile import Mamba2Profile

RANGE = 4.0  # how far a fitted dt_bias may lie from the float one, and by which factor A


def _mean(x: Tensor, frac: int) -> Tensor:
    """Mean over tokens of [..., H] Q.frac, float64 [H]."""
    return x.double().flatten(0, -2).mean(0) * 2.0**-frac


def match_mean(f: Callable[[Tensor], Tensor], wanted: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """The v in low..high [H] int64 with f(v) [H] nearest to `wanted`; f rises with v, each head on its own."""
    bottom = low
    while bool((low < high).any()):
        middle = (low + high) >> 1
        reached = f(middle) >= wanted
        low, high = torch.where(reached, low, middle + 1).minimum(high), torch.where(reached, middle, high)
    before = (low - 1).maximum(bottom)
    return torch.where((f(before) - wanted).abs() < (f(low) - wanted).abs(), before, low)


def conv_bias(wanted: Tensor, unbiased: Tensor, p: Mamba2Profile) -> Tensor:
    """Bias float64 [C] that gives the convolution's `unbiased` int64 [..., C] Q.proj_frac the mean of `wanted`.

    Half a bin is added where SiLU's table, read at the left edge of its bins of 2^5, takes that away on average.
    """
    half_bin = 16.0 if p.nonlinear == "table" else 0.0
    return _mean(wanted, 0) - _mean(unbiased, p.proj_frac) + half_bin * 2.0**-p.proj_frac


def dt_bias(wanted: Tensor, raw: Tensor, start: Tensor, p: Mamba2Profile) -> Tensor:
    """Bias float64 [H] near `start` [H] that gives softplus of raw + bias the mean of `wanted` [..., H].

    raw int64 [..., H] Q.proj_frac is what in_proj gives.
    """
    unit = 2.0**p.proj_frac

    def mean(bias: Tensor) -> Tensor:
        return _mean(functions.softplus(raw + bias, p), p.dt_frac)

    centre = (start.double() * unit).round().to(torch.int64)
    far = torch.full_like(centre, int(RANGE * unit))
    found = match_mean(mean, _mean(wanted, 0), centre - far, centre + far)
    return found.double() / unit


def decay_rate(wanted: Tensor, raw: Tensor, bias: Pot, start: Tensor, p: Mamba2Profile) -> Tensor:
    """A float64 [H] < 0 near `start` that gives the decays the mean of `wanted` [..., H], with the dt of `bias`."""
    dt = functions.softplus(raw + bias.value, p)
    dt = quantize(dt, p.ssm_bits, p.ssm_group, p.max_shift).value
    unit = 2.0**p.param_frac

    def mean(a: Tensor) -> Tensor:
        exponent = laws.decay_exponent(dt, a.clamp(max=-1), p)
        return _mean(functions.exponential(exponent, p), p.decay_frac)

    centre = (start.double() * unit).round().to(torch.int64).clamp(max=-1)
    low, high = (centre * RANGE).to(torch.int64), (centre / RANGE).to(torch.int64).clamp(max=-1)
    found = match_mean(mean, _mean(wanted, 0), low, high)
    return found.clamp(max=-1).double() / unit

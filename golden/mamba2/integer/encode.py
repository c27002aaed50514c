# SPDX-License-Identifier: Apache-2.0
"""Real numbers as the records of an integer model, and back: scales of linear layers, parameters with shifts."""

from itertools import combinations_with_replacement

import torch
from torch import Tensor

from golden.errors import InputError
from golden.fixed import limits
from golden.fixed.pot import Pot
from golden.fixed.rounding import bit_length
from golden.mamba2.integer.model import AdditiveScale, ChannelScale
from golden.mamba2.integer.parameters import MAX_SHIFT, ROW_SHIFT

PAIRS = tuple(sorted(combinations_with_replacement(range(8), 2), key=lambda pair: 2 ** pair[0] + 2 ** pair[1]))
"""The 36 pairs (s1, s2), s1 <= s2, by their sum 2^s1 + 2^s2, which is 2..256."""
MULT_BITS = 16


def additive_sums(frac: int) -> Tensor:
    """The 36 scales (2^s1 + 2^s2) 2^-frac in ascending order, float64 [36]."""
    return torch.tensor([2.0 ** (a - frac) + 2.0 ** (b - frac) for a, b in PAIRS], dtype=torch.float64)


def additive_scale(index: Tensor) -> AdditiveScale:
    """Indices into PAIRS [M, groups] as the record of the model."""
    pairs = torch.tensor(PAIRS, dtype=torch.uint8)[index]
    return AdditiveScale(pairs[..., 0].contiguous(), pairs[..., 1].contiguous())


def channel_scale(scale: Tensor, frac_in: int, frac_out: int, what: str) -> ChannelScale:
    """Row scales float64 [M] -> mult and shift, which also take Q.frac_in to Q.frac_out.

    InputError where a scale is too small or too large for 16 bits and a shift of 1..46; a tiny scale becomes 0.
    """
    ratio = scale * 2.0 ** (frac_out - frac_in)
    mantissa, exponent = torch.frexp(ratio)  # ratio = mantissa 2^exponent, mantissa in [1/2, 1)
    mult, shift = (mantissa * 2.0**MULT_BITS).round().to(torch.int64), MULT_BITS - exponent.to(torch.int64)
    carry = mult == 1 << MULT_BITS
    mult, shift = torch.where(carry, mult >> 1, mult), torch.where(carry, shift - 1, shift)
    nothing = (ratio == 0) | (shift > ROW_SHIFT.high)
    if bool((shift[~nothing] < ROW_SHIFT.low).any()):
        raise InputError(
            f"{what}: a row has weights of {float(scale.max()) * 127:.4g}, too large for a 16-bit scale and its shift"
        )
    mult, shift = mult.masked_fill(nothing, 0), shift.masked_fill(nothing, 1)
    return ChannelScale(mult.to(torch.int32), shift.to(torch.uint8))


def scale_value(scale: ChannelScale, frac_in: int, frac_out: int) -> Tensor:
    """What `channel_scale` made of the scales, float64 [M]."""
    return scale.mult.double() * torch.exp2(-scale.shift.double()) * 2.0 ** (frac_in - frac_out)


def parameter(x: Tensor, bits: int, group: int, frac: int, what: str) -> Pot:
    """The nearest Pot Q.frac of `bits`-wide integers to real numbers x [..., n].

    The shift of a group is the least that holds its largest value. InputError where that exceeds 5 bits.
    """
    raw = (x.double() * 2.0**frac).round()
    low, high = limits(bits)
    n = x.shape[-1]
    count = -(-n // group)
    padded = torch.nn.functional.pad(raw, (0, count * group - n)).reshape(*x.shape[:-1], count, group)
    peak = padded.abs().amax(-1)
    if float(peak.max()) >= 2.0 ** (bits - 1 + MAX_SHIFT):
        raise InputError(
            f"{what}: found {float(x.abs().max()):.4g}, too large for {bits} bits and a shift of {MAX_SHIFT}"
        )
    s = (bit_length(peak.to(torch.int64)) - (bits - 1)).clamp(min=0)
    fits = (padded / torch.exp2(s.double()).unsqueeze(-1)).round().amax(-1) <= high  # rounding may carry past the top
    s = torch.where(fits, s, s + 1)
    q = (padded / torch.exp2(s.double()).unsqueeze(-1)).round().clamp(low, high)
    return Pot(q.flatten(-2)[..., :n].to(torch.int64), s, group)

# SPDX-License-Identifier: Apache-2.0
"""Scales of linear weights: additive powers of two a group, or multiplier and shift a row; and the grids they make."""

from itertools import combinations_with_replacement

import torch
from torch import Tensor

from golden.errors import InputError
from golden.fixed import limits
from golden.mamba2.integer.model import AdditiveScale, ChannelScale
from golden.mamba2.integer.profile import Mamba2Profile

PAIRS = tuple(sorted(combinations_with_replacement(range(8), 2), key=lambda pair: 2 ** pair[0] + 2 ** pair[1]))
"""The 36 pairs (s1, s2), s1 <= s2, by their sum 2^s1 + 2^s2, which is 2..256."""
SHRINK = tuple(1 - 0.02 * i for i in range(26))
"""Scales tried for a row, as shares of the one that holds its largest weight."""
MULT_BITS = 16
CHUNK = 1 << 22  # elements of a scale search in memory at once


def additive_sums(frac: int) -> Tensor:
    """The 36 scales (2^s1 + 2^s2) 2^-frac in ascending order, float64 [36]."""
    return torch.tensor([2.0 ** (a - frac) + 2.0 ** (b - frac) for a, b in PAIRS], dtype=torch.float64)


def round_to(w: Tensor, scale: Tensor, bits: int) -> Tensor:
    """The nearest integers of `bits` to w / scale (ties to even), in w's dtype; 0 where the scale is 0."""
    return torch.where(scale == 0, 0, w / scale).round().clamp(*limits(bits))


def search(w: Tensor, importance: Tensor, candidates: Tensor, bits: int) -> Tensor:
    """Index of the candidate scale of least sum over the last axis of importance * (w - q scale)^2.

    w [M, K], importance [K] or [M, K], candidates [S] or [M, S] -> int64 [M].
    """
    candidates = candidates.to(w.dtype).expand(len(w), -1)
    importance = importance.to(w.dtype).expand_as(w)
    rows = max(1, CHUNK // (w.shape[1] * candidates.shape[1]))
    best = []
    for part, weight, scales in zip(*(torch.split(x, rows) for x in (w, importance, candidates)), strict=True):
        wide, scale = part.unsqueeze(1), scales.unsqueeze(2)
        error = (wide - round_to(wide, scale, bits) * scale).square() * weight.unsqueeze(1)
        best.append(error.sum(-1).argmin(-1))
    return torch.cat(best)


def fit_additive(w: Tensor, importance: Tensor, p: Mamba2Profile, searched: bool) -> Tensor:
    """Index into PAIRS for one group of inputs: w [M, group] -> int64 [M].

    The least weighted squared error where `searched`, else the smallest scale that holds the largest weight.
    """
    sums = additive_sums(p.weight_frac)
    if searched:
        return search(w, importance, sums, p.weight_bits)
    needed = w.abs().amax(-1).double() / limits(p.weight_bits)[1]
    return torch.bucketize(needed, sums).clamp(max=len(sums) - 1)


def fit_channel(w: Tensor, importance: Tensor, p: Mamba2Profile, searched: bool) -> Tensor:
    """Scale of each row: w [M, K] -> float64 [M], representable as mult 2^-shift; 0 for a row of zeros."""
    largest = w.abs().amax(-1).double() / limits(p.weight_bits)[1]
    if searched:
        shares = torch.tensor(SHRINK, dtype=torch.float64)
        safe = largest.clamp(min=torch.finfo(torch.float32).tiny)
        largest = largest * shares[search(w, importance, safe.unsqueeze(1) * shares, p.weight_bits)]
    return largest


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
    nothing = (ratio == 0) | (shift > 46)
    if bool((shift[~nothing] < 1).any()):
        raise InputError(
            f"{what}: a row has weights of {float(scale.max()) * 127:.4g}, too large for a 16-bit scale and its shift"
        )
    mult, shift = mult.masked_fill(nothing, 0), shift.masked_fill(nothing, 1)
    return ChannelScale(mult.to(torch.int32), shift.to(torch.uint8))


def scale_value(scale: ChannelScale, frac_in: int, frac_out: int) -> Tensor:
    """What `channel_scale` made of the scales, float64 [M]."""
    return scale.mult.double() * torch.exp2(-scale.shift.double()) * 2.0 ** (frac_in - frac_out)

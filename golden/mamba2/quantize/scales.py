# SPDX-License-Identifier: Apache-2.0
"""The choice of scales for weights: the least squared error, or the largest weight."""

import torch
from torch import Tensor

from golden.fixed import limits
from golden.mamba2.integer.encode import additive_sums
from golden.mamba2.integer.profile import Mamba2Profile

SHRINK = tuple(1 - 0.02 * i for i in range(26))
"""Scales tried for a row, as shares of the one that holds its largest weight."""
CHUNK = 1 << 22  # elements of a scale search in memory at once


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
    """Index into `encode.PAIRS` for one group of inputs: w [M, group] -> int64 [M].

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

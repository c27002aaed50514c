# SPDX-License-Identifier: Apache-2.0
"""Rounding of a matrix with compensation of its errors, column by column (GPTQ, arXiv 2210.17323, algorithm 1)."""

from collections.abc import Callable

import torch
from torch import Tensor

from golden.mamba2.quantize.scales import round_to

BLOCK = 128

FitScale = Callable[[Tensor, int, int], Tensor]
"""(columns [M, n], first, end) -> scale of each row [M] for these columns."""


def damped(moments: Tensor, damping: float) -> Tensor:
    """Second moments [K, K] float64 plus `damping` times their mean diagonal."""
    mean = moments.diagonal().mean().clamp(min=torch.finfo(torch.float64).tiny)
    return moments + torch.diag(torch.full((len(moments),), damping, dtype=torch.float64) * mean)


def inverse_factor(moments: Tensor) -> Tensor:
    """Upper Cholesky factor of the inverse of damped moments, float64 [K, K]."""
    inverse = torch.cholesky_inverse(torch.linalg.cholesky(moments))
    factor: Tensor = torch.linalg.cholesky(inverse, upper=True)
    return factor


def compensate(w: Tensor, factor: Tensor, fit: FitScale, bits: int, group: int) -> Tensor:
    """Quantize w [M, K] to integers [M, K] in w's dtype.

    factor [K, K] as of `inverse_factor`. Each column's rounding error is moved to the columns after it; the scale of a
    group of `group` columns is fitted when its first column is reached.
    """
    w, factor = w.clone(), factor.to(w.dtype)
    q, K = torch.empty_like(w), w.shape[1]
    for first in range(0, K, group):
        end = min(first + group, K)
        scale = fit(w[:, first:end], first, end).to(w.dtype)
        for start in range(first, end, BLOCK):
            stop = min(start + BLOCK, end)
            errors = _block(w[:, start:stop], q[:, start:stop], factor[start:stop, start:stop], scale, bits)
            w[:, stop:] -= errors @ factor[start:stop, stop:]
    return q


def _block(w: Tensor, q: Tensor, factor: Tensor, scale: Tensor, bits: int) -> Tensor:
    """Round the columns of w into q; returns their errors over the factor's diagonal. Changes w."""
    errors = torch.empty_like(w)
    for j in range(w.shape[1]):
        q[:, j] = round_to(w[:, j], scale, bits)
        errors[:, j] = (w[:, j] - q[:, j] * scale) / factor[j, j]
        w[:, j:] -= errors[:, j, None] * factor[j, None, j:]
    return errors

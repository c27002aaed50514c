# SPDX-License-Identifier: Apache-2.0
"""The activation tables of LightMamba's released model, from their formulas (arXiv 2502.15260)."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

ENTRIES, SEGMENTS = 4096, 32
IN_FRAC = 10
"""Fraction bits of every table's argument."""


@dataclass(frozen=True)
class ActivationTable:
    """A function of x Q.10 by 4096 signed bytes, each with the shift of its 1/32 of the range.

    f(x) = values[clamp((x - alpha) >> d, 0, 4095)] << shifts[clamp((x - alpha) >> ds, 0, 31)], Q.out_frac; values
    int64 [4096], -128..127, the function at the left edge of each bin. alpha is Q.10.
    """

    name: str
    alpha: int
    d: int
    ds: int
    shifts: tuple[int, ...]
    out_frac: int
    values: Tensor


def _table(
    name: str, function: Callable[[float], float], alpha: int, d: int, runs: tuple[tuple[int, int], ...], out_frac: int
) -> ActivationTable:
    """Evaluate in float64 with ties to even; `runs` are (shift, how often)."""
    ds = d + 7
    shifts = tuple(shift for shift, times in runs for _ in range(times))
    values = []
    for i in range(ENTRIES):
        exact = function((alpha + (i << d)) / (1 << IN_FRAC)) * 2**out_frac / 2 ** shifts[(i << d) >> ds]
        values.append(min(max(round(exact), -128), 127))
    return ActivationTable(name, alpha, d, ds, shifts, out_frac, torch.tensor(values))


def _silu(x: float) -> float:
    return x / (1 + math.exp(-x))


def _softplus(x: float) -> float:
    """x itself above 20, as torch's softplus: in 25 entries the release's ties show it."""
    return x if x > 20 else math.log1p(math.exp(x))


@lru_cache
def silu_table() -> ActivationTable:
    """Q.10 -> Q.10, from -25 in steps of 1/32; saturates at +103."""
    runs = ((0, 5), (2, 1), (5, 1), (6, 1), (7, 2), (8, 4), (9, 8), (10, 10))
    return _table("silu", _silu, -25600, 5, runs, 10)


@lru_cache
def softplus_table() -> ActivationTable:
    """Q.10 -> Q.10, from -25 in steps of 1/64; saturates at +39."""
    runs = ((0, 11), (2, 1), (4, 1), (5, 1), (6, 2), (7, 4), (8, 8), (9, 4))
    return _table("softplus", _softplus, -25600, 4, runs, 10)


@lru_cache
def exp_table() -> ActivationTable:
    """Q.10 -> Q.6, from -20 in steps of 1/128; meant for x <= 0, saturates above."""
    runs = ((0, 20), (1, 1), (2, 1), (4, 1), (5, 1), (7, 1), (8, 1), (10, 1), (11, 1), (12, 1), (14, 1), (15, 2))
    return _table("exp", math.exp, -20480, 3, runs, 6)


def lookup(table: ActivationTable, x: Tensor) -> Tensor:
    """Look up.

    Args:
        table: one of the three above.
        x: any shape, int64 Q.10, |x| < 2^62.

    Returns:
        Same shape, int64 Q.out_frac, within 24 bits: a byte shifted by up to 15.
    """
    offset = x - table.alpha
    entry = table.values[(offset >> table.d).clamp(0, ENTRIES - 1)]
    return entry << torch.tensor(table.shifts)[(offset >> table.ds).clamp(0, SEGMENTS - 1)]

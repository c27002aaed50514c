# SPDX-License-Identifier: Apache-2.0
"""Arguments at which the nonlinear functions have their steps: table bins, segments, borders, ends of the format."""

from collections.abc import Iterable
from math import isqrt

import torch
from torch import Tensor

from golden.fixed.norm_tables import NormTable
from golden.fixed.tables import ENTRIES, SEGMENTS, ActivationTable, exp_table, silu_table, softplus_table
from golden.mamba2.integer.profile import Mamba2Profile

SPAN, POINTS = 16, 1 << 15
"""Reals on either side of 0 in which a ramp runs, and about how many points it has."""


def ramp(frac: int, low: int, high: int) -> Tensor:
    """A dense ramp over -16..16, as far as low..high goes: every argument up to Q.10, each odd-numbered one beyond."""
    step = max(1, (2 * SPAN << frac) // POINTS) | 1
    first, last = max(low, -SPAN << frac), min(high, SPAN << frac)
    return torch.arange(first, last + 1, step)


def powers(low: int, high: int) -> Tensor:
    """Both ends of the format and 2^k - 1, 2^k, 2^k + 1 of both signs: what lies beyond every table or segment."""
    sizes = [(1 << k) + d for k in range(max(-low, high).bit_length()) for d in (-1, 0, 1)]
    points = sorted({low, low + 1, high - 1, high, *sizes, *(-each for each in sizes)})
    return torch.tensor([each for each in points if low <= each <= high])


def borders(unit: str, p: Mamba2Profile, low: int, high: int) -> Tensor:
    """The last argument before and the first one after each step of the function `unit`'s approximation."""
    if p.nonlinear == "table":
        table = {"m2_silu": silu_table, "m2_softplus": softplus_table, "m2_exp": exp_table}[unit]()
        points = _table_bins(table)
    elif unit == "m2_silu":
        points = torch.arange(-256, 257) << (p.proj_frac - 4)  # segments of 1/16 up to 16 of the sigmoid
    else:
        points = _nau_segments(p.exp_in_frac if unit == "m2_exp" else p.proj_frac)
    around = sorted({each + d for each in points.tolist() for d in (-1, 0, 1)})
    return torch.tensor([each for each in around if low <= each <= high])


def _table_bins(table: ActivationTable) -> Tensor:
    bins, segments = torch.arange(ENTRIES + 1) << table.d, torch.arange(SEGMENTS + 1) << table.ds
    return torch.cat([bins, segments]) + table.alpha


def _nau_segments(frac: int) -> Tensor:
    """Where 1.4375 x passes a multiple of 1/8, down to where the result is 0; of both signs for softplus."""
    below = -((torch.arange(8 * 24 + 1) << (frac + 1)) // 23)
    near = torch.cat([below + d for d in (-2, 0, 2)])
    return torch.cat([near, -near])


def sums_at_edges(sums: Iterable[int], width: int, value_bits: int) -> Tensor:
    """Rows whose sums of squares are exactly the last before and the first at each step of the norm's reciprocal."""
    rows = [_squares(each, width, value_bits) for each in sums]
    return torch.tensor([row for row in rows if row])


def _squares(total: int, width: int, value_bits: int) -> list[int]:
    """At most `width` integers of alternating sign whose squares add up to `total`; none where they don't fit."""
    row: list[int] = []
    while total and len(row) < width:
        root = min(isqrt(total), (1 << (value_bits - 1)) - 1)
        row.append(-root if len(row) % 2 else root)
        total -= root * root
    return [] if total else row + [0] * (width - len(row))


def table_sums(table: NormTable) -> list[int]:
    """Sums on both sides of the start of each table, of its second entry and of its last two."""
    starts = [a + (i << d) for a, d in zip(table.alpha, table.d, strict=True) for i in (0, 1, 510, 511)]
    return [each + side for each in starts for side in (-1, 0) if each + side >= 0]


def rsqrt_sums(eps_sum: int) -> list[int]:
    """Sums which with eps stand on both sides of a power of two, of four, and of some segments of the line."""
    starts = [(64 + i << 2 * e) >> 6 for e in range(24) for i in (0, 1, 63, 64, 65, 191)]
    return [each + side - eps_sum for each in starts for side in (-1, 0) if each + side >= eps_sum]

# SPDX-License-Identifier: Apache-2.0
"""How large a normalized value can get before its weight: no element exceeds the root of its own sum of squares.

The naive product of the largest element and the largest reciprocal would be some 20 bits too wide: a large element
makes the sum large and thereby the reciprocal small.
"""

import math
from collections.abc import Iterator
from functools import lru_cache

import torch

from golden.fixed.interval import Interval
from golden.fixed.norm_tables import ENTRIES, TABLES, NormTable
from golden.fixed.rsqrt import M_FRAC, N_FRAC, U_FRAC, rsqrt

_STEP = 1 << 8
"""Normalized arguments between two that `rsqrt_scaled` tries."""


def table_sum(x: Interval, table: NormTable) -> Interval:
    """Saturated sum of squares of `table.width` elements of x."""
    return Interval(0, min(table.width * min(x.magnitude, table.root) ** 2, table.last))


def table_reciprocal(table: NormTable) -> Interval:
    """RS of all sums."""
    entries = [int(table.values[k, i]) << table.o[k] for k, i, _ in _entries(table)]
    return Interval(min(entries), max(entries))


def table_scaled(x: Interval, table: NormTable) -> Interval:
    """x RS, before the shift by 12: each entry serves sums up to some end, which bound |x| by their root.

    Only the last entry has no end; there |x| is whatever x holds.
    """
    peak = 0
    for k, i, end in _entries(table):
        largest = x.magnitude if end is None else min(x.magnitude, math.isqrt(end))
        peak = max(peak, largest * (int(table.values[k, i]) << table.o[k]))
    return Interval(-peak, peak)


def _entries(table: NormTable) -> Iterator[tuple[int, int, int | None]]:
    """Yield the entries (table, index) that can be chosen, with the greatest sum that chooses them."""
    for k in range(TABLES):
        limit = table.alpha[k + 1] if k + 1 < TABLES else None
        for i in range(ENTRIES):
            start = table.alpha[k] + (i << table.d[k])
            if limit is not None and start >= limit:
                break
            end = start + (1 << table.d[k]) - 1
            if i == ENTRIES - 1:
                yield k, i, None if limit is None else limit - 1
            else:
                yield k, i, end if limit is None else min(end, limit - 1)


@lru_cache
def rsqrt_scaled() -> Interval:
    """u = ((x m) << 8) >> e of `rms_norm_rsqrt`, Q.23: 1 in magnitude, and what the approximation adds.

    v = sum + eps > x^2 is normalized to n = floor(v 2^(22 - 2e)), so that x^2 < (n + 1) 2^(2e - 22) and
    (x m 2^8 / 2^e)^2 < (n + 1) m^2 / 2^6, whatever e. m falls with n: between tried arguments n and n + step it is at
    most m(n), and n + 1 at most n + step.
    """
    n = torch.arange(1 << N_FRAC, 4 << N_FRAC, _STEP)
    m = rsqrt(n)[0]
    squares = ((n + _STEP) * m * m) >> (N_FRAC - 2 * (U_FRAC - M_FRAC))
    peak = math.isqrt(int(squares.max())) + 1
    return Interval(-peak, peak)

# SPDX-License-Identifier: Apache-2.0
"""Quantizer and tables of LightMamba's integer model, in plain Python: the arithmetic below the layer oracle.

Everything follows the description of the released model (LightMamba, arXiv 2502.15260); Q.f is a unit of 2^-f.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

Ints = list[int]
Quantized = tuple[Ints, Ints]

GROUP = 8
"""Neighbours that share one shift."""


def fit(value: int, bits: int) -> int:
    """The value; OverflowError beyond the symmetric range of `bits` bits (the release stops there, too)."""
    if abs(value) >= 1 << (bits - 1):
        raise OverflowError(f"{value} does not fit {bits} bits")
    return value


def quantize(x: Ints, bits: int) -> Quantized:
    """Q_bits: one power-of-two scale of at most 2^15 for 8 neighbours, round half up, clip."""
    low, high = -(1 << (bits - 1)), (1 << (bits - 1)) - 1
    q, shifts = [], []
    for start in range(0, len(x), GROUP):
        part = x[start : start + GROUP]
        peak = fit(max(map(abs, part)), 32)
        s = min(max(max(peak - 1, 0).bit_length() - (bits - 1), 0), 15)
        shifts.append(s)
        q += [min(max(((v >> (s - 1)) + 1) >> 1 if s else v, low), high) for v in part]
    return q, shifts


def each(s: Ints, n: int) -> Ints:
    """The shift of each of n elements."""
    return [s[i // GROUP] for i in range(n)]


@dataclass(frozen=True)
class Lut:
    """An activation table: x is Q.10; entry T[(x - alpha) >> d] << S[(x - alpha) >> ds]."""

    alpha: int
    d: int
    ds: int
    shifts: tuple[int, ...]
    values: tuple[int, ...]

    def __call__(self, x: int) -> int:
        """Look up with both indices clamped to the table."""
        at = x - self.alpha
        return self.values[min(max(at >> self.d, 0), 4095)] << self.shifts[min(max(at >> self.ds, 0), 31)]


def runs(*pairs: tuple[int, int]) -> tuple[int, ...]:
    """(value, count) pairs written out."""
    return tuple(value for value, count in pairs for _ in range(count))


def lut(fn: Callable[[float], float], alpha: int, d: int, shifts: tuple[int, ...], out: int) -> Lut:
    """Evaluate at the left edge of each bin in float64, ties to even (`round`), clip to int8; Q.`out` out."""
    values = []
    for i in range(4096):
        exact = fn((alpha + (i << d)) / 1024) * 2**out / 2 ** shifts[min((i << d) >> (d + 7), 31)]
        values.append(min(max(round(exact), -128), 127))
    return Lut(alpha, d, d + 7, shifts, tuple(values))


@cache
def silu_lut() -> Lut:
    """SiLU, Q.10 to Q.10."""
    shifts = runs((0, 5), (2, 1), (5, 1), (6, 1), (7, 2), (8, 4), (9, 8), (10, 10))
    return lut(lambda x: x / (1 + math.exp(-x)), -25600, 5, shifts, 10)


@cache
def softplus_lut() -> Lut:
    """Softplus, Q.10 to Q.10; x itself above 20, which shows in the ties of 25 entries."""
    shifts = runs((0, 11), (2, 1), (4, 1), (5, 1), (6, 2), (7, 4), (8, 8), (9, 4))
    return lut(lambda x: x if x > 20 else math.log1p(math.exp(x)), -25600, 4, shifts, 10)


@cache
def exp_lut() -> Lut:
    """The exponential, Q.10 to Q.6."""
    shifts = runs((0, 20), *((s, 1) for s in (1, 2, 4, 5, 7, 8, 10, 11, 12, 14)), (15, 2))
    return lut(math.exp, -20480, 3, shifts, 6)


@dataclass(frozen=True)
class RootLut:
    """1/sqrt(mean of squares) in Q.12 from the sum of squares: eight tables of 512 entries; there is no eps."""

    alphas: tuple[int, ...]
    d: tuple[int, ...]
    o: tuple[int, ...]
    values: tuple[tuple[int, ...], ...]

    def __call__(self, total: int) -> int:
        """The last table whose alpha is not above the sum, or the first."""
        k = max((i for i in range(8) if total >= self.alphas[i]), default=0)
        return self.values[k][min(max((total - self.alphas[k]) >> self.d[k], 0), 511)] << self.o[k]


def root_lut(width: int, p: int, f: int, a: list[float], d: list[int], o: list[int]) -> RootLut:
    """Tables for `width` channels in Q.f; at other widths than the released, krait scales a and 2^d by 2^p."""
    a, d = [v * 2.0**p for v in a], [v + p for v in d]
    values = tuple(
        tuple(round(4096 * math.sqrt(width / (a[k] + i * 2.0 ** (d[k] - 2 * f))) / 2 ** o[k]) for i in range(512))
        for k in range(8)
    )
    return RootLut(tuple(int(v * 4**f) for v in a), tuple(d), tuple(o), values)


@cache
def rms1_lut(width: int) -> RootLut:
    """Of the norm before in_proj: input Q.10, released for 2560 channels."""
    a = [1e-4] + [1e-4 + 9.6 * 8**k for k in range(7)]
    p = math.floor(math.log2(width / 2560))
    return root_lut(width, p, 10, a, [15, 18, 21, 24, 27, 30, 33, 36], [17, 9, 7, 6, 4, 3, 1, 0])


@cache
def rms2_lut(width: int) -> RootLut:
    """Of the gated norm before out_proj: input Q.12, released for 5120 channels."""
    a = [0.1] + [0.1 + 8.0 * 8**k for k in range(7)]
    p = round(math.log2(width / 5120))
    return root_lut(width, p, 12, a, [19, 21, 24, 27, 30, 33, 36, 39], [12, 9, 8, 6, 5, 3, 2, 0])

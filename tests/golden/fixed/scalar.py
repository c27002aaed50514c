# SPDX-License-Identifier: Apache-2.0
"""Scalar references for golden.fixed, on Python integers, written before and apart from it."""

import math
from collections.abc import Callable


def pot_quant(x: list[int], b: int, max_shift: int = 15) -> tuple[list[int], int]:
    """The quantizer, step by step as in hardware: shift by s - 1, add one, shift by one."""
    m = max(abs(v) for v in x)
    if m >= 1:
        m -= 1
    s = min(max(m.bit_length() - (b - 1), 0), max_shift)
    q = [v if s == 0 else (((v >> (s - 1)) + 1) >> 1) for v in x]
    lo, hi = -(1 << (b - 1)), (1 << (b - 1)) - 1
    return [min(max(v, lo), hi) for v in q], s


def rms_tables(
    width: int, f: int, a0: float, step: float, d: tuple[int, ...], o: tuple[int, ...]
) -> tuple[list[int], list[list[int]]]:
    """Norm tables: alphas and entries."""
    a = [a0] + [a0 + step * 8**k for k in range(7)]
    entries = [
        [math.floor(4096 * math.sqrt(width / (a[k] + i * 2.0 ** (d[k] - 2 * f))) / 2 ** o[k] + 0.5) for i in range(512)]
        for k in range(8)
    ]
    return [int(v * 4**f) for v in a], entries


def act_lut(
    fn: Callable[[float], float], alpha: int, d: int, ds: int, shifts: tuple[int, ...], out_frac: int
) -> list[int]:
    """Activation tables."""
    return [
        max(
            -128,
            min(127, round(fn((alpha + (i << d)) / 1024) * 2**out_frac / 2 ** shifts[min((i << d) >> ds, 31)])),
        )
        for i in range(4096)
    ]


def nau_exp(t_q: int, f: int, frac_out: int = 14) -> int:
    """The NAU: t_q = x * 1.4375 in Q.f, x <= 0 -> Q.frac_out, with one shift at the end."""
    base = [16384, 17867, 19484, 21247, 23170, 25268, 27554, 30048]
    slope = [11863, 12937, 14108, 15384, 16777, 18295, 19951, 21757]
    u, v = t_q >> f, t_q & ((1 << f) - 1)
    k, r = v >> (f - 3), v & ((1 << (f - 3)) - 1)
    p = base[k] + ((slope[k] * r) >> f)
    left = u + frac_out - 14
    return p << left if left >= 0 else p >> -left

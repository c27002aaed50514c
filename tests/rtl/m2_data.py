# SPDX-License-Identifier: Apache-2.0
"""Integers on which quantizers go wrong: zeros, powers of two and their neighbours, extremes, maxima of either sign."""

import random

import torch
from torch import Tensor

from golden.fixed import limits
from tests.rtl.stream_vectors import pack


def groups(rng: random.Random, count: int, size: int, width: int) -> Tensor:
    """Return [count, size] int64 signed numbers of `width` bits, each group of one kind."""
    return torch.tensor([_group(rng, k, size, width) for k in range(count)], dtype=torch.int64)


def _group(rng: random.Random, kind: int, size: int, width: int) -> list[int]:
    low, high = limits(width)
    bits = rng.randint(1, width)
    small = limits(bits)
    x = [rng.randint(*small) for _ in range(size)]
    peak = rng.randrange(size)
    if kind % 8 == 0:
        x = [0] * size
    elif kind % 8 == 1:
        x = [rng.choice((low, high, low + 1, 0, -1, 1)) for _ in range(size)]
    elif kind % 8 in (2, 3, 4):  # the maximum is a power of two or beside one, positive or negative
        power = (1 << rng.randrange(width)) + (kind % 8 - 3)
        x = [rng.randint(-power // 2, max(power // 2, 0)) for _ in range(size)]
        x[peak] = power * rng.choice((1, -1))
    elif kind % 8 == 7:  # a power of two plus a smaller one, which keeps it from being an exact power
        power = 1 << rng.randrange(1, width)
        x = [rng.randint(-power // 2, power // 2) for _ in range(size)]
        x[peak] = power | 1 << rng.randrange(power.bit_length() - 1)
    elif kind % 8 == 5:  # two maxima of opposite sign
        x[peak], x[(peak + 1) % size] = small[0], small[1]
    elif kind % 8 == 6:  # one large among small ones
        x = [rng.randint(-2, 2) for _ in range(size)]
        x[peak] = rng.choice((low, high, rng.randint(low, high)))
    return [min(max(value, low), high) for value in x]


def block_beats(x: Tensor, lanes: int, width: int) -> list[int]:
    """Return the beats of a block x [n] of signed numbers: log2 n in 4 bits above `lanes` elements of `width` bits."""
    log2 = len(x).bit_length() - 1
    return [pack(beat, width) | log2 << lanes * width for beat in x.reshape(-1, lanes).tolist()]

# SPDX-License-Identifier: Apache-2.0
"""Vectors, weights and beats for what has a norm and an absmax quantizer in it."""

import random

from golden.fixed import limits
from golden.ternary.integer.scale import Scale
from tests.rtl.stream_vectors import pack

X, W, OUT = 32, 16, 40
"""Bits of an element and of a weight, elements of a quantized beat."""


def bits(rng: random.Random, width: int) -> int:
    """Return an integer of `width` bits or fewer."""
    return rng.randint(*limits(rng.randint(2, width)))


def vector(rng: random.Random, kind: int, size: int) -> list[int]:
    """Return a vector: zeros, one element among zeros, all at an end, halves of the greatest, or magnitudes mixed."""
    low, high = limits(X)
    if kind % 6 == 0:
        return [0] * size
    if kind % 6 == 1:
        x = [0] * size
        x[rng.randrange(size)] = rng.choice((1, -1, low, high, bits(rng, X)))
        return x
    if kind % 6 == 2:
        return [rng.choice((low, high, low + 1)) for _ in range(size)]
    if kind % 6 == 3:  # ties of the quantizer and of the shift
        top = rng.choice((254, 127, 254 << rng.randint(0, 20)))
        return [rng.choice((top, -top, top // 2 - rng.randrange(2), rng.randint(-top, top))) for _ in range(size)]
    small, large = (limits(rng.randint(2, X)) for _ in range(2))
    return [rng.randint(*(large if rng.random() < 0.02 else small)) for _ in range(size)]


def weights(rng: random.Random, kind: int, size: int) -> list[int]:
    """Return the weights of a norm: all the same, all at an end, or any."""
    low, high = limits(W)
    if kind % 3 == 0:
        return [rng.choice((1, 1 << W - 2, -3))] * size
    return [rng.choice((low, high)) if kind % 3 == 1 else bits(rng, W) for _ in range(size)]


def scale_word(scale: Scale) -> list[int]:
    """Return scales as the hardware passes them."""
    return [(e & 1023) << 16 | m for m, e in zip(scale.m.tolist(), scale.e.tolist(), strict=True)]


def beats(values: list[int], width: int, lanes: int, last: bool = False) -> list[int]:
    """Return values as beats of `lanes`, zeros behind the last one, marked there."""
    parts = [values[k : k + lanes] for k in range(0, len(values), lanes)]
    found = [pack(part, width) for part in parts]
    return [*found[:-1], found[-1] | last << lanes * width]

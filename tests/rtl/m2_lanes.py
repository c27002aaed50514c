# SPDX-License-Identifier: Apache-2.0
"""Vectors of units that apply a function to each lane of a beat, and arguments on which such functions go wrong."""

import random
from collections.abc import Iterable
from pathlib import Path

import torch
from torch import Tensor

from golden.fixed import limits
from tests.rtl import stream_vectors
from tests.rtl.stream_vectors import Traffic, pack


def arguments(
    rng: random.Random, width: int, near: Iterable[int], count: int, greatest: int | None = None
) -> list[int]:
    """Return numbers of `width` bits up to `greatest`, shuffled.

    Both ends, 0, powers of two, all of `near`, with their neighbours; `count` others, uniform in the number of bits.
    """
    low, high = limits(width)
    high = high if greatest is None else min(high, greatest)
    marks = [low, high, 0, *(sign << k for k in range(width) for sign in (1, -1)), *near]
    x = [mark + d for mark in marks for d in (-1, 0, 1)]
    x += [rng.randint(*limits(rng.randint(1, width))) for _ in range(count)]
    rng.shuffle(x)
    return [value for value in x if low <= value <= high]


def beats(x: list[int], lanes: int) -> list[int]:
    """Return the numbers, repeated from the start until they fill whole beats."""
    return x + x[: -len(x) % lanes]


def write(path: Path, x: Tensor, y: Tensor, lanes: int, in_w: int, out_w: int, steady: int = 120) -> Path:
    """Write vectors of a unit without sideband: x and y [n] with n a multiple of `lanes`; rates on `steady` beats."""
    lanes_in, lanes_out = (v.reshape(-1, lanes).tolist() for v in (x, y))
    low, high = limits(out_w)
    assert torch.equal(y, y.clamp(low, high)), "results do not fit into the unit's output"
    traffic = stream_vectors.traffic([pack(b, in_w) for b in lanes_in], [pack(b, out_w) for b in lanes_out])
    return stream_vectors.write(path, traffic, _head(traffic, steady))


def _head(traffic: Traffic, items: int) -> Traffic:
    return traffic.head(min(items, len(traffic.items)))

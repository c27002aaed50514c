# SPDX-License-Identifier: Apache-2.0
"""Quantized activations, weights and golden sums for the units of the linear layers."""

import random
from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from golden.fixed import limits
from golden.fixed.pot import Pot
from golden.mamba2.integer.linear import sums
from golden.mamba2.integer.model import AdditiveScale, ChannelScale, Linear
from golden.mamba2.integer.profile import load
from tests.rtl.stream_vectors import pack


def activations(rng: random.Random, count: int, n: int, group: int, bits: int, max_shift: int) -> Pot:
    """Return [count, n] activations; every third vector has extremes alone, and the greatest or least shifts."""
    low, high = limits(bits)
    q, s = [], []
    for k in range(count):
        extreme = k % 3 == 0
        values, shifts = ((low, high), (max_shift, 0)) if extreme else (range(low, high + 1), range(max_shift + 1))
        alike = rng.choice(values) if k % 6 == 0 else None
        q.append([rng.choice(values) if alike is None else alike for _ in range(n)])
        s.append([rng.choice(shifts) if alike is None else max_shift for _ in range(n // group)])
    return Pot(torch.tensor(q), torch.tensor(s), group)


def weights(rng: random.Random, rows: int, n: int, bits: int, extreme: bool = False) -> Tensor:
    """Return int8 [rows, n] weights of `bits` bits; rows of one extreme each where `extreme`."""
    low, high = limits(bits)
    if extreme:
        return torch.tensor([[rng.choice((low, high))] * n for _ in range(rows)], dtype=torch.int8)
    return torch.tensor([[rng.randint(low, high) for _ in range(n)] for _ in range(rows)], dtype=torch.int8)


def plain_sums(a: Pot, w: Tensor) -> Tensor:
    """Golden's sums [..., M] of activations [..., K] without scales."""
    none = ChannelScale(torch.zeros(len(w), dtype=torch.int32), torch.ones(len(w), dtype=torch.uint8))
    return sums(a, Linear(w, none), load("fastmamba-w8a8"))


def additive_sums(a: Pot, w: Tensor, s1: Tensor, s2: Tensor, inputs: int) -> Tensor:
    """Golden's sums [..., M] with a scale 2^s1 + 2^s2 for each row and `inputs` inputs."""
    return sums(a, Linear(w, AdditiveScale(s1, s2)), replace(load("lightmamba-w4a4"), weight_group=inputs))


def side_by_side(*parts: tuple[int, int]) -> int:
    """Return (value, width) pairs as one word, first lowest."""
    word = at = 0
    for value, width in parts:
        word |= value << at
        at += width
    return word


def tile_beats(sums: Tensor, free: bool, params: Mapping[str, int]) -> list[int]:
    """Return the output beats of a tile's sums [columns, ROWS], zeros in the lanes that a short pass leaves."""
    lanes, found = params["T_PAR"], []
    size = lanes * params["ROWS"] * params["ACC_W"]
    for at in range(0, len(sums), lanes):
        part = sums[at : at + lanes]
        end = at + lanes >= len(sums)
        lane = len(part) - 1, max((lanes - 1).bit_length(), 1)
        values = pack(part.flatten().tolist(), params["ACC_W"]), size
        found.append(side_by_side(values, lane, (int(end), 1), (int(end and free), 1)))
    return found

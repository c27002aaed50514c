# SPDX-License-Identifier: Apache-2.0
"""Pairs of gate and up beats with golden's product, for tern_gate and what stands in front of it."""

import random
from dataclasses import dataclass

import torch

from golden.ternary.integer.functions import silu_product, squared_relu
from golden.ternary.integer.profile import load
from golden.ternary.integer.scale import Scale
from tests.rtl.stream_vectors import pack

SUM_W, DROP_W = 21, 5


@dataclass(frozen=True)
class Pair:
    """A pair of beats: sums of gate and up, the gate's scale, the bits to drop, golden's result."""

    gate: list[int]
    up: list[int]
    m: int
    e: int
    drop: int
    h: list[int]

    def beats(self, rng: random.Random) -> list[int]:
        """Both input beats; what goes with up does not count, so it is anything."""
        side = scale_word(self.m, self.e) | self.drop << 32
        sides = (side, rng.getrandbits(32 + DROP_W))
        width = SUM_W * len(self.gate)
        return [pack(sums, SUM_W) | s << width for sums, s in zip((self.gate, self.up), sides, strict=True)]


def scale_word(m: int, e: int) -> int:
    """{6'b0, e, m}: a scale as it goes between units."""
    return (e & 0x3FF) << 16 | m


def pairs(rng: random.Random, count: int, lanes: int, sigmoid: bool) -> list[Pair]:
    """Pairs of every size of their bound; in some the sums are the bound itself, its negation, or 0."""
    sizes = [rng.randint(0, 20) for _ in range(count)] + [20, 20, 0]
    found = []
    for size in sizes:
        bound = rng.randint(1 << size >> 1, (1 << size) - 1)
        sums = some(rng, bound, 2 * lanes)
        scale = rng.randrange(1 << 15, 1 << 16), rng.randint(-60, 12)
        found.append(pair(sums[:lanes], sums[lanes:], bound, scale, sigmoid))
    return found


def some(rng: random.Random, bound: int, count: int) -> list[int]:
    """Sums within a bound."""
    if rng.random() < 0.3:
        return [rng.choice((-bound, bound, bound, 0)) for _ in range(count)]
    return [rng.randint(-bound, bound) for _ in range(count)]


def pair(gate: list[int], up: list[int], total: int, scale: tuple[int, int], sigmoid: bool) -> Pair:
    """Golden's product of a pair. What it drops is told by the scale that it returns."""
    p = load()
    g, u, bound = torch.tensor(gate), torch.tensor(up), torch.tensor(total)
    s = Scale(torch.tensor(scale[0]), torch.tensor(scale[1]))
    if sigmoid:
        h, found, _ = silu_product(g, u, bound, s, s, p)
        drop = found.e - (s * s).e + p.sigmoid_frac
    else:
        h, found = squared_relu(g, u, bound, s, s)
        drop = found.e - (s * s * s).e
    return Pair(gate, up, *scale, int(drop), h.tolist())

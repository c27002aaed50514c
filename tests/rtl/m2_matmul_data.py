# SPDX-License-Identifier: Apache-2.0
"""Matrices of the linear layers as they lie in memory, activations, and golden's values, for the matrix engine's units.

Letters: a matrix has M rows and K inputs; a build takes ROWS x INPUTS weights a beat.
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor
from torch.nn.functional import pad

from golden.fixed import saturate
from golden.fixed.pot import Pot
from golden.mamba2.integer.linear import linear
from golden.mamba2.integer.model import AdditiveScale, ChannelScale, Linear
from golden.mamba2.integer.profile import NAMES, Mamba2Profile, load
from tests.rtl.m2_block_data import EMBED, OUT, Job
from tests.rtl.m2_linear_data import activations, side_by_side, weights
from tests.rtl.stream_vectors import pack


@dataclass(frozen=True)
class Build:
    """What a build of the matrix engine fixes."""

    profile: Mamba2Profile
    rows: int
    inputs: int

    @property
    def width(self) -> int:
        return self.rows * self.inputs * self.profile.weight_bits

    @property
    def additive(self) -> bool:
        return self.profile.weight_scale == "additive_pot"

    @property
    def act_group(self) -> int:
        return self.profile.act_group or self.inputs


def build(params: Mapping[str, int]) -> Build:
    """Return the build of m2_matmul's parameters; additive scales change with each beat."""
    profile = replace(load(NAMES[params["PROFILE"]]), weight_group=params["INPUTS"])
    return Build(profile, params["WIDE_W"] // (params["INPUTS"] * profile.weight_bits), params["INPUTS"])


def matrix(rng: random.Random, m: int, k: int, b: Build) -> Linear:
    """Return a matrix whose rows have extremes, and scales that leave some values in range and saturate others."""
    p = b.profile
    w = torch.cat([weights(rng, 1, k, p.weight_bits, extreme=rng.random() < 0.2) for _ in range(m)])
    if b.additive:
        s1, s2 = (torch.tensor([[rng.randrange(8) for _ in range(-(-k // b.inputs))] for _ in range(m)]) for _ in "12")
        return Linear(w, AdditiveScale(s1, s2))
    mult = torch.tensor([rng.choice((0, rng.randrange(1 << 15, 1 << 16))) for _ in range(m)], dtype=torch.int32)
    shift = torch.tensor([rng.choice((1, 46, *range(16, 32))) for _ in range(m)], dtype=torch.uint8)
    return Linear(w, ChannelScale(mult, shift))


def tiles(layer: Linear, b: Build) -> Tensor:
    """Return the weights as [tiles, kbeats, ROWS, INPUTS], zeros around the matrix."""
    m, k = layer.w.shape
    w = pad(layer.w, (0, -k % b.inputs, 0, -m % b.rows))
    return w.reshape(-1, b.rows, w.shape[1] // b.inputs, b.inputs).transpose(1, 2)


def padded(x: Tensor, b: Build, value: int = 0) -> Tensor:
    """Return numbers of the rows [M, ..] as [tiles, ROWS, ..], `value` in the rows beyond the matrix."""
    filled = torch.full((-len(x) % b.rows, *x.shape[1:]), value)
    return torch.cat([x.long(), filled]).reshape(-1, b.rows, *x.shape[1:])


@dataclass(frozen=True)
class Stored:
    """A matrix in memory, and what m2_feed makes of it.

    Attributes:
        w: beats of memory.
        beats: weight beats with scales and marks.
        records: scales of the channels, one word a tile.
    """

    w: list[int]
    beats: list[int]
    records: list[int]


def store(layer: Linear, b: Build) -> Stored:
    """Return a matrix in the memory format, scales in front of the weight beats or tiles that they are of."""
    beats = [[pack(beat.flatten().tolist(), b.profile.weight_bits) for beat in tile] for tile in tiles(layer, b)]
    return _additive(layer.scale, beats, b) if b.additive else _channel(layer.scale, beats, b)


def _marked(beats: Sequence[Sequence[int]], scales: Sequence[int], b: Build) -> list[int]:
    """Return the weight beats [tile][k] with 6 bits of scales a row above them, and the marks."""
    found, wide, size = [], b.width, 6 * b.rows * b.additive
    for t, tile in enumerate(beats):
        for k, beat in enumerate(tile):
            last = k == len(tile) - 1
            free = last and t == len(beats) - 1
            found.append(side_by_side((beat, wide), (scales[len(found)], size), (last, 1), (free, 1)))
    return found


def _additive(scale: AdditiveScale, beats: list[list[int]], b: Build) -> Stored:
    s1, s2 = (padded(s, b).transpose(1, 2).flatten(0, 1).tolist() for s in (scale.s1, scale.s2))  # [beat][row]
    codes = [[low | high << 3 for low, high in zip(*rows, strict=True)] for rows in zip(s1, s2, strict=True)]
    flat, group = [beat for tile in beats for beat in tile], b.inputs * b.profile.weight_bits // 8
    w = []
    for first in range(0, len(flat), group):
        w.append(pack([code for row in codes[first : first + group] for code in row], 8))
        w += flat[first : first + group]
    return Stored(w, _marked(beats, [pack(row, 6) for row in codes], b), [])


def _channel(scale: ChannelScale, beats: list[list[int]], b: Build) -> Stored:
    mult, shift = padded(scale.mult, b).tolist(), padded(scale.shift, b, 1).tolist()
    rows = [[m | s << 16 for m, s in zip(*pair, strict=True)] for pair in zip(mult, shift, strict=True)]
    group, w = b.width // (32 * b.rows), []
    for first in range(0, len(beats), group):
        w.append(pack([word for tile in rows[first : first + group] for word in tile], 32))
        w += [beat for tile in beats[first : first + group] for beat in tile]
    return Stored(w, _marked(beats, [0] * sum(map(len, beats)), b), [pack(tile, 22) for tile in rows])


def act_beats(a: Pot, b: Build) -> list[int]:
    """Return the beats of a vector's columns [tokens, K], zeros behind the last input."""
    found = []
    k = a.q.shape[1]
    q, s = pad(a.q, (0, -k % b.inputs)), pad(a.s, (0, -a.s.shape[1] % (b.inputs // b.act_group)))
    for t in range(len(q)):
        parts = q[t].split(b.inputs), s[t].split(b.inputs // b.act_group)
        for j, (values, shifts) in enumerate(zip(*parts, strict=True)):
            last = j == len(parts[0]) - 1
            fields = (pack(values.tolist(), b.profile.act_bits), b.inputs * b.profile.act_bits)
            marks = (last, 1), (last and t == len(q) - 1, 1)
            found.append(side_by_side(fields, (pack(shifts.tolist(), 4), 4 * len(shifts)), *marks))
    return found


def vector(rng: random.Random, tokens: int, k: int, b: Build) -> Pot:
    """Return activations [tokens, K] with extremes."""
    wide = -(-k // b.act_group) * b.act_group
    a = activations(rng, tokens, wide, b.act_group, b.profile.act_bits, 15)
    return Pot(a.q[:, :k].contiguous(), a.s, b.act_group)


def values(a: Pot, layer: Linear, kind: int, p: Mamba2Profile) -> Tensor:
    """Golden's values [tokens, M] of a matrix of the job's kind."""
    fracs = (p.y_frac, p.residual_frac) if kind == OUT else (p.residual_frac, p.proj_frac)
    return saturate(linear(a, layer, p, *fracs), p.value_bits)


def row_groups(y: Tensor, width: int) -> list[int]:
    """Return values [tokens, M] as beats of 8 rows: row group, then token; zeros fill the last group."""
    y = pad(y, (0, -y.shape[1] % 8)).reshape(len(y), -1, 8).transpose(0, 1)
    return [pack(eight, width) for eight in y.flatten(0, 1).tolist()]


def columns(job: Job) -> int:
    """Return the tokens of a job that have a column in its vector."""
    return 0 if job.kind == EMBED else job.tokens if job.kind < 3 else 1

# SPDX-License-Identifier: Apache-2.0
"""Embeddings and heads of int8 rows, as tensors and as the beats of the units that read them."""

import random
from types import SimpleNamespace

import torch
from torch import Tensor
from torch.nn.functional import pad

from golden.beats import Wide, row_groups
from golden.spec.tern_accel_config import INPUTS
from golden.ternary.accel.layout import SLICE, matrix_section, scale_words, tile_rows
from golden.ternary.integer.model import Rows
from golden.ternary.integer.scale import MANTISSA, Scale
from tests.rtl.stream_vectors import pack
from tests.rtl.test_attn_dot import Pass

GROUP = 8
"""Rows of the vocabulary that travel together."""


def machine(wide_w: int) -> Wide:
    """Memory with beats of so many bits."""
    return SimpleNamespace(wide_bytes=wide_w // 8)


def numbers(beats: Tensor) -> list[int]:
    """Wide beats uint8 [n, WIDE] as numbers."""
    return [int.from_bytes(bytes(beat), "little") for beat in beats.tolist()]


def some_scales(rng: random.Random, count: int, near: int) -> Scale:
    """Scales with exponents around `near`, some 0."""
    low, high = 1 << MANTISSA - 1, (1 << MANTISSA) - 1
    m = [rng.choice((0, low, high, *(rng.randint(low, high),) * 7)) for _ in range(count)]
    e = [rng.randint(near - 6, near + 6) if x else 0 for x in m]
    return Scale(torch.tensor(m), torch.tensor(e))


def some_rows(rng: random.Random, vocab: int, width: int) -> Rows:
    """Any int8 rows, some of ends alone, with any scales."""
    w = [rng.choice(((-127, 127), range(-128, 128))) for _ in range(vocab)]
    q = torch.tensor([rng.choices(kind, k=width) for kind in w], dtype=torch.int8)
    return Rows(q, some_scales(rng, vocab, -20))


def some_trits(rng: random.Random, vocab: int, width: int) -> Rows:
    """Any ternary rows, some of one value, with any scales."""
    w = [rng.choice(((-1, 1), (-1, 0, 1), (1,))) for _ in range(vocab)]
    return Rows(
        torch.tensor([rng.choices(kind, k=width) for kind in w], dtype=torch.int8), some_scales(rng, vocab, -20)
    )


def trit_beats(rows: Rows, wide: Wide) -> list[int]:
    """The tiles of the head as weights of tern_linear: {last, groups of 8 rows less 1, beat}."""
    beats, outs = numbers(matrix_section(rows.w, wide)), wide.wide_bytes // GROUP
    group_w = max((outs // GROUP - 1).bit_length(), 1)
    groups = [
        -(-min(outs, len(rows.w) - k // -(-rows.w.shape[1] // INPUTS) * outs) // GROUP) - 1 for k in range(len(beats))
    ]
    marked = [(g << 8 * wide.wide_bytes) | beat for g, beat in zip(groups, beats, strict=True)]
    return [*marked[:-1], marked[-1] | 1 << 8 * wide.wide_bytes + group_w]


def head_pass(q: Tensor, rows: Rows, q_par: int, wide: Wide) -> Pass:
    """Columns [T, D] as rows of q, those of the vocabulary as positions; absent ones are 0, as are those in memory."""
    n = tile_rows(wide)
    k = pad(rows.w.to(torch.int64), (0, -rows.w.shape[1] % SLICE, 0, -len(rows.w) % n))
    q = pad(q.to(torch.int64), (0, -q.shape[1] % SLICE, 0, -len(q) % q_par))
    return Pass(q.reshape(-1, q_par, q.shape[1]), k.reshape(-1, n, k.shape[1]))


def scale_beats(rows: Rows) -> list[int]:
    """{last ones, the scales of 8 rows}."""
    words = scale_words(rows.scale).flatten()
    beats = numbers(pad(words, (0, -len(words) % (4 * GROUP))).reshape(-1, 4 * GROUP))
    return [*beats[:-1], beats[-1] | 1 << 32 * GROUP]


def grouped(values: Tensor, bits: int) -> list[int]:
    """Values [T, V] as beats: of 8 neighbouring ones each token, 0 behind the last."""
    return [pack(beat, bits) for beat in row_groups(values).tolist()]

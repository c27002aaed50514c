# SPDX-License-Identifier: Apache-2.0
"""How a BitNet model and its cache lie in the memory of `ternary_accel`: sections of whole wide beats.

The formats stand in the README of this folder, what a wide beat is in `golden.beats`. Letters as in
`golden.ternary.integer.block`; WIDE is the bytes of a beat.
"""

import torch
from torch import Tensor
from torch.nn.functional import pad

from golden.beats import Wide, little_endian, row_beats, to_beats
from golden.ternary.integer.model import IntegerModel, Layer, LayerCache, Rows
from golden.ternary.integer.packing import LINEARS
from golden.ternary.integer.scale import MANTISSA, Scale
from golden.ternary.packing import TRITS, pack_bytes

GROUP = 8
"""Rows of a linear layer whose results travel together."""
CHUNK = 8
"""Bytes of a row of trits in a weight beat."""
SLICE = 32
"""Dimensions of a head, or inputs of the LM head, in a tile."""
PAIRS = 8
"""Cosines, then sines, that stand together in a row of angles."""
SCALE_BYTES = 4


def tile_rows(machine: Wide) -> int:
    """Rows of the LM head, or positions of the cache, in a tile."""
    return machine.wide_bytes // SLICE


def scaled_rows(machine: Wide) -> int:
    """Rows of the LM head whose scales fill a beat."""
    return machine.wide_bytes // SCALE_BYTES


def marked_positions(machine: Wide) -> int:
    """Positions of the cache whose exponents, of key and value, fill a beat."""
    return machine.wide_bytes // 2


def scale_words(s: Scale) -> Tensor:
    """Scales [n] as words of 32 bits: m in the low 16, e in 10 above; uint8 [n, 4]."""
    return little_endian(s.m.reshape(-1, 1) | (s.e.reshape(-1, 1) & 0x3FF) << MANTISSA, 32)


# ---- a layer


def layer_section(layer: Layer, model: IntegerModel, machine: Wide) -> Tensor:
    """A layer's numbers, 64 bytes: scales of q, k, v, o, gate, up, down; attention_frac; eps of attention's norm."""
    scales = torch.cat([scale_words(getattr(layer, name).scale).flatten() for name in LINEARS])
    eps = model.eps(layer.attention_frac)
    rest = little_endian(torch.tensor([layer.attention_frac, eps & 0xFFFFFFFF, eps >> 32]), 32)
    return to_beats(pad(torch.cat([scales, rest]), (0, 64 - len(scales) - len(rest))), machine)


def norm_section(weight: Tensor, machine: Wide) -> Tensor:
    """Weights of a norm, 16 bits each."""
    return to_beats(little_endian(weight, 16), machine)


def matrix_section(w: Tensor, machine: Wide) -> Tensor:
    """Trits int8 [M, K] as weight beats: WIDE / 8 rows of 40 columns, the columns of a tile of rows one by one."""
    rows, columns = machine.wide_bytes // CHUNK, TRITS * CHUNK
    w = pad(w, (0, -w.shape[1] % columns, 0, -len(w) % rows))
    return pack_bytes(w).reshape(len(w) // rows, rows, -1, CHUNK).transpose(1, 2).reshape(-1, machine.wide_bytes)


def gate_up(gate: Tensor, up: Tensor) -> Tensor:
    """Rows of gate and up [F, K], eight of each in turn: [2 F, K]."""
    parts = [w.reshape(-1, GROUP, w.shape[1]) for w in (gate, up)]
    return torch.stack(parts, 1).flatten(0, 2)


# ---- embedding and head


def rows_section(rows: Rows, machine: Wide) -> Tensor:
    """int8 rows [V, D] with scales: a beat of WIDE / 4 scales in front of the tiles of as many rows.

    A tile is WIDE / 32 rows by 32 inputs, row r at byte 32 r; tiles by rows, then inputs. Absent rows are 0.
    """
    n = tile_rows(machine)
    w = pad(rows.w, (0, -rows.w.shape[1] % SLICE, 0, -len(rows.w) % n))
    tiles = w.reshape(len(w) // n, n, -1, SLICE).transpose(1, 2).reshape(len(w) // n, -1, machine.wide_bytes)
    return _behind_scales(tiles.contiguous().view(torch.uint8), rows.scale, scaled_rows(machine) // n, machine)


def ternary_rows_section(rows: Rows, machine: Wide) -> Tensor:
    """Ternary rows [V, D] with scales: as `rows_section`, with the tiles of `matrix_section`."""
    n = machine.wide_bytes // CHUNK
    tiles = matrix_section(rows.w, machine).reshape(-(-len(rows.w) // n), -1, machine.wide_bytes)
    return _behind_scales(tiles, rows.scale, scaled_rows(machine) // n, machine)


def row_place(token: int, width: int, machine: Wide) -> tuple[int, int, int]:
    """Where `rows_section` has a row of `width` inputs: beat of its scale, first of its tiles, row of the tile."""
    n, slices = tile_rows(machine), -(-width // SLICE)
    block, row = divmod(token, scaled_rows(machine))
    first = block * (1 + scaled_rows(machine) // n * slices)
    return first, first + 1 + row // n * slices, row % n


def _behind_scales(tiles: Tensor, scale: Scale, count: int, machine: Wide) -> Tensor:
    """Tiles [n, beats, WIDE], in front of `count` of them a beat with their rows' scales: [beats, WIDE]."""
    words = to_beats(scale_words(scale), machine)
    groups = torch.split(tiles, count)
    return torch.cat([part for word, group in zip(words, groups, strict=True) for part in (word[None], *group)])


# ---- angles


def angle_rows(model: IntegerModel, machine: Wide) -> Tensor:
    """A row of whole beats for each position: 8 cosines, their 8 sines, and so on, 16 bits each."""
    parts = [pad(x, (0, -x.shape[1] % PAIRS)).reshape(len(x), -1, PAIRS) for x in model.rope]
    return row_beats(torch.stack(parts, 2).flatten(1), 16, machine)


# ---- cache


def cache_beats(positions: int, width: int, machine: Wide) -> tuple[int, int]:
    """Beats of a head's keys, exponents included, and of its values."""
    tiles = -(-positions // tile_rows(machine)) * -(-width // SLICE)
    return tiles + -(-positions // marked_positions(machine)), tiles


def pack_cache(cache: LayerCache, positions: int, machine: Wide) -> Tensor:
    """A layer's cache with room for so many positions: of each head its keys, then its values.

    A tile is WIDE / 32 positions by 32 dimensions, position p at byte 32 p; tiles by positions, then dimensions. In
    front of the keys of WIDE / 2 positions stands a beat of exponents, key and value of each. Absent positions are 0.
    """
    n = tile_rows(machine)
    room = (0, positions - len(cache))
    exponents = torch.stack([pad(x, room) for x in (cache.k_exp, cache.v_exp)], -1).flatten(1)
    parts = []
    for k, v, e in zip(*(_cut(x, positions, n, machine) for x in (cache.k, cache.v)), exponents, strict=True):
        marks = to_beats(e.contiguous().view(torch.uint8), machine)
        blocks = torch.split(k, marked_positions(machine) // n)
        parts += [part for mark, block in zip(marks, blocks, strict=True) for part in (mark[None], *block)]
        parts += [v.flatten(0, 1)]
    return torch.cat(parts)


def unpack_cache(beats: Tensor, heads: int, positions: int, length: int, width: int, machine: Wide) -> LayerCache:
    """Undo `pack_cache`: the first `length` of `positions`. Exponents of absent positions may be anything."""
    n, marked = tile_rows(machine), marked_positions(machine)
    slices, tiles = -(-width // SLICE), -(-positions // n)
    keys, values = cache_beats(positions, width, machine)
    found: list[list[Tensor]] = [[], [], [], []]
    for head in beats.reshape(heads, keys + values, machine.wide_bytes):
        mark = torch.arange(keys) % (1 + marked // n * slices) == 0
        exponent = head[:keys][mark].view(torch.int8).reshape(-1, 2)[:length]
        tiled = (head[:keys][~mark], head[keys:])
        k, v = (x.reshape(tiles, slices, n, SLICE).transpose(1, 2).reshape(tiles * n, slices * SLICE) for x in tiled)
        parts = (k[:length, :width], exponent[:, 0], v[:length, :width], exponent[:, 1])
        for kept, part in zip(found, parts, strict=True):
            kept.append(part.contiguous().view(torch.int8))
    return LayerCache(*(torch.stack(each) for each in found))


def _cut(x: Tensor, positions: int, n: int, machine: Wide) -> Tensor:
    """Keys or values [J, N, P] -> uint8 [J, tiles of positions, tiles of dimensions, WIDE]."""
    x = pad(x, (0, -x.shape[2] % SLICE, 0, -positions % n + positions - x.shape[1]))
    tiles = x.reshape(len(x), x.shape[1] // n, n, -1, SLICE).transpose(2, 3)
    return tiles.reshape(len(x), x.shape[1] // n, -1, machine.wide_bytes).contiguous().view(torch.uint8)

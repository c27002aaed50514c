# SPDX-License-Identifier: Apache-2.0
"""New positions of a layer's cache, as words on their way in and as tiles on their way to attention."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import pad

from golden.ternary.accel.cache import Write
from golden.ternary.accel.layout import SLICE, cache_beats, marked_positions, pack_cache, tile_rows
from golden.ternary.integer.block import Text, visible
from golden.ternary.integer.model import LayerCache
from tests.golden.ternary.machine import Machine


def layer_cache(rng: random.Random, heads: int, length: int, width: int) -> LayerCache:
    """So many positions, with the ends of the formats among them."""

    def draw(*size: int) -> Tensor:
        count = int(torch.tensor(size).prod())
        return torch.tensor([rng.choice((-128, 127, *3 * [rng.randint(-128, 127)])) for _ in range(count)]).reshape(
            size
        )

    k, k_exp, v, v_exp = (draw(heads, length, *rest) for rest in ((width,), (), (width,), ()))
    return LayerCache(*(x.to(torch.int8) for x in (k, k_exp, v, v_exp)))


def padded(cache: LayerCache, length: int) -> LayerCache:
    """The same with its last position repeated up to a length."""
    at = torch.arange(length).clamp(max=len(cache) - 1)
    return LayerCache(*(x[:, at] for x in vars(cache).values()))


def little(row: Tensor) -> int:
    """Bytes as a number, the first lowest."""
    return int.from_bytes(bytes(row.flatten().view(torch.uint8).tolist()), "little")


def words(new: LayerCache) -> list[int]:
    """{last of a token's head, exponent, 32 values}: keys of all heads, then values, of each head all tokens."""
    beats = []
    for x, exponent in ((new.k, new.k_exp), (new.v, new.v_exp)):
        for head, marks in zip(x, exponent, strict=True):
            for token, mark in zip(head, marks.tolist(), strict=True):
                parts = [little(part) | (mark & 255) << 256 for part in torch.split(token.contiguous(), SLICE)]
                beats += [*parts[:-1], parts[-1] | 1 << 264]
    return beats


def eighths(new: LayerCache) -> list[int]:
    """The same in beats of tern_head_quant: {last of a token's head, exponent, 8 values}."""
    beats = []
    for word in words(new):
        mark, last = word >> 256 & 255, word >> 264
        beats += [word >> 64 * i & (1 << 64) - 1 | mark << 64 | (last and i == 3) << 72 for i in range(4)]
    return beats


class Tiles(NamedTuple):
    """A head's beats: keys without their exponents, exponents, values."""

    k: list[int]
    e: list[int]
    v: list[int]


def interleaved(marks: int, n: int) -> int:
    """Exponents {key, value} of each of n positions as {n values, n keys}."""
    keys = sum((marks >> 16 * p & 255) << 8 * p for p in range(n))
    return keys | sum((marks >> 16 * p + 8 & 255) << 8 * (n + p) for p in range(n))


def head_tiles(cache: LayerCache, machine: Machine) -> list[Tiles]:
    """Tiles of each head, those that pack_cache makes; an exponent beat for each tile."""
    width, n, block = cache.k.shape[2], tile_rows(machine), marked_positions(machine)
    slices, tiles = -(-width // SLICE), -(-len(cache) // n)
    keys, values = cache_beats(len(cache), width, machine)
    found = []
    for head in pack_cache(cache, len(cache), machine).reshape(-1, keys + values, machine.wide_bytes):
        marked = torch.arange(keys) % (1 + block // n * slices) == 0
        exponents = head[:keys][marked].reshape(-1, 2 * n)[:tiles]
        k, e, v = ([little(row) for row in part] for part in (head[:keys][~marked], exponents, head[keys:]))
        found.append(Tiles(k, [interleaved(each, n) for each in e], v))
    return found


def ended(beats: list[int], width: int) -> list[int]:
    """A head's beats, the last one marked above `width` bits."""
    return [*beats[:-1], beats[-1] | 1 << width]


@dataclass(frozen=True)
class Shape:
    """A build and a model: WIDE_W, T_COLS, KV heads, width of a head."""

    wide: int
    t_cols: int
    heads: int
    width: int

    @property
    def machine(self) -> Machine:
        return Machine(self.wide // 8)

    @property
    def pos(self) -> int:
        return tile_rows(self.machine)

    @property
    def slices(self) -> int:
        return self.width // SLICE

    def tiles(self, new: LayerCache) -> list[Tiles]:
        """Tiles of new positions, as tern_cache_new gives them: the last position fills what is absent."""
        return head_tiles(padded(new, -(-len(new) // self.pos) * self.pos), self.machine)


@dataclass(frozen=True)
class Attention:
    """A job's attention: what memory has of the prefix and each text, what is new of each text, and who sees what."""

    shape: Shape
    prefix: LayerCache
    own: tuple[LayerCache, ...]
    added: tuple[LayerCache, ...]

    @classmethod
    def of(cls, rng: random.Random, shape: Shape, batch: int, tokens: int, lengths: tuple[int, ...]) -> "Attention":
        """`tokens` of one text, or one of each, behind caches of these lengths: of the prefix, then of each text."""

        def some(length: int) -> LayerCache:
            return layer_cache(rng, shape.heads, length, shape.width)

        return cls(
            shape,
            some(lengths[0]),
            tuple(some(n) for n in lengths[1:]),
            tuple(some(tokens // batch) for _ in range(batch)),
        )

    @property
    def parts(self) -> tuple[LayerCache, ...]:
        """All that memory has."""
        return self.prefix, *self.own

    @property
    def positions(self) -> int:
        """Of parts 4 to 0, 14 bits each."""
        return sum(len(part) << 14 * i for i, part in enumerate(self.parts))

    @property
    def new(self) -> LayerCache:
        """New positions of all texts, in the order of the columns."""
        found = self.added[0]
        for other in self.added[1:]:
            found = found.join(other)
        return found

    def new_tiles(self) -> list[Tiles]:
        return self.shape.tiles(self.new)

    def memory_keys(self) -> list[int]:
        """{part, beat}: of each head the keys of each part with positions, as pack_cache has them."""
        return [
            beat | index << self.shape.wide
            for head in range(self.shape.heads)
            for index, part in enumerate(self.parts)
            for beat in self._beats(part, head, values=False)
        ]

    def memory_values(self) -> list[int]:
        """Values likewise."""
        return [
            beat
            for head in range(self.shape.heads)
            for part in self.parts
            for beat in self._beats(part, head, values=True)
        ]

    def _beats(self, part: LayerCache, head: int, values: bool) -> list[int]:
        if not len(part):
            return []
        keys, more = cache_beats(len(part), self.shape.width, self.shape.machine)
        beats = pack_cache(part, len(part), self.shape.machine).reshape(self.shape.heads, keys + more, -1)[head]
        return [little(row) for row in (beats[keys:] if values else beats[:keys])]

    def masks(self) -> list[int]:
        """Of each tile, memory's parts first: T_COLS x POS bits, by golden."""
        columns = [slice(i * len(new), (i + 1) * len(new)) for i, new in enumerate(self.added)]
        texts = [
            Text(at, tuple(p for p in (self.prefix, own) if len(p))) for at, own in zip(columns, self.own, strict=True)
        ]
        seen = {id(part.cache): part.seen for part in visible(texts, self.added, 1)}
        single = len(self.added) == 1
        new = torch.cat([seen[id(x)] for x in self.added], 1)
        memory = [(seen[id(p)], single or p is self.prefix) for p in self.parts if len(p)]
        return [mask for each, shared in (*memory, (new, single)) for mask in self._cut(each, shared)]

    def _cut(self, seen: Tensor, shared: bool) -> list[int]:
        """Who sees which position, bool [T, N], by tiles; of what is shared, columns without a token see most."""
        absent = self.shape.t_cols - len(seen)
        seen = torch.cat([seen, (seen[-1:] & shared).repeat(absent, 1)])
        seen = pad(seen, (0, -seen.shape[1] % self.shape.pos))
        tiles = seen.reshape(self.shape.t_cols, -1, self.shape.pos).transpose(0, 1).flatten(1)
        return [sum(int(bit) << i for i, bit in enumerate(tile.tolist())) for tile in tiles]

    def expected(self) -> dict[str, list[int]]:
        """Tiles of keys, exponents with masks, tiles of values."""
        wide, pos = self.shape.wide, self.shape.pos
        found: dict[str, list[int]] = {"m_k": [], "m_tile": [], "m_v": []}
        stored = [head_tiles(part, self.shape.machine) for part in self.parts if len(part)]
        for per_part in zip(*stored, self.new_tiles(), strict=True):
            k, e, v = ([beat for beats in kind for beat in beats] for kind in zip(*per_part, strict=True))
            found["m_k"] += ended(k, wide)
            found["m_v"] += v
            found["m_tile"] += [
                mask | mark << self.shape.t_cols * pos for mask, mark in zip(self.masks(), e, strict=True)
            ]
        return found

    def idle(self, stream: str) -> int:
        """Cycles in which beats of exponents take the place of tiles of keys; a tile's exponents may wait for keys."""
        blocks = sum(-(-len(part) // (16 * self.shape.pos)) for part in self.parts) * self.shape.heads
        tiles = len(self.masks()) * self.shape.heads
        return {"m_v": 0, "m_k": blocks, "m_tile": blocks + tiles * self.shape.slices}[stream]


def writes(new: list[int], places: Iterable[Write], offset: int, port: int) -> list[int]:
    """{last of the job, exponent, lane, byte offset in each port's arena, 256 bits}, of `words` and golden's places."""
    data = [part for word in new for part in ([word] if not word >> 264 else [word, word >> 256 & 255])]
    beats = [
        part & (1 << 256) - 1 | offset + each.offset * port << 256 | each.lane << 320 | each.exponent << 336
        for part, each in zip(data, places, strict=True)
    ]
    return ended(beats, 337)

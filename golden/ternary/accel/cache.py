# SPDX-License-Identifier: Apache-2.0
"""Where the cache of each text lies in memory, in which order a layer's attention reads it and writes what is new."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from golden.beats import Wide
from golden.ternary.accel.layout import SLICE, cache_beats, marked_positions, tile_rows
from golden.ternary.config import BitNetConfig

EXPONENT_BYTES = 2
"""Of a position's key and value in a beat of exponents."""


class Ports(Wide, Protocol):
    """A memory whose wide beats lie over ports, of which a read may leave the last ones out."""

    @property
    def ports(self) -> int:
        """How many there are, a power of two."""

    @property
    def partial(self) -> int:
        """1 where ports without positions are not read."""


@dataclass(frozen=True)
class Room:
    """Positions that there is room for: of the shared prefix, and of each text behind it."""

    prefix: int
    own: int


@dataclass(frozen=True)
class Read:
    """Neighbouring beats of a part (0 the prefix, then the texts), `offset` from the region's begin; keys or values.

    The first `ports` ports are read.
    """

    part: int
    values: bool
    offset: int
    beats: int
    ports: int


@dataclass(frozen=True)
class Part:
    """A prefix, or what a text has behind it: beats of a head's keys, of a head, of a layer, of the whole."""

    keys: int
    head: int
    layer: int
    whole: int


def parts(cfg: BitNetConfig, room: Room, machine: Wide) -> tuple[Part, Part]:
    """Sizes of the prefix and of each text."""

    def part(positions: int) -> Part:
        keys, values = cache_beats(positions, cfg.head_dim, machine)
        layer = cfg.num_key_value_heads * (keys + values)
        return Part(keys, keys + values, layer, cfg.num_hidden_layers * layer)

    return part(room.prefix), part(room.own)


def cache_reads(cfg: BitNetConfig, room: Room, layer: int, lengths: Sequence[int], machine: Ports) -> Iterator[Read]:
    """Reads of one layer, `lengths` being the positions there are of the prefix and of each text.

    Keys of head j + 1 come before values of head j, so that nobody waits for maxima; of either all parts in turn. A
    part without positions is not read.
    """
    prefix, own = parts(cfg, room, machine)
    for step in range(cfg.num_key_value_heads + 1):
        for head, values in ((step, False), (step - 1, True)):
            for index, length in enumerate(lengths):
                if length and 0 <= head < cfg.num_key_value_heads:
                    part, before = (own, prefix.whole + (index - 1) * own.whole) if index else (prefix, 0)
                    at = before + layer * part.layer + head * part.head + values * part.keys
                    for beats, ports in _head_reads(length, values, cfg.head_dim, machine):
                        yield Read(index, values, at, beats, ports)
                        at += beats


def _head_reads(length: int, values: bool, width: int, machine: Ports) -> Iterator[tuple[int, int]]:
    """(beats, ports) of the reads of a head's first `length` positions, one behind the other.

    A partial read leaves out ports without positions: the full tiles are one read, of keys with all exponents; the tile
    that positions do not fill is a second one. In front of it alone, exponents are read where they lie.
    """
    if not machine.partial:
        yield cache_beats(length, width, machine)[values], machine.ports
        return
    tiles, rest = divmod(length, tile_rows(machine))
    slices, port_bytes = -(-width // SLICE), machine.wide_bytes // machine.ports
    marks = 0 if values else -(-length // marked_positions(machine))
    if marks or tiles:
        yield marks + tiles * slices, machine.ports if tiles else -(-EXPONENT_BYTES * rest // port_bytes)
    if rest:
        yield slices, -(-SLICE * rest // port_bytes)


@dataclass(frozen=True)
class Write:
    """What a new position changes in the beat at `offset`: word `lane` of 32 bytes, or byte `lane` where `exponent`."""

    offset: int
    lane: int
    exponent: bool


def cache_writes(
    cfg: BitNetConfig, room: Room, layer: int, starts: Sequence[int], tokens: int, machine: Wide
) -> Iterator[Write]:
    """Writes of one layer: keys of each head, of each token, then values; of either the words, then the exponent.

    Args:
        cfg: the model's shape.
        room: positions that there is room for.
        layer: whose cache it is.
        starts: positions that each text has behind the prefix; one text gets all tokens, several get one each.
        tokens: new positions of all texts.
        machine: what a wide beat is.
    """
    prefix, own = parts(cfg, room, machine)
    n, marked, slices = tile_rows(machine), marked_positions(machine), -(-cfg.head_dim // SLICE)
    for values in (False, True):
        for head in range(cfg.num_key_value_heads):
            for token in range(tokens):
                text, position = (0, starts[0] + token) if len(starts) == 1 else (token, starts[token])
                at = prefix.whole + text * own.whole + layer * own.layer + head * own.head
                block = position // marked
                tile = position // n * slices + (own.keys if values else block + 1)
                yield from (Write(at + tile + i, position % n, exponent=False) for i in range(slices))
                mark = block * (1 + marked // n * slices)
                yield Write(at + mark, 2 * (position % marked) + values, exponent=True)

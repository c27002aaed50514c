# SPDX-License-Identifier: Apache-2.0
"""Where the cache of each text lies in memory, and in which order a layer's attention reads it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from golden.beats import Wide
from golden.ternary.accel.layout import cache_beats
from golden.ternary.config import BitNetConfig


@dataclass(frozen=True)
class Room:
    """Positions that there is room for: of the shared prefix, and of each text behind it."""

    prefix: int
    own: int


@dataclass(frozen=True)
class Read:
    """Neighbouring beats of a part (0 the prefix, then the texts), `offset` from the region's begin; keys or values."""

    part: int
    values: bool
    offset: int
    beats: int


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


def cache_reads(cfg: BitNetConfig, room: Room, layer: int, lengths: Sequence[int], machine: Wide) -> Iterator[Read]:
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
                    yield Read(index, values, at, cache_beats(length, cfg.head_dim, machine)[values])

# SPDX-License-Identifier: Apache-2.0
"""Reads of the cache: they find what pack_cache wrote, all of it, in an order in which nobody waits."""

import pytest
import torch

from golden.ternary.accel.cache import Read, Room, cache_reads, parts
from golden.ternary.accel.layout import pack_cache, unpack_cache
from golden.ternary.config import BitNetConfig
from golden.ternary.integer.model import LayerCache
from tests.golden.ternary.machine import Machine

CFG = BitNetConfig(100, 160, 64, 3, 4, 2, 1e4, 128)  # heads of 40: two slices


def random_cache(length: int, seed: int) -> LayerCache:
    g = torch.Generator().manual_seed(seed)
    heads, width = CFG.num_key_value_heads, CFG.head_dim

    def draw(*size: int) -> torch.Tensor:
        return torch.randint(-128, 128, size, generator=g).to(torch.int8)

    return LayerCache(draw(heads, length, width), draw(heads, length), draw(heads, length, width), draw(heads, length))


@pytest.mark.parametrize("wide", [64, 128])
@pytest.mark.parametrize("lengths", [(50, 3, 0), (0, 1, 40), (33, 40, 40), (0, 0, 0)])
def test_reads_find_what_was_packed(wide: int, lengths: tuple[int, ...]) -> None:
    """Of each layer and part the first positions of every head, whatever room there is behind them."""
    machine, room = Machine(wide), Room(50, 40)
    rooms = (room.prefix, room.own, room.own)
    caches = [[random_cache(n, 10 * i + layer) for layer in range(3)] for i, n in enumerate(lengths)]
    packed = [pack_cache(each, most, machine) for part, most in zip(caches, rooms, strict=True) for each in part]
    region = torch.cat(packed)
    prefix, own = parts(CFG, room, machine)
    assert len(region) == prefix.whole + 2 * own.whole
    for layer in range(3):
        reads = list(cache_reads(CFG, room, layer, lengths, machine))
        for index, length in enumerate(lengths):
            mine = [each for each in reads if each.part == index]
            assert len(mine) == (2 * CFG.num_key_value_heads if length else 0)
            if length:
                heads = [found(mine, values, region) for values in (False, True)]
                beats = torch.cat([torch.cat(pair) for pair in zip(*heads, strict=True)])
                back = unpack_cache(beats, CFG.num_key_value_heads, length, length, CFG.head_dim, machine)
                expected = caches[index][layer]
                assert all(torch.equal(a, b) for a, b in zip(vars(back).values(), vars(expected).values(), strict=True))


def found(reads: list[Read], values: bool, region: torch.Tensor) -> list[torch.Tensor]:
    return [region[each.offset : each.offset + each.beats] for each in reads if each.values == values]


def test_keys_are_a_head_ahead() -> None:
    """All parts' keys of a head, then the values of the head before it; at last the last one's values."""
    reads = list(cache_reads(CFG, Room(8, 8), 0, (8, 0, 8), Machine(64)))
    assert [(each.values, each.part) for each in reads] == [
        *((False, 0), (False, 2), (False, 0), (False, 2)),
        *((True, 0), (True, 2), (True, 0), (True, 2)),
    ]

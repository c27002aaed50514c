# SPDX-License-Identifier: Apache-2.0
"""The cache: reads find what pack_cache wrote, in an order in which nobody waits; writes make what it would."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch
from torch.nn.functional import pad

from golden.spec.configs import load_config
from golden.ternary.accel.cache import Read, Room, cache_reads, cache_writes, parts
from golden.ternary.accel.layout import pack_cache, unpack_cache
from golden.ternary.config import BitNetConfig
from golden.ternary.integer.model import LayerCache
from golden.ternary.published import published
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


@pytest.mark.parametrize(("wide", "ports"), [(64, 4), (128, 2), (1024, 16), (256, 1)])
def test_partial_reads_take_the_ports_that_hold_positions(wide: int, ports: int) -> None:
    """The same beats in the same order; what a read leaves out is empty, and its last port is not."""
    whole, machine, room = Machine(wide, ports), Machine(wide, ports, partial=1), Room(0, 3 * wide)
    for length in {1, 2, wide // 32 - 1, wide // 32, wide // 32 + 1, wide // 2 - 1, wide // 2, wide // 2 + 1, wide + 3}:
        filled = LayerCache(*(torch.full_like(x, -1) for x in vars(random_cache(length, 0)).values()))
        region, step = pack_cache(filled, room.own, machine), wide // ports
        reads = list(cache_reads(CFG, room, 0, (0, length), machine))
        beats = [(read.values, read.offset + i) for read in reads for i in range(read.beats)]
        all_ports = cache_reads(CFG, room, 0, (0, length), whole)
        assert beats == [(read.values, read.offset + i) for read in all_ports for i in range(read.beats)]
        for read in reads:
            held = region[read.offset : read.offset + read.beats]
            assert not held[:, read.ports * step :].any()
            assert held[:, (read.ports - 1) * step : read.ports * step].any()


def kv_bytes(partial: int, texts: int, suffix: int) -> int:
    """What a layer of 0.73B reads on U280 behind a prefix of 1,024."""
    machine = replace(load_config("ternary_accel", "u280"), partial=partial)
    lengths = (1024, *[suffix] * texts)
    reads = cache_reads(published("bitnet-0.73b"), Room(1024, 64), 0, lengths, machine)
    return sum(read.beats * read.ports * machine.port_bytes for read in reads)


def test_texts_behind_a_prefix_read_a_tenth_more_at_most() -> None:
    """Four texts of up to 32 positions each, of what one of them reads; a fifth more where all ports are read."""
    times = {n: kv_bytes(1, 4, n) / kv_bytes(1, 1, n) for n in range(33)}
    assert max(times.values()) == times[32] == pytest.approx(1.0909, abs=1e-4)
    assert times[0] == 1
    assert kv_bytes(0, 4, 32) / kv_bytes(0, 1, 32) == pytest.approx(1.2019, abs=1e-4)


def test_keys_are_a_head_ahead() -> None:
    """All parts' keys of a head, then the values of the head before it; at last the last one's values."""
    reads = list(cache_reads(CFG, Room(8, 8), 0, (8, 0, 8), Machine(64)))
    assert [(each.values, each.part) for each in reads] == [
        *((False, 0), (False, 2), (False, 0), (False, 2)),
        *((True, 0), (True, 2), (True, 0), (True, 2)),
    ]


@pytest.mark.parametrize("wide", [32, 64, 128])
@pytest.mark.parametrize(("starts", "tokens"), [((0,), 40), ((31,), 3), ((0, 1, 32), 3), ((39, 16, 15, 31), 4)])
def test_writes_make_what_would_be_packed(wide: int, starts: tuple[int, ...], tokens: int) -> None:
    """Written over what each text had, new positions give what pack_cache makes of all; nothing else changes."""
    machine, room = Machine(wide), Room(5, 40)
    prefix, _ = parts(CFG, room, machine)
    each = tokens // len(starts)
    before = [[random_cache(n, 10 * i + layer) for layer in range(3)] for i, n in enumerate(starts)]
    new = [[random_cache(each, 100 + 10 * i + layer) for layer in range(3)] for i in range(len(starts))]
    region = torch.cat([torch.full((prefix.whole, wide), 7, dtype=torch.uint8), *packed(before, room.own, machine)])
    for layer in range(3):
        joined = new[0][layer]
        for text in new[1:]:
            joined = joined.join(text[layer])
        writes = cache_writes(CFG, room, layer, starts, tokens, machine)
        for write, data in zip(writes, in_order(joined), strict=True):
            size = 1 if write.exponent else 32
            assert len(data) == size
            region[write.offset, write.lane * size : (write.lane + 1) * size] = data
    after = [[a.join(b) for a, b in zip(*pair, strict=True)] for pair in zip(before, new, strict=True)]
    assert torch.equal(region[prefix.whole :], torch.cat(packed(after, room.own, machine)))
    assert bool((region[: prefix.whole] == 7).all())


def packed(texts: list[list[LayerCache]], room: int, machine: Machine) -> list[torch.Tensor]:
    return [pack_cache(layer, room, machine) for text in texts for layer in text]


def in_order(new: LayerCache) -> Iterator[torch.Tensor]:
    """Words and exponents of all heads and tokens, keys first."""
    for x, exponents in ((new.k, new.k_exp), (new.v, new.v_exp)):
        for head, marks in zip(x, exponents, strict=True):
            for token, mark in zip(head, marks, strict=True):
                yield from torch.split(pad(token, (0, -len(token) % 32)).view(torch.uint8), 32)
                yield mark.reshape(1).view(torch.uint8)

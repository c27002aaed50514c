# SPDX-License-Identifier: Apache-2.0
"""Memory formats of ternary_accel, read back byte by byte as golden/ternary/accel/README.md describes them."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor

from golden.ternary.accel import image, layout
from golden.ternary.integer import extremes
from golden.ternary.integer.block import prefill
from golden.ternary.integer.model import IntegerModel, LayerCache, Rows, empty_cache
from golden.ternary.integer.packing import LINEARS
from golden.ternary.integer.scale import Scale
from golden.ternary.packing import ZERO_BYTE
from tests.golden.ternary.integer.models import SHAPES, random_model, ternary_head
from tests.golden.ternary.machine import Machine

WIDES = [64, 128, 2048]


def trit(byte: int, digit: int) -> int:
    return byte // 3**digit % 3 - 1


def word(beats: Tensor, at: int, size: int = 4, signed: bool = False) -> int:
    octets = bytes(beats.flatten()[at : at + size].tolist())
    return int.from_bytes(octets, "little", signed=signed)


def scale_at(beats: Tensor, at: int) -> tuple[int, int]:
    value = word(beats, at)
    e = value >> 16 & 1023
    assert value >> 26 == 0
    return value & 0xFFFF, e - (e >> 9 << 10)


def values(beats: Tensor, count: int) -> list[int]:
    return [word(beats, 2 * i, 2, signed=True) for i in range(count)]


def random_trits(rows: int, columns: int) -> Tensor:
    return torch.randint(-1, 2, (rows, columns), generator=torch.Generator().manual_seed(rows)).to(torch.int8)


def random_rows(rows: int, width: int, ternary: bool = False) -> Rows:
    g = torch.Generator().manual_seed(rows + width)
    low, high = (-1, 2) if ternary else (-128, 128)
    w = torch.randint(low, high, (rows, width), generator=g).to(torch.int8)
    m = torch.randint(1 << 15, 1 << 16, (rows,), generator=g)
    return Rows(w, Scale(m, torch.randint(-80, 81, (rows,), generator=g)))


@pytest.mark.parametrize("wide", WIDES)
@pytest.mark.parametrize(("rows", "columns"), [(1, 1), (40, 40), (300, 81)])
def test_every_trit_has_its_place(wide: int, rows: int, columns: int) -> None:
    """Tile, beat, byte and digit of each weight; everything else is zero trits."""
    w = random_trits(rows, columns)
    beats = layout.matrix_section(w, Machine(wide))
    outs, kbeats = wide // 8, -(-columns // 40)
    assert beats.shape == (-(-rows // outs) * kbeats, wide)
    found = beats.tolist()
    for r in range(len(beats) // kbeats * outs):
        for k in range(kbeats * 40):
            byte = found[r // outs * kbeats + k // 40][r % outs * 8 + k % 40 // 5]
            assert trit(byte, k % 5) == (int(w[r, k]) if r < rows and k < columns else 0)


def test_gate_and_up_take_turns() -> None:
    """Eight rows of gate, eight of up, and so on."""
    gate, up = random_trits(24, 8), random_trits(24, 8).flip(0)
    both = layout.gate_up(gate, up)
    for r in range(24):
        at = r // 8 * 16 + r % 8
        assert torch.equal(both[at], gate[r])
        assert torch.equal(both[at + 8], up[r])


@pytest.mark.parametrize("wide", WIDES)
@pytest.mark.parametrize(("rows", "width"), [(1, 32), (100, 40), (1030, 64)])
def test_every_row_is_found(wide: int, rows: int, width: int) -> None:
    """A row's scale and its slices lie where row_place says; rows that are not there are 0."""
    table = random_rows(rows, width)
    beats = layout.rows_section(table, Machine(wide))
    slices = -(-width // 32)
    for r in range(rows):
        mark, first, row = layout.row_place(r, width, Machine(wide))
        assert scale_at(beats[mark], r % (wide // 4) * 4) == (int(table.scale.m[r]), int(table.scale.e[r]))
        found = beats[first : first + slices, 32 * row : 32 * row + 32].contiguous().view(torch.int8).flatten()
        assert torch.equal(found[:width], table.w[r])
        assert not found[width:].any()
    last = -(-rows // (wide // 32)) * (wide // 32)
    for r in range(rows, last):
        _, first, row = layout.row_place(r, width, Machine(wide))
        assert not beats[first : first + slices, 32 * row : 32 * row + 32].any()


@pytest.mark.parametrize("wide", WIDES)
def test_a_ternary_head_has_scales_in_front_of_two_tiles(wide: int) -> None:
    """Rows of WIDE / 4 behind the beat with their scales."""
    rows, width = 3 * wide // 8 + 1, 50
    table = random_rows(rows, width, ternary=True)
    beats = layout.ternary_rows_section(table, Machine(wide))
    outs, kbeats = wide // 8, 2
    assert len(beats) == 4 * kbeats + 2
    for r in range(rows):
        block = r // (2 * outs) * (1 + 2 * kbeats)
        assert scale_at(beats[block], r % (2 * outs) * 4) == (int(table.scale.m[r]), int(table.scale.e[r]))
        for k in range(width):
            beat = beats[block + 1 + r // outs % 2 * kbeats + k // 40]
            assert trit(int(beat[r % outs * 8 + k % 40 // 5]), k % 5) == table.w[r, k]


@pytest.mark.parametrize("wide", WIDES)
@pytest.mark.parametrize("positions", [1, 37, 1100])
@pytest.mark.parametrize("width", [32, 48])
def test_every_position_has_its_place(wide: int, positions: int, width: int) -> None:
    """Keys, values and both exponents of each head, in a cache that is full or that has room left."""
    g = torch.Generator().manual_seed(positions)
    length, heads = max(1, positions - 30), 2

    def draw(*shape: int) -> Tensor:
        return torch.randint(-128, 128, shape, generator=g).to(torch.int8)

    size = (heads, length)
    cache = LayerCache(draw(*size, width), draw(*size), draw(*size, width), draw(*size))
    beats = layout.pack_cache(cache, positions, Machine(wide))
    keys, values = layout.cache_beats(positions, width, Machine(wide))
    assert beats.shape == (heads * (keys + values), wide)
    n, slices = wide // 32, -(-width // 32)
    signed = beats.view(torch.int8)
    for j in range(heads):
        for i in range(length):
            base, tile, p = j * (keys + values), i // n, i % n
            marks = i // (wide // 2)  # beats of exponents in front of this block
            exponents = signed[base + marks * (1 + 16 * slices), 2 * (i % (wide // 2)) :][:2]
            assert exponents.tolist() == [cache.k_exp[j, i], cache.v_exp[j, i]]
            for what, at in ((cache.k, base + marks + 1 + tile * slices), (cache.v, base + keys + tile * slices)):
                found = signed[at : at + slices, 32 * p : 32 * p + 32].flatten()
                assert torch.equal(found[:width], what[j, i])
                assert not found[width:].any()
    back = layout.unpack_cache(beats, heads, positions, length, width, Machine(wide))
    assert all(torch.equal(a, b) for a, b in zip(vars(back).values(), vars(cache).values(), strict=True))


def test_a_cache_of_golden_comes_back() -> None:
    """What a prefill wrote, longer than one block of exponents."""
    model = random_model(next(iter(SHAPES)))
    tokens = torch.arange(40) % model.cfg.vocab_size
    _, cache = prefill(tokens, model)
    c = model.cfg
    for each in cache:
        beats = layout.pack_cache(each, 64, Machine(64))
        assert len(beats) == image.layer_cache_beats(c, 64, Machine(64))
        back = layout.unpack_cache(beats, c.num_key_value_heads, 64, 40, c.head_dim, Machine(64))
        assert all(torch.equal(a, b) for a, b in zip(vars(back).values(), vars(each).values(), strict=True))


def test_a_cache_without_room_is_empty() -> None:
    """Of no positions there are no beats; they come back as a cache without positions."""
    model = random_model(next(iter(SHAPES)))
    c, empty = model.cfg, empty_cache(model)[0]
    back = layout.unpack_cache(
        torch.zeros(0, 64, dtype=torch.uint8), c.num_key_value_heads, 0, 0, c.head_dim, Machine(64)
    )
    assert [x.shape for x in vars(back).values()] == [x.shape for x in vars(empty).values()]


def models() -> list[IntegerModel]:
    tied = random_model(next(iter(SHAPES)))
    return [tied, ternary_head(tied), replace(tied, head=tied.embedding)]


@pytest.mark.parametrize("wide", WIDES)
@pytest.mark.parametrize("model", models(), ids=["tied", "ternary", "int8"])
def test_sections_have_the_sizes_that_are_told(model: IntegerModel, wide: int) -> None:
    """All regions together, and each section of the first layer."""
    machine = Machine(wide)
    size = image.sections(model.cfg, machine)
    parts = [len(part) for part in image.weights(model, machine)]
    assert sum(parts) == size.weights(model.cfg.num_hidden_layers)
    layer = [size.norm_d, size.layer, size.norm_d, size.qkv, size.norm_d, size.o, size.norm_f, size.gate_up]
    assert parts[:10] == [*layer, size.norm_d, size.down]
    assert parts[-3:] == [size.gate_up, size.down, size.norm_d]
    assert sum(map(len, image.embedding(model, machine))) == size.rows
    own = {None: 0, False: size.rows, True: size.ternary_head}[model.ternary_head if model.head else None]
    assert sum(map(len, image.head(model, machine))) == own
    assert len(layout.angle_rows(model, machine)) == size.angles * model.cfg.max_position_embeddings


@pytest.mark.parametrize("wide", WIDES)
def test_pieces_are_one_section(wide: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """An embedding that is packed in pieces is the one that is packed at once."""
    monkeypatch.setattr(image, "PIECE", 1)
    model = random_model(next(iter(SHAPES)))
    model = replace(model, embedding=random_rows(1300, model.cfg.hidden_size))
    pieces = list(image.embedding(model, Machine(wide)))
    assert len(pieces) == -(-1300 // (wide // 4))
    assert torch.equal(torch.cat(pieces), layout.rows_section(model.embedding, Machine(wide)))


@pytest.mark.parametrize("style", ["random", "signs", "high", "zero"])
def test_the_numbers_of_a_layer(style: str) -> None:
    """Scales in the order of LINEARS, fraction bits, eps; norms of 16 bits; the norm before down; the final one."""
    cfg = next(iter(SHAPES.values()))
    model = extremes.make(style, 3, cfg)  # type: ignore[arg-type]
    machine = Machine(64)
    first, *parts, final = image.weights(model, machine)
    assert values(first, len(model.layers[0].norm)) == model.layers[0].norm.tolist()
    assert values(final, len(model.final_norm)) == model.final_norm.tolist()
    assert len(parts) == 9 * len(model.layers) - 1
    for index, layer in enumerate(model.layers):
        numbers, attention, _, mlp, _, product, _, *behind = parts[9 * index : 9 * index + 9]
        for k, name in enumerate(LINEARS):
            s = getattr(layer, name).scale
            assert scale_at(numbers, 4 * k) == (int(s.m), int(s.e))
        assert word(numbers, 28) == layer.attention_frac
        assert word(numbers, 32, 8) == model.eps(layer.attention_frac)
        following = [each.norm for each in model.layers[index + 1 : index + 2]]
        norms = (layer.attention_norm, layer.mlp_norm, layer.product_norm, *following)
        for section, weight in zip((attention, mlp, product, *behind[:-1]), norms, strict=True):
            assert values(section, len(weight)) == weight.tolist()


@pytest.mark.parametrize("wide", [64, 128])
def test_angles_stand_by_eights(wide: int) -> None:
    """8 cosines, their 8 sines; what is behind the last pair is 0."""
    model = random_model(next(iter(SHAPES)))
    rows = layout.angle_rows(model, Machine(wide))
    beats = image.sections(model.cfg, Machine(wide)).angles
    cos, sin = model.rope
    for position in (0, 1, len(cos) - 1):
        row = rows[position * beats : (position + 1) * beats]
        for i in range(cos.shape[1]):
            at = i // 8 * 32 + i % 8 * 2
            assert word(row, at, 2, signed=True) == cos[position, i]
            assert word(row, at + 16, 2, signed=True) == sin[position, i]


def test_absent_trits_are_zero_trits() -> None:
    """The byte of five zeros fills up rows and columns."""
    beats = layout.matrix_section(torch.zeros(1, 1, dtype=torch.int8), Machine(64))
    assert (beats == ZERO_BYTE).all()

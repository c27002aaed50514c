# SPDX-License-Identifier: Apache-2.0
"""The memory formats of `tern_matvec`."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from golden.errors import InputError
from golden.ternary.packing import (
    LEGAL_BYTES,
    ZERO_BYTE,
    Tiling,
    pack_bytes,
    pack_weights,
    pack_x,
    pack_y,
    tiling,
    unpack_bytes,
    unpack_weights,
    unpack_y,
)
from tests.golden.ternary.geometry import Geo, geometries, random_int8, random_trits

SMALL = Geo(ports=1, port_bytes=32, outs=8, acc_depth=2)
SEEDS = st.integers(0, 2**31)


def test_every_legal_byte_survives_unpack_and_pack() -> None:
    """Law: pack(unpack(b)) = b for b = 0..242, and 121 is five zeros."""
    codes = torch.arange(LEGAL_BYTES, dtype=torch.uint8)
    assert torch.equal(pack_bytes(unpack_bytes(codes)), codes)
    assert unpack_bytes(torch.tensor([ZERO_BYTE], dtype=torch.uint8)).tolist() == [0] * 5


def test_first_trit_is_the_lowest_digit() -> None:
    """Law: b = sum_i (t_i + 1) * 3^i with t_0 the lowest index."""
    assert pack_bytes(torch.tensor([1, 0, 0, 0, 0], dtype=torch.int8)).tolist() == [122]
    assert pack_bytes(torch.tensor([0, 0, 0, 0, -1], dtype=torch.int8)).tolist() == [40]


@given(geometries(), st.integers(1, 150), st.integers(1, 150), SEEDS)
def test_weights_survive(cfg: Geo, rows: int, cols: int, seed: int) -> None:
    """Law: unpack_weights(pack_weights(W)) = W for every shape and geometry; padding bytes are zero trits."""
    w = random_trits(seed, rows, cols)
    packed = pack_weights(w, cfg)
    assert packed.shape == (tiling(rows, cols, 1, cfg).w_beats, cfg.wide_bytes)
    assert torch.equal(unpack_weights(packed, rows, cols, cfg), w)
    assert int(unpack_bytes(packed).abs().sum()) == int(w.abs().sum())


@given(geometries(), st.integers(1, 100), st.integers(1, 100), st.data())
def test_each_trit_lies_where_the_kernel_looks(cfg: Geo, rows: int, cols: int, data: st.DataObject) -> None:
    """Law: the trit of (m, k) is digit k % 5 of byte (m % OUTS) * CB + (k % BLK) // 5 of beat
    row block first, then column block, then tile."""
    m, k = data.draw(st.integers(0, rows - 1)), data.draw(st.integers(0, cols - 1))
    w = torch.zeros(rows, cols, dtype=torch.int8)
    w[m, k] = 1
    tiles, blocks = -(-rows // cfg.outs), -(-cols // cfg.block)
    tile, blk = m // cfg.outs, k // cfg.block
    first = tile - tile % cfg.acc_depth
    height = min(cfg.acc_depth, tiles - first)
    beat = first * blocks + blk * height + tile % cfg.acc_depth
    expected = torch.full((tiles * blocks, cfg.wide_bytes), ZERO_BYTE, dtype=torch.uint8)
    expected[beat, m % cfg.outs * cfg.row_bytes + k % cfg.block // 5] += 3 ** (k % 5)
    assert torch.equal(pack_weights(w, cfg), expected)


@given(geometries(), st.integers(1, 300), st.integers(1, 5), SEEDS)
def test_x_slots(cfg: Geo, cols: int, vectors: int, seed: int) -> None:
    """Law: activation k of vector t is byte k % BLK of slot (k // BLK) * V + t; everything else is zero."""
    x = random_int8(seed, cols, vectors)
    packed = pack_x(x, cfg)
    assert packed.shape == (tiling(1, cols, vectors, cfg).x_beats, cfg.wide_bytes)
    flat = packed.flatten().view(torch.int8)
    k, t = torch.arange(cols)[:, None], torch.arange(vectors)[None]
    where = (k // cfg.block * vectors + t) * cfg.slot_bytes + k % cfg.block
    assert torch.equal(flat[where], x)
    flat[where] = 0
    assert not flat.any()


@given(geometries(), st.integers(1, 300), st.integers(1, 5), SEEDS)
def test_results_survive(cfg: Geo, rows: int, vectors: int, seed: int) -> None:
    """Law: unpack_y(pack_y(Y)) = Y, and word (tile * V + t) * OUTS + r is Y[tile * OUTS + r, t]."""
    generator = torch.Generator().manual_seed(seed)
    y = torch.randint(-(2**31), 2**31, (rows, vectors), generator=generator).to(torch.int32)
    packed = pack_y(y, cfg)
    assert torch.equal(unpack_y(packed, rows, vectors, cfg), y)
    m, t = rows - 1, vectors - 1
    word = (m // cfg.outs * vectors + t) * cfg.outs + m % cfg.outs
    assert int(packed.flatten().view(torch.int32)[word]) == int(y[m, t])


def test_tiling_counts() -> None:
    """Law: counts round up, and a 1 x 1 product still moves one beat of each kind."""
    assert tiling(1, 1, 1, SMALL) == Tiling(1, 1, 1, 1, 1, 1)
    assert tiling(9, 21, 3, SMALL) == Tiling(row_tiles=2, col_blocks=2, vectors=3, x_beats=6, w_beats=4, y_beats=6)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: pack_weights(torch.zeros(4, 4), SMALL), "float32, expected torch.int8"),
        (lambda: pack_weights(torch.full((4, 4), 2, dtype=torch.int8), SMALL), r"weight \(0, 0\) is 2"),
        (lambda: pack_weights(torch.zeros(4, dtype=torch.int8), SMALL), "expected 2 dimensions"),
        (lambda: pack_weights(torch.zeros(0, 4, dtype=torch.int8), SMALL), "rows = 0"),
        (lambda: pack_bytes(torch.zeros(4, dtype=torch.int8)), "multiple of 5"),
        (lambda: unpack_bytes(torch.tensor([121, 243], dtype=torch.uint8)), "byte 1 is 243"),
        (lambda: unpack_bytes(torch.tensor([121])), "int64, expected torch.uint8"),
        (lambda: unpack_weights(torch.zeros(2, 32, dtype=torch.uint8), 8, 20, SMALL), r"expected \(1, 32\)"),
        (lambda: pack_x(torch.zeros(4, 1, dtype=torch.int32), SMALL), "int32, expected torch.int8"),
        (lambda: pack_x(torch.zeros(4, dtype=torch.int8), SMALL), "expected 2 dimensions"),
        (lambda: pack_y(torch.zeros(4, 1), SMALL), "float32, expected torch.int32"),
        (lambda: unpack_y(torch.zeros(1, 31, dtype=torch.uint8), 8, 1, SMALL), r"expected \(1, 32\)"),
    ],
)
def test_bad_input_is_named(call, words: str) -> None:
    """Law: what does not fit is refused with what was found and what was expected."""
    with pytest.raises(InputError, match=words):
        call()

# SPDX-License-Identifier: Apache-2.0
"""TeLLMe's index map: what each index means, and loss-free conversion to and from five trits a byte."""

from collections.abc import Callable
from itertools import product

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from golden.errors import InputError
from golden.ternary import tellme
from golden.ternary.matvec import matvec
from golden.ternary.packing import LEGAL_BYTES, pack_bytes
from golden.ternary.published import NAMES, published
from tests.golden.ternary.geometry import random_int8, random_trits

# As the reference writes the entries of the table, to be evaluated on v1, v2, v3.
TABLE = (
    "0", "v1", "v2", "v3", "v1+v2", "v1-v2", "v1+v3", "v1-v3", "v2+v3", "v2-v3", "v1+v2+v3", "v1+v2-v3", "v1-v2+v3",
    "-v1+v2+v3",
)  # fmt: skip


def test_every_index_means_what_the_reference_says() -> None:
    """Entries 0..13 are the written sums, 14..26 the negatives of 1..13; each of the 27 triples has one index."""
    table = tellme.meaning()
    for v in ([100, 10, 1], [-128, 127, 3], [5, 7, -11]):
        sums = [eval(entry, {}, dict(zip(("v1", "v2", "v3"), v, strict=True))) for entry in TABLE]
        assert (table.long() @ torch.tensor(v)).tolist() == sums + [-entry for entry in sums[1:]]
    assert sorted(map(tuple, table.tolist())) == sorted(product((-1, 0, 1), repeat=3))


def test_every_index_survives() -> None:
    """For all 27 triples: pack gives the index whose meaning is the triple."""
    w = tellme.meaning().reshape(1, 81)
    packed = tellme.pack(w)
    assert packed.shape == (1, 28)
    assert packed[0, :27].tolist() == list(range(27))
    assert packed[0, 27] == 0
    assert torch.equal(tellme.unpack(packed, 81), w)


def test_every_byte_survives_in_every_place() -> None:
    """All 243 bytes, at each of the three alignments to groups of three, go to indices and back unchanged."""
    codes = torch.arange(LEGAL_BYTES, dtype=torch.uint8)[:, None]
    for place in range(3):
        rows = torch.full((LEGAL_BYTES, 3), 121, dtype=torch.uint8)
        rows[:, place : place + 1] = codes
        indices = tellme.from_bytes(rows, 15)
        assert torch.equal(tellme.to_bytes(indices, 15), rows)


@given(st.integers(1, 9), st.integers(1, 400), st.integers(0, 2**31))
def test_random_matrices_survive(rows: int, cols: int, seed: int) -> None:
    """Both ways round, at widths that are no multiple of 3, 5 or 84: the same weights, and zeros behind them."""
    w = random_trits(seed, rows, cols)
    indices = tellme.pack(w)
    assert indices.shape == (rows, -(-cols // 84) * 28)
    assert torch.equal(tellme.unpack(indices, cols), w)
    assert not indices[:, -(-cols // 3) :].any()
    packed = tellme.to_bytes(indices, cols)
    assert torch.equal(packed, pack_bytes(torch.nn.functional.pad(w, (0, -cols % 5))))
    assert torch.equal(tellme.from_bytes(packed, cols), indices)


@given(st.integers(1, 5), st.integers(1, 100), st.integers(0, 2**31))
def test_table_lookup_with_indices_is_the_product(rows: int, cols: int, seed: int) -> None:
    """Looked up in tables of 27 sums of three int8 activations, whose entries fit 10 bits, indices give W x."""
    w, x = random_trits(seed, rows, cols), random_int8(seed, cols, 1)
    groups = torch.nn.functional.pad(x[:, 0].long(), (0, -cols % 84)).view(-1, 3)
    tables = groups @ tellme.meaning().long().T  # [groups, 27]
    assert int(tables.abs().max()) <= 3 * 128
    found = tables[torch.arange(len(groups)), tellme.pack(w).long()].sum(1)
    assert torch.equal(found, matvec(w, x)[:, 0].long())


def test_published_widths_take_the_published_blocks() -> None:
    """0.73B: 1536 columns are 19 blocks of 84, 4096 are 49; a row of 1536 takes 2,660 bits, 2,464 in krait's bytes."""
    c = published(NAMES[0])
    for cols, blocks in ((c.hidden_size, 19), (c.intermediate_size, 49)):
        assert tellme.pack(torch.zeros(1, cols, dtype=torch.int8)).shape == (1, 28 * blocks)
    assert (5 * 28 * 19, 8 * len(pack_bytes(torch.zeros(1540, dtype=torch.int8)))) == (2660, 2464)


ROW = torch.zeros(1, 28, dtype=torch.uint8)


def changed(index: int, value: int) -> Tensor:
    row = ROW.clone()
    row[0, index] = value
    return row


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: tellme.pack(torch.zeros(1, 3)), r"float32 \[1, 3\], expected int8"),
        (lambda: tellme.pack(torch.full((1, 3), -2, dtype=torch.int8)), r"weights in -2\.\.-2, expected -1, 0 and 1"),
        (lambda: tellme.unpack(ROW.char(), 84), "torch.int8.*expected uint8"),
        (lambda: tellme.unpack(ROW, 85), r"\[1, 28\], expected uint8 \[M, 56\] for 85 columns"),
        (lambda: tellme.unpack(changed(9, 27), 84), r"index 9 of row 0 is 27, expected 0\.\.26"),
        (lambda: tellme.unpack(changed(1, 2), 4), "padding at row 0, column 4 is 1, expected 0"),
        (lambda: tellme.to_bytes(changed(27, 14), 81), "padding at row 0, column 81 is -1, expected 0"),
        (lambda: tellme.from_bytes(ROW, 84), r"shape \[1, 28\], expected \[M, 17\] for 84 columns"),
        (lambda: tellme.from_bytes(torch.tensor([[243]], dtype=torch.uint8), 5), "byte 0 is 243"),
        (
            lambda: tellme.from_bytes(torch.tensor([[121 + 81]], dtype=torch.uint8), 4),
            "row 0, column 4 is 1, expected 0",
        ),
    ],
)
def test_bad_input_is_named(call: Callable[[], Tensor], words: str) -> None:
    """What would be lost or means nothing is refused with what was found and what was expected."""
    with pytest.raises(InputError, match=words):
        call()

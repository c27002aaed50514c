# SPDX-License-Identifier: Apache-2.0
"""The ternary product and its table-lookup form."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from golden.errors import InputError
from golden.ternary.matvec import decode, lut_product, matvec, matvec_lut, tables
from golden.ternary.packing import LEGAL_BYTES, unpack_bytes
from tests.golden.ternary.geometry import random_int8, random_trits

EXTREMES = torch.cartesian_prod(*[torch.tensor([-128, 127, -1, 0, 1], dtype=torch.int8)] * 5).T.contiguous()


@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 4), st.integers(0, 2**31))
def test_both_forms_are_the_integer_product(rows: int, cols: int, vectors: int, seed: int) -> None:
    """Law: matvec(W, X) = matvec_lut(W, X) = W X in int64."""
    w, x = random_trits(seed, rows, cols), random_int8(seed, cols, vectors)
    expected = w.long() @ x.long()
    assert matvec(w, x).dtype == matvec_lut(w, x).dtype == torch.int32
    assert torch.equal(matvec(w, x).long(), expected)
    assert torch.equal(matvec_lut(w, x).long(), expected)


def test_largest_sums_are_exact() -> None:
    """Law: the extreme result, all weights 1 and all activations -128, is -128 K to the last unit."""
    w, x = torch.ones(1, 20481, dtype=torch.int8), torch.full((20481, 1), -128, dtype=torch.int8)
    assert int(matvec(w, x)) == int(matvec_lut(w, x)) == -128 * 20481


def test_every_byte_times_extreme_activations() -> None:
    """Law: for all 243 codes and all 5^5 tuples of {-128, 127, -1, 0, 1}, the looked-up sum is the product."""
    codes = torch.arange(LEGAL_BYTES, dtype=torch.uint8).unsqueeze(1)
    expected = unpack_bytes(codes).long() @ EXTREMES.long()
    assert torch.equal(lut_product(codes, EXTREMES).long(), expected)


def test_illegal_bytes_are_zero_and_flagged() -> None:
    """Law: codes 243..255 decode to zero in both groups and raise the flag; no legal code does."""
    low, high, bad = decode(torch.arange(256, dtype=torch.int64).to(torch.uint8))
    assert bad.tolist() == [False] * LEGAL_BYTES + [True] * (256 - LEGAL_BYTES)
    assert not low[bad].any()
    assert not high[bad].any()


def test_entry_widths() -> None:
    """Law: entries stay within 384 and 256, so 10 bits hold them and 11 the sum of a byte."""
    table3, table2 = tables(EXTREMES)
    assert (int(table3.abs().max()), int(table2.abs().max())) == (384, 256)


@pytest.mark.parametrize(
    ("w", "x", "words"),
    [
        (torch.zeros(2, 3), torch.zeros(3, 1, dtype=torch.int8), "weights are torch.float32"),
        (torch.zeros(2, 3, dtype=torch.int8), torch.zeros(3, 1), "activations torch.float32"),
        (
            torch.zeros(2, 3, dtype=torch.int8),
            torch.zeros(4, 1, dtype=torch.int8),
            r"\(2, 3\) times activations \(4, 1\)",
        ),
        (torch.full((2, 3), -2, dtype=torch.int8), torch.zeros(3, 1, dtype=torch.int8), r"-2\.\.-2"),
    ],
)
def test_bad_input_is_named(w: torch.Tensor, x: torch.Tensor, words: str) -> None:
    """Law: dtypes, shapes and values that do not fit are refused with what was found and what was expected."""
    for product in (matvec, matvec_lut):
        with pytest.raises(InputError, match=words):
            product(w, x)

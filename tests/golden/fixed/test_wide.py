# SPDX-License-Identifier: Apache-2.0
"""golden.fixed.wide: exact sums of squares and their root, on Python integers."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from golden.errors import InputError
from golden.fixed.rsqrt import rsqrt
from golden.fixed.wide import Wide, rsqrt_wide, sum_of_squares

WORDS = st.lists(st.integers(-(1 << 31), (1 << 31) - 1) | st.integers(-9, 9), min_size=1, max_size=40)
NUMBERS = st.integers(0, 75).flatmap(lambda k: st.integers(1 << k, (2 << k) - 1))


def value(x: Wide) -> int:
    """A single number."""
    assert 0 <= int(x.low) < 1 << 32
    return (int(x.high) << 32) + int(x.low)


def law(v: int) -> tuple[int, int]:
    """The law of rsqrt on an integer of any size."""
    table = [round(2**20 / math.sqrt(i / 64)) for i in range(64, 257)]
    e = (v.bit_length() - 1) >> 1
    n = (v << 22) >> (2 * e)
    i, r = (n >> 16) - 64, n & 0xFFFF
    return (table[i] - (((table[i] - table[i + 1]) * r) >> 16) + 16) >> 5, e


@given(WORDS)
def test_sum_of_squares_is_exact(x: list[int]) -> None:
    """For all 32-bit numbers, of any sign."""
    assert value(sum_of_squares(torch.tensor(x))) == sum(v * v for v in x)


@pytest.mark.parametrize("x", [-(1 << 31), (1 << 31) - 1, -(1 << 16), 65535, -1])
def test_sum_of_the_widest_vector_is_exact(x: int) -> None:
    """16384 equal extremes, and the greatest eps beside them, stay below 2^77."""
    found = sum_of_squares(torch.full((16384,), x)).plus(Wide.of((1 << 76) - 1))
    assert value(found) == 16384 * x * x + (1 << 76) - 1
    assert [int(v) for v in rsqrt_wide(found)] == list(law(value(found)))


@given(st.lists(NUMBERS, min_size=1, max_size=20))
def test_root_is_the_law_of_rsqrt(values: list[int]) -> None:
    """Up to 76 bits, as if rsqrt took them; below 2^62 it is rsqrt."""
    x = Wide(torch.tensor([v >> 32 for v in values]), torch.tensor([v & 0xFFFFFFFF for v in values]))
    found = list(zip(*(part.tolist() for part in rsqrt_wide(x)), strict=True))
    assert found == [law(v) for v in values]
    small = [v for v in values if v < 1 << 62]
    if small:
        direct = list(zip(*(part.tolist() for part in rsqrt(torch.tensor(small))), strict=True))
        assert direct == [law(v) for v in small]


@given(st.integers(1 << 15, (1 << 16) - 1), st.integers(-200, 200))
def test_scale_becomes_its_whole_part(m: int, e: int) -> None:
    """floor(m 2^e), at least 1; where that needs more than 76 bits, (2^16 - 1) 2^60."""
    wanted = max(1, m << e if e >= 0 else m >> -e)
    wanted = ((1 << 16) - 1) << 60 if e > 60 else wanted
    assert value(Wide.of_scale(torch.tensor(m), torch.tensor(e))) == wanted


def test_no_scale_is_one() -> None:
    """0 2^e counts as 1, the least that may stand under a root."""
    assert value(Wide.of_scale(torch.tensor(0), torch.tensor(40))) == 1


@pytest.mark.parametrize("x", [-1, 1 << 76])
def test_numbers_out_of_range_are_refused(x: int) -> None:
    with pytest.raises(InputError, match=r"wide: found -?\d+, expected 0 .. 2\^76 - 1"):
        Wide.of(x)

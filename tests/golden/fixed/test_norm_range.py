# SPDX-License-Identifier: Apache-2.0
"""golden.fixed.norm_range: no vector normalizes to more than is derived, and one-hot vectors come close to it."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from golden.fixed import NormTable, rms1_table, rms2_table, rms_norm, rms_norm_rsqrt
from golden.fixed.interval import Interval
from golden.fixed.norm_range import rsqrt_scaled, table_reciprocal, table_scaled, table_sum
from golden.fixed.norm_tables import reciprocal, saturated_sum, sum_of_squares
from golden.fixed.rsqrt import U_FRAC

INT32 = Interval.signed(32)
TABLES = [rms1_table(2560), rms1_table(64), rms2_table(5120), rms2_table(640), rms2_table(16)]


def one_hot(table: NormTable) -> Tensor:
    """One element, the others 0, just below each entry's end and at int32's: none is larger beside its own square."""
    ends = [a + (i << d) - 1 for a, d in zip(table.alpha, table.d, strict=True) for i in range(513)]
    sizes = [*(math.isqrt(end) for end in ends if end > 0), 2**31]
    x = torch.tensor(sizes).unsqueeze(-1)  # the zeros add nothing
    return torch.cat([x, -x])


@pytest.mark.parametrize("table", TABLES, ids=lambda table: f"{table.frac}-{table.width}")
@pytest.mark.parametrize("bits", [12, 24, 32])
def test_table_norm_stays_inside(table: NormTable, bits: int) -> None:
    """x RS, RS and the sum of squares lie in their intervals, and x RS comes within 0.1 % of its ends."""
    bound = Interval.signed(bits)
    x = one_hot(table).clamp(bound.low, bound.high)
    sums = saturated_sum(x, table)
    rs = reciprocal(table, sums)
    scaled = (x * rs.unsqueeze(-1)).abs().max()
    assert int(scaled) in table_scaled(bound, table)
    assert int(scaled) > 0.999 * table_scaled(bound, table).high
    assert int(rs.min()) in table_reciprocal(table)
    assert int(rs.max()) == table_reciprocal(table).high
    assert int(sums.max()) in table_sum(bound, table)


@pytest.mark.parametrize("table", TABLES, ids=lambda table: f"{table.frac}-{table.width}")
def test_the_naive_product_would_be_far_too_wide(table: NormTable) -> None:
    """The largest element times the largest reciprocal exceeds what can occur by more than 10 bits."""
    naive = INT32 * table_reciprocal(table)
    assert naive.bits > table_scaled(INT32, table).bits + 10


@given(st.sampled_from(TABLES), st.lists(st.integers(-(2**31), 2**31 - 1), min_size=4, max_size=4))
def test_saturating_the_sum_changes_no_result(table: NormTable, x: list[int]) -> None:
    """The reciprocal of the saturated sum is that of the exact sum in unbounded integers, for int32 inputs."""
    exact = sum(each * each for each in x) * table.width // 4
    row = torch.tensor(x).repeat(table.width // 4)
    expected = reciprocal(table, torch.tensor(min(exact, 2**63 - 1)))
    assert reciprocal(table, saturated_sum(row, table)) == expected


@pytest.mark.parametrize("make", [rms1_table, rms2_table])
@pytest.mark.parametrize("width", [8, 1810, 2552, 2560, 5120, 7240, 14481])
def test_int32_inputs_never_overflow(make: type, width: int) -> None:
    """Where every element is an end of int32 the norm gives finite results, though the exact sum passes 2^63."""
    table = make(width)
    assert table.root**2 >= table.last > (table.root - 1) ** 2
    assert width * table.root**2 < 2**63
    y = rms_norm(torch.full((width,), -(2**31)), torch.tensor([256]), table)
    assert y.tolist() == [((-(2**31) * int(table.values[7, 511])) >> 12)] * width


def test_without_the_clamp_the_sum_overflows() -> None:
    """Why the clamp is there: 2560 squares of int32 pass 2^63."""
    assert 2560 * 2**62 > 2**63
    with pytest.raises(Exception, match="expected below 2"):
        sum_of_squares(torch.full((2560,), -(2**31)))


def test_rsqrt_norm_stays_inside() -> None:
    """u of every magnitude, with the least eps, lies in the interval, which exceeds 1 by less than 2^-13."""
    one = 1 << U_FRAC
    bound = rsqrt_scaled()
    assert bound.low == -bound.high
    assert one <= bound.high < one * (1 + 2**-13)
    dense = torch.arange(1, 1 << 16)
    sizes = torch.cat([dense, dense << 8, (dense << 8) + 255])
    x = torch.stack([sizes, torch.zeros_like(sizes)], -1)
    u = torch.cat([rms_norm_rsqrt(each, torch.tensor([1 << 30]), 1, 22, 30) for each in (x, -x)])
    worst = int(u.abs().max()) * 2 ** (U_FRAC - 22)
    assert one * (1 - 2**-15) < worst <= bound.high
    assert math.log2(bound.high) < 23.001

# SPDX-License-Identifier: Apache-2.0
"""golden.fixed.rsqrt: the law of its docstring on Python integers, and its errors against float64."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from golden.errors import InputError
from golden.fixed import rms_norm_rsqrt
from golden.fixed.rsqrt import rsqrt, rsqrt_table

LIMIT = 2**63 - 1
VALUES = st.integers(0, 62).flatmap(lambda k: st.integers(1 << k, (2 << k) - 1))


def scalar(v: int) -> tuple[int, int]:
    """The law, bit by bit."""
    table = [round(2**20 / math.sqrt(i / 64)) for i in range(64, 257)]
    e = (v.bit_length() - 1) >> 1
    n = (v << 22) >> (2 * e)
    i, r = (n >> 16) - 64, n & 0xFFFF
    return (table[i] - (((table[i] - table[i + 1]) * r) >> 16) + 16) >> 5, e


def relative_error(v: Tensor) -> Tensor:
    m, e = rsqrt(v)
    error: Tensor = m.double() * 2.0**-15 * torch.sqrt(v.double()) * 2.0 ** -e.double() - 1
    return error


@given(st.lists(VALUES, min_size=1, max_size=20))
def test_it_is_the_stated_law(values: list[int]) -> None:
    """Normalization, table, line and rounding, up to 63 bits."""
    m, e = rsqrt(torch.tensor(values))
    assert list(zip(m.tolist(), e.tolist(), strict=True)) == [scalar(v) for v in values]


def test_it_is_the_stated_law_on_a_dense_range() -> None:
    """All of 1..4096 and 40000 values up to 2^63: each bit of n counts."""
    spread = torch.logspace(12, 62.999, 40000, base=2, dtype=torch.float64).to(torch.int64).tolist()
    values = [*range(1, 4097), *spread]
    m, e = rsqrt(torch.tensor(values))
    assert list(zip(m.tolist(), e.tolist(), strict=True)) == [scalar(v) for v in values]


def test_powers_of_two_and_their_neighbours() -> None:
    """2^2k gives exactly 2^-k; all 2^k and neighbours follow the law."""
    values = sorted({(1 << k) + near for k in range(63) for near in (-1, 0, 1)} - {0} | {LIMIT})
    m, e = rsqrt(torch.tensor(values))
    assert list(zip(m.tolist(), e.tolist(), strict=True)) == [scalar(v) for v in values]
    m, e = rsqrt(torch.tensor([1 << (2 * k) for k in range(31)]))
    assert set(m.tolist()) == {1 << 15}
    assert e.tolist() == list(range(31))


def test_relative_error_on_every_normalized_argument() -> None:
    """All 3 * 2^20 values Q2.20 of 1..4: below 2^-14 in both directions, m within 2^14..2^15."""
    for start in range(1 << 20, 1 << 22, 1 << 20):
        v = torch.arange(start, start + (1 << 20))
        assert float(relative_error(v).abs().max()) < 0.65 * 2.0**-14
        m, _ = rsqrt(v)
        assert 1 << 14 <= int(m.min()) <= int(m.max()) <= 1 << 15


def test_relative_error_over_the_whole_range() -> None:
    """Below 2^-14 from 1 to 2^63 - 1, with the bits that n drops."""
    small = torch.arange(1, 1 << 16)
    large = torch.logspace(16, 62.999, 1 << 17, base=2, dtype=torch.float64).to(torch.int64)
    assert float(relative_error(torch.cat((small, large, torch.tensor([LIMIT])))).abs().max()) < 0.65 * 2.0**-14


def test_the_table_is_its_formula() -> None:
    """193 ends of segments, falling from 2^20 to 2^19; the largest drop fits 13 bits."""
    table = rsqrt_table()
    assert table.tolist() == [round(2**20 / math.sqrt(1 + i / 64)) for i in range(193)]
    assert (int(table[0]), int(table[-1])) == (1 << 20, 1 << 19)
    assert int((table[:-1] - table[1:]).max()) < 1 << 13


def test_arguments_below_one_are_refused() -> None:
    for v in (torch.tensor([4, 0]), torch.tensor([-1]), torch.tensor([1.0])):
        with pytest.raises(InputError, match="expected"):
            rsqrt(v)


def random(rms: float, width: int, frac: int) -> Tensor:
    x: Tensor = torch.randn(20, width, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    return x.mul(rms * 2**frac).round().to(torch.int64)


@pytest.mark.parametrize("rms", [0.001, 0.05, 1.0, 50.0, 5000.0])
@pytest.mark.parametrize(("width", "frac"), [(64, 10), (768, 12), (5120, 12)])
def test_the_norm_is_near_the_float_norm(width: int, frac: int, rms: float) -> None:
    """|y - exact| <= 2^-14 |exact| + half an LSB + the floor of u, which counts |w| 2^-23 sqrt(C); eps included."""
    x = random(rms, width, frac)
    w = torch.linspace(-0.5, 2, width, dtype=torch.float64).mul(math.sqrt(width) * 2**10).round().to(torch.int64)
    eps_int = round(width * 1e-5 * 4**frac)
    y = rms_norm_rsqrt(x, w, eps_int, frac, 10).double() / 2**frac
    real, weight = x.double() / 2**frac, w.double() / 2**10
    exact = real / (real.square().sum(-1, keepdim=True) + eps_int / 4**frac).sqrt() * weight
    bound = 2.0**-14 * exact.abs() + 2.0 ** -(frac + 1) + 2.0**-23 * weight.abs()
    assert bool(((y - exact).abs() <= bound).all())


@given(
    st.lists(st.integers(-(2**29), 2**29), min_size=4, max_size=4),
    st.lists(st.integers(-(2**15), 2**15), min_size=4, max_size=4),
    st.integers(1, 2**20),
    st.integers(0, 12),
    st.integers(0, 12),
)
def test_the_norm_is_the_stated_law(x: list[int], w: list[int], eps_int: int, f: int, w_frac: int) -> None:
    """u = ((x m) << 8) >> e, y = (u w + half) >> (23 + w_frac - f), on Python integers."""
    m, e = scalar(sum(v * v for v in x) + eps_int)
    drop = 23 + w_frac - f
    expected = [((((v * m) << 8) >> e) * each + (1 << (drop - 1))) >> drop for v, each in zip(x, w, strict=True)]
    assert rms_norm_rsqrt(torch.tensor([x]), torch.tensor(w), eps_int, f, w_frac).tolist() == [expected]


def test_ties_of_the_norm_go_up() -> None:
    """With w = half an LSB every odd u is a tie, and rounds towards plus infinity."""
    x = torch.arange(-300, 300)[None]
    m, e = scalar(int((x * x).sum()) + 1)
    u = [((v * m) << 8) >> e for v in x[0].tolist()]
    assert {value % 4 for value in u} == {0, 1, 2, 3}
    y = rms_norm_rsqrt(x, torch.full((600,), 1 << 10), 1, 12, 0)
    assert y.tolist() == [[(value + 1) >> 1 for value in u]]


def test_zero_gives_zero_and_int32_limits_hold() -> None:
    """An all-zero row stays zero; one element at -2^31 gives -w, to the reciprocal's error."""
    w = torch.full((4,), 2 << 10)
    x = torch.tensor([[0, 0, 0, 0], [-(2**31), 0, 0, 0]])
    assert rms_norm_rsqrt(x, w, 1, 12, 10).tolist() == [[0] * 4, [-(2 << 12), 0, 0, 0]]
    with pytest.raises(InputError, match="sum of squares"):
        rms_norm_rsqrt(torch.full((4,), 2**31 - 1), w, 1, 12, 10)


@pytest.mark.parametrize(("eps_int", "f", "w_frac"), [(0, 12, 10), (-1, 12, 10), (1, 33, 10), (1, -1, 10), (1, 12, 31)])
def test_illegal_parameters_are_refused(eps_int: int, f: int, w_frac: int) -> None:
    """No eps, no rounding left to do, fraction bits out of range."""
    with pytest.raises(InputError, match="expected"):
        rms_norm_rsqrt(torch.ones(1, 4, dtype=torch.int64), torch.ones(4, dtype=torch.int64), eps_int, f, w_frac)

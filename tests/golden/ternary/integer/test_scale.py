# SPDX-License-Identifier: Apache-2.0
"""Scales: normalized mantissas, products and reciprocals within their bounds, shifts that round and never wrap."""

from fractions import Fraction

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from golden.errors import InputError
from golden.fixed import saturate
from golden.ternary.integer.scale import Scale, apply, normalize, real, reciprocal, shift

SCALES = st.tuples(st.integers(1 << 15, (1 << 16) - 1), st.integers(-300, 300))


def make(pair: tuple[int, int]) -> Scale:
    return Scale(torch.tensor(pair[0]), torch.tensor(pair[1]))


def exact(s: Scale) -> Fraction:
    assert int(s.m) == 0 or 1 << 15 <= int(s.m) < 1 << 16
    return Fraction(int(s.m)) * Fraction(2) ** int(s.e)


@given(st.integers(0, (1 << 62) - 1), st.integers(-50, 50))
def test_normalize_cuts_off(x: int, e: int) -> None:
    """16 leading bits of x 2^e: at most one unit of the mantissa too small."""
    whole = Fraction(x) * Fraction(2) ** e
    found = exact(normalize(torch.tensor(x), e))
    assert found <= whole < found * (1 + Fraction(1, 1 << 15)) or found == whole == 0


@given(SCALES, SCALES)
def test_products_and_reciprocals_are_close(a: tuple[int, int], b: tuple[int, int]) -> None:
    """A product is up to 2^-15 of it too small, a reciprocal up to 2^-14."""
    x, y = make(a), make(b)
    assert 0 <= 1 - exact(x * y) / (exact(x) * exact(y)) < Fraction(1, 1 << 15)
    assert 0 <= 1 - exact(reciprocal(x)) * exact(x) < Fraction(1, 1 << 14)


def test_zero_has_no_reciprocal_and_stays_zero() -> None:
    zero = make((0, 0))
    assert exact(reciprocal(zero)) == exact(zero * make((40000, 3))) == exact(real(0.0)) == 0


@given(st.floats(1e-19, 1e28))
def test_real_is_nearest(x: float) -> None:
    """Half a unit of the mantissa, 2^-17 .. 2^-16 of the number."""
    assert abs(float(real(x).value) / x - 1) <= 2.0**-16


@pytest.mark.parametrize("x", [-1.0, float("nan"), float("inf"), 1e30, 1e-30])
def test_real_refuses_what_it_cannot_hold(x: float) -> None:
    with pytest.raises(InputError, match=r"W: found .*, expected"):
        real(x, "W")


@given(st.integers(-(1 << 61) + 1, (1 << 61) - 1), st.integers(-40, 80))
def test_shift_rounds_half_up_and_saturates_right(x: int, right: int) -> None:
    """To the right it is floor(x / 2^n + 1/2); to the left, what 32 bits hold comes out, and no wrapped number."""
    found = int(shift(torch.tensor(x), right))
    if right > 0:
        assert found == (x + (1 << right >> 1)) >> right
    else:
        wanted = min(max(x << min(-right, 24), -(1 << 31)), (1 << 31) - 1)
        assert int(saturate(torch.tensor(found), 32)) == wanted


@given(st.integers(-(1 << 20), 1 << 20), SCALES, st.integers(0, 24))
def test_apply_is_the_scaled_number(x: int, pair: tuple[int, int], frac: int) -> None:
    """x s in units of 2^-frac, to half a unit, or saturated where 32 bits do not hold it."""
    found = int(saturate(apply(torch.tensor(x), make(pair), frac), 32))
    wanted = Fraction(x * pair[0]) * Fraction(2) ** (pair[1] + frac)
    limited = min(max(wanted, -(1 << 31)), (1 << 31) - 1)
    assert abs(found - limited) <= Fraction(1, 2)

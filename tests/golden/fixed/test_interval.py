# SPDX-License-Identifier: Apache-2.0
"""golden.fixed.interval: results of every operation stay inside, and the ends are attained."""

from collections.abc import Callable
from itertools import product

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from golden.errors import InputError
from golden.fixed import HALF_UP, quantize, round_shift, transform
from golden.fixed.interval import EXHAUSTIVE, Interval, image

ENDS = st.integers(-(2**70), 2**70)
SMALL = st.integers(-70, 70)
SHIFT = st.integers(0, 8)


def intervals(ends: st.SearchStrategy[int]) -> st.SearchStrategy[Interval]:
    return st.tuples(ends, ends).map(lambda pair: Interval(min(pair), max(pair)))


def members(x: Interval) -> range:
    return range(x.low, x.high + 1)


def hull(values: list[int]) -> Interval:
    return Interval(min(values), max(values))


@given(intervals(ENDS), intervals(ENDS), st.data())
def test_results_of_members_stay_inside(x: Interval, y: Interval, data: st.DataObject) -> None:
    """For any a in x and b in y, a op b lies in x op y; integers are unbounded."""
    a, b = (data.draw(st.integers(each.low, each.high)) for each in (x, y))
    n, width = data.draw(SHIFT), data.draw(st.integers(2, 60))
    assert a + b in x + y
    assert a - b in x - y
    assert a * b in x * y
    assert -a in -x
    assert a << n in x << n
    assert a >> n in x >> n
    assert min(max(a, -(2 ** (width - 1))), 2 ** (width - 1) - 1) in x.saturate(width)
    assert (a + (1 << n >> 1)) >> n in x.round_shift(n)
    assert a in x.union(y)
    assert b in x.union(y)


@given(intervals(SMALL), intervals(SMALL), SHIFT)
def test_both_ends_are_attained(x: Interval, y: Interval, n: int) -> None:
    """Over all members of small intervals, the least and the greatest result are the ends that are derived."""
    corners = [(a, b) for a in (x.low, 0, x.high) for b in (y.low, 0, y.high) if a in x and b in y]
    assert x + y == hull([a + b for a, b in corners])
    assert x - y == hull([a - b for a, b in corners])
    assert x * y == hull([a * b for a, b in corners])
    assert -x == hull([-a for a in members(x)])
    assert x << n == hull([a << n for a in members(x)])
    assert x >> n == hull([a >> n for a in members(x)])
    assert x.saturate(5) == hull([min(max(a, -16), 15) for a in members(x)])
    assert x.round_shift(n) == hull(round_shift(torch.tensor(members(x)), n, HALF_UP).tolist())
    assert x.magnitude == max(abs(a) for a in members(x))


@given(intervals(st.integers(-4, 4)), st.integers(1, 3))
def test_a_sum_is_of_independent_terms(x: Interval, n: int) -> None:
    """sum(n) is the hull of all sums of n members; it holds all shorter sums where 0 is a member."""
    assert x.sum(n) == hull([sum(terms) for terms in product(members(x), repeat=n)])
    if 0 in x:
        assert x.sum(n).union(x) == x.sum(n)


@pytest.mark.parametrize(
    ("low", "high", "bits"),
    [(0, 0, 1), (-1, 0, 1), (0, 1, 2), (-2, 1, 2), (0, 127, 8), (-128, 127, 8), (-129, 0, 9), (0, 128, 9)],
)
def test_bits_are_the_least_that_hold_both_ends(low: int, high: int, bits: int) -> None:
    """Two's complement with its sign bit: -2^(n-1) .. 2^(n-1) - 1 need n bits, one beyond either end n + 1."""
    assert Interval(low, high).bits == bits
    assert Interval.signed(40).bits == 40


@given(intervals(SMALL), st.integers(2, 6), st.integers(0, 5))
def test_quantized_ends_are_attained(x: Interval, bits: int, max_shift: int) -> None:
    """Over all groups of two members, the values q << s have the derived ends, with rounding, clipping and clamping."""
    pairs = torch.cartesian_prod(torch.tensor(members(x)), torch.tensor(members(x))).reshape(-1, 2)
    values = quantize(pairs, bits, 2, max_shift).value
    assert x.quantize(bits, max_shift) == Interval(int(values.min()), int(values.max()))


@given(
    intervals(st.integers(-(2**40), 2**40)),
    st.integers(2, 16),
    st.integers(0, 15),
    st.lists(st.floats(0, 1), min_size=8, max_size=8),
)
def test_quantized_groups_stay_inside(x: Interval, bits: int, max_shift: int, where: list[float]) -> None:
    """Groups of eight members, wide ones too, have values inside."""
    group = torch.tensor([x.low + int(each * (x.high - x.low)) for each in where])
    values = quantize(group, bits, 8, max_shift).value
    y = x.quantize(bits, max_shift)
    assert int(values.min()) in y
    assert int(values.max()) in y


@given(intervals(SMALL), st.sampled_from([1, 2, 4, 8]))
def test_hadamard_ends_are_attained(x: Interval, block: int) -> None:
    """The transform is linear, so its extremes are at corners: over all of them it has the derived ends."""
    corners = torch.tensor(list(product({x.low, x.high}, repeat=block)))
    values = transform(corners, block)
    assert x.hadamard(block) == Interval(int(values.min()), int(values.max()))


@given(intervals(st.integers(-300, 300)), intervals(SMALL))
def test_images_are_exact(x: Interval, window: Interval) -> None:
    """A function that bends only inside the window has the image of all its arguments, wherever x begins and ends."""

    def bent(t: Tensor) -> Tensor:
        inside = (t >= window.low) & (t <= window.high)
        return torch.where(inside, (t * 37) % 101, t)

    values = bent(torch.tensor(members(x)))
    found = image(bent, x, Interval(window.low - 1, window.high + 1))
    assert found == Interval(int(values.min()), int(values.max()))


def test_a_window_that_is_not_tried_hides_its_extremes() -> None:
    """Evaluating only the ends of x would miss a peak between them: the window is what finds it."""
    peak: Callable[[Tensor], Tensor] = lambda t: -(t.abs())  # noqa: E731
    x = Interval(-9, 5)
    assert image(peak, x, Interval(-1, 1)) == Interval(-9, 0)
    assert image(peak, x, Interval(5, 5)) == Interval(-9, -5)


def test_what_cannot_be_is_refused() -> None:
    """An interval without members, or an image of too many arguments, is an InputError that says so."""
    with pytest.raises(InputError, match=r"interval: 3 \.\. 2; expected the least value first"):
        Interval(3, 2)
    with pytest.raises(InputError, match="expected at most 16777216 arguments"):
        image(torch.neg, Interval(0, EXHAUSTIVE), Interval(0, EXHAUSTIVE))

# SPDX-License-Identifier: Apache-2.0
"""golden.fixed.rounding: equal to exact rational arithmetic and Python's own round; saturation clamps and says so."""

import math
from collections.abc import Callable
from fractions import Fraction

import pytest
import torch

from golden.errors import InputError
from golden.fixed import FLOOR, HALF_EVEN, HALF_UP, limits, round_saturate, round_shift, saturate, sum_tree

LAWS: dict[int, Callable[[Fraction], int]] = {
    FLOOR: math.floor,
    HALF_UP: lambda q: math.floor(q + Fraction(1, 2)),
    HALF_EVEN: round,  # Python rounds a Fraction half to even
}
BIG = [-(2**62) + 1, 2**62 - 1, 2**61 + 2**30, -(2**61) - 2**30, 2**40 + 1]


@pytest.mark.parametrize("mode", LAWS)
@pytest.mark.parametrize("frac", [0, 1, 2, 5, 31, 61])
def test_rounding_is_exact(mode: int, frac: int) -> None:
    """round_shift is the mode's function of the rational number x / 2^frac, on ties and at 62 bits too."""
    half = 1 << frac >> 1
    x = [*range(-600, 601), *BIG, *(k * half for k in range(-9, 10) if abs(k * half) < 2**62)]
    expected = [LAWS[mode](Fraction(v, 1 << frac)) for v in x]
    assert round_shift(torch.tensor(x), frac, mode).tolist() == expected


def test_saturation_clamps_to_the_signed_range() -> None:
    """All values inside the range stay, all outside become the nearest end."""
    x = torch.arange(-300, 300)
    assert saturate(x, 8).tolist() == [max(-128, min(127, v)) for v in range(-300, 300)]
    assert limits(2) == (-2, 1)


def test_the_flag_says_whether_the_clamp_changed_the_value() -> None:
    """127.5 rounds up to 128 and saturates, 127.25 does not; -128.5 goes to the even -128 without the clamp."""
    y, sat = round_saturate(torch.tensor([510, 509, -514, -516]), 2, 8, HALF_EVEN)
    assert y.tolist() == [127, 127, -128, -128]
    assert sat.tolist() == [True, False, False, True]


def test_shape_is_kept() -> None:
    y, sat = round_saturate(torch.zeros(2, 3, 4, dtype=torch.int64), 3, 8)
    assert y.shape == sat.shape == (2, 3, 4)


@pytest.mark.parametrize(
    ("x", "frac", "mode"),
    [(torch.zeros(1), 1, 0), (torch.zeros(1, dtype=torch.int32), 1, 0)]
    + [(torch.zeros(1, dtype=torch.int64), frac, mode) for frac, mode in ((-1, 0), (62, 0), (1, 3), (1, -1))],
)
def test_illegal_arguments_are_refused(x: torch.Tensor, frac: int, mode: int) -> None:
    """Only int64, frac 0..61 and the three modes are accepted; the message says what was found."""
    with pytest.raises(InputError, match="expected"):
        round_shift(x, frac, mode)


def test_sum_tree_is_the_sum_over_the_last_dimension() -> None:
    x = torch.arange(24).reshape(2, 3, 4) - 12
    assert sum_tree(x).tolist() == [[sum(row) for row in plane] for plane in x.tolist()]

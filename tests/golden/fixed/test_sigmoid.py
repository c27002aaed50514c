# SPDX-License-Identifier: Apache-2.0
"""golden.fixed.sigmoid: the law of its docstring on every 16-bit input, symmetry, ends, and errors against float64."""

import math

import pytest
import torch

from golden.errors import InputError
from golden.fixed import silu
from golden.fixed.sigmoid import sigmoid, sigmoid_table

TABLE = [round(2**18 / (1 + math.exp(-i / 16))) for i in range(257)]
INPUTS = range(-(2**15), 2**15)
CHORD = (1 / 16) ** 2 / 8 / (6 * math.sqrt(3))
"""A chord over 1/16 is off by at most h^2 / 8 max|f''|; sigmoid's |f''| is at most 1 / (6 sqrt 3)."""


def wide(a: int, frac: int) -> int:
    """Sigmoid of a >= 0, Q1.18."""
    i, r = a >> (frac - 4), a & ((1 << (frac - 4)) - 1)
    return TABLE[i] + (((TABLE[i + 1] - TABLE[i]) * r) >> (frac - 4)) if i < 256 else 1 << 18


def scalar_sigmoid(x: int, frac_in: int, frac_out: int) -> int:
    drop = 18 - frac_out
    s = (wide(abs(x), frac_in) + (1 << (drop - 1))) >> drop
    return s if x >= 0 else (1 << frac_out) - s


def scalar_silu(x: int, frac_in: int, frac_out: int) -> int:
    s = wide(abs(x), frac_in)
    drop = frac_in + 18 - frac_out
    product = x * (s if x >= 0 else (1 << 18) - s)
    return (product + (1 << (drop - 1))) >> drop if drop else product


def test_the_table_is_its_formula() -> None:
    """257 ends of segments from 1/2 to 1; the last is 1 exactly."""
    assert sigmoid_table().tolist() == TABLE
    assert (TABLE[0], TABLE[-1]) == (1 << 17, 1 << 18)


@pytest.mark.parametrize(("frac_in", "frac_out"), [(4, 15), (5, 0), (10, 10), (10, 15), (12, 12), (16, 8)])
def test_sigmoid_is_the_stated_law(frac_in: int, frac_out: int) -> None:
    """Exhaustive over 16 bits: segment, line, one rounding, mirrored for x < 0."""
    expected = [scalar_sigmoid(x, frac_in, frac_out) for x in INPUTS]
    assert sigmoid(torch.tensor(INPUTS), frac_in, frac_out).tolist() == expected


@pytest.mark.parametrize(("frac_in", "frac_out"), [(4, 22), (10, 0), (10, 10), (12, 12), (12, 16), (16, 8)])
def test_silu_is_the_stated_law(frac_in: int, frac_out: int) -> None:
    """Exhaustive over 16 bits: the unrounded sigmoid times x, one rounding half up."""
    expected = [scalar_silu(x, frac_in, frac_out) for x in INPUTS]
    assert silu(torch.tensor(INPUTS), frac_in, frac_out).tolist() == expected


def test_sigmoid_is_symmetric_and_rises() -> None:
    """sigmoid(-x) = 1 - sigmoid(x) exactly, 1/2 at 0, never falling, 0 and 1 included."""
    x = torch.arange(-(20 << 12), (20 << 12) + 1)
    s = sigmoid(x, 12, 15)
    assert torch.equal(s.flip(0), (1 << 15) - s)
    assert int(sigmoid(torch.tensor(0), 12, 15)) == 1 << 14
    assert bool((s[1:] >= s[:-1]).all())
    assert (int(s.min()), int(s.max())) == (0, 1 << 15)


@pytest.mark.parametrize("frac_out", [8, 10, 12, 15])
def test_sigmoid_error(frac_out: int) -> None:
    """At most the chord's, half an LSB, the table's rounding and the line's floor, on a grid of 2^-12."""
    x = torch.arange(-(20 << 12), (20 << 12) + 1)
    error = sigmoid(x, 12, frac_out).double() / 2**frac_out - torch.sigmoid(x.double() / 4096)
    assert float(error.abs().max()) < CHORD + 2.0 ** -(frac_out + 1) + 2.0**-18 + 2.0**-19


@pytest.mark.parametrize("frac_out", [8, 10, 12, 15])
def test_silu_error(frac_out: int) -> None:
    """At most 8.2e-5 from the lines (max of |x| times the chord's error, near 2.1) plus half an LSB."""
    x = torch.arange(-(20 << 12), (20 << 12) + 1)
    error = silu(x, 12, frac_out).double() / 2**frac_out - torch.nn.functional.silu(x.double() / 4096)
    assert float(error.abs().max()) < 8.2e-5 + 16 * (2.0**-18 + 2.0**-19) + 2.0 ** -(frac_out + 1)


def test_ends() -> None:
    """From 16 on sigmoid is 1 and silu is x; up to -16 both are 0; int32 limits and 40 bits hold."""
    x = torch.tensor([16 << 12, 2**31 - 1, 2**40])
    assert sigmoid(x, 12, 15).tolist() == [1 << 15] * 3
    assert sigmoid(-x, 12, 15).tolist() == [0] * 3
    assert silu(x, 12, 12).tolist() == x.tolist()
    assert silu(-x, 12, 12).tolist() == [0] * 3


@pytest.mark.parametrize(("frac_in", "frac_out"), [(3, 10), (33, 10), (10, -1), (10, 16)])
def test_illegal_fraction_bits_are_refused(frac_in: int, frac_out: int) -> None:
    with pytest.raises(InputError, match="expected"):
        sigmoid(torch.tensor([0]), frac_in, frac_out)
    if frac_out != 16:
        with pytest.raises(InputError, match="expected"):
            silu(torch.tensor([0]), frac_in, frac_out)


def test_other_types_are_refused() -> None:
    with pytest.raises(InputError, match=r"expected torch\.int64"):
        silu(torch.tensor([0.0]), 10, 10)

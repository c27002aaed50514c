# SPDX-License-Identifier: Apache-2.0
"""golden.fixed.nau: equal to the scalar reference on every 16-bit input, with the errors that its constants imply."""

import pytest
import torch

from golden.errors import InputError
from golden.fixed import nau_exp, nau_softplus
from golden.fixed.nau import BASE, SLOPE, exp2_mantissa
from tests.golden.fixed import scalar

FRACS = (3, 4, 8, 10, 12, 14, 16)


def scalar_exp(x: int, frac_in: int, frac_out: int) -> int:
    return scalar.nau_exp(x + (x >> 1) - (x >> 4), frac_in, frac_out)


def test_constants_are_their_formulas() -> None:
    """BASE[k] = 2^(k/8) and SLOPE[k] = 8 (2^((k+1)/8) - 2^(k/8)), Q1.14, nearest."""
    assert list(BASE) == [round(2 ** (k / 8) * 2**14) for k in range(8)]
    assert list(SLOPE) == [round(8 * (2 ** ((k + 1) / 8) - 2 ** (k / 8)) * 2**14) for k in range(8)]


@pytest.mark.parametrize("frac", FRACS)
def test_exp_is_the_reference_on_every_16_bit_input(frac: int) -> None:
    """Exhaustive over -2^15..0 for each number of fraction bits, to Q.14."""
    x = range(-(2**15), 1)
    assert nau_exp(torch.tensor(x), frac, 14).tolist() == [scalar_exp(v, frac, 14) for v in x]


@pytest.mark.parametrize("frac_out", [0, 6, 10, 13, 14, 16, 30])
def test_exp_is_brought_to_its_fraction_bits_by_a_floor(frac_out: int) -> None:
    """2^v is shifted once, by u and by what frac_out has over 14: small results keep the bits that Q.14 would lose."""
    x = range(-(2**15), 1, 5)
    assert nau_exp(torch.tensor(x), 10, frac_out).tolist() == [scalar_exp(v, 10, frac_out) for v in x]


@pytest.mark.parametrize(("frac_in", "frac_out"), [(10, 10), (12, 16), (16, 12), (14, 14)])
def test_softplus_is_exp_of_minus_x_plus_the_positive_part(frac_in: int, frac_out: int) -> None:
    """Exhaustive over 16 bits: e^x for x <= 0, e^-x + x for x > 0, x shifted with a floor."""

    def scalar(x: int) -> int:
        left = frac_out - frac_in
        positive = max(x, 0)
        return scalar_exp(-abs(x), frac_in, frac_out) + (positive << left if left >= 0 else positive >> -left)

    x = range(-(2**15), 2**15)
    assert nau_softplus(torch.tensor(x), frac_in, frac_out).tolist() == [scalar(v) for v in x]


def test_exp_error_with_10_fraction_bits() -> None:
    """With 10 fraction bits, between -9.5e-4 and +1.91e-3."""
    x = torch.arange(-(32 << 10), 1)
    error = nau_exp(x, 10, 10).double() / 1024 - torch.exp(x.double() / 1024)
    assert float(error.min()) == pytest.approx(-9.5e-4, abs=5e-6)
    assert float(error.max()) == pytest.approx(1.91e-3, abs=5e-6)


def test_softplus_error_with_10_fraction_bits() -> None:
    """At most +0.307, at 0; +17 % at -1, +6.6 % at -2, +0.9 % at -4, +4.2 % at 1, +0.4 % at 2,
    on top of what exp itself is off (up to 1.4 % here)."""
    x = torch.arange(-(20 << 10), 20 << 10)
    exact = torch.nn.functional.softplus(x.double() / 1024)
    error = nau_softplus(x, 10, 10).double() / 1024 - exact
    assert float(error.max()) == pytest.approx(0.307, abs=5e-4)
    assert int(x[error.argmax()]) == 0
    assert float(error.min()) > -1e-3
    at = torch.tensor([-1024, -2048, -4096, 1024, 2048])
    value, float_value = nau_softplus(at, 10, 14).double() / 2**14, torch.nn.functional.softplus(at.double() / 1024)
    relative = (value / float_value - 1).tolist()
    assert relative == pytest.approx([0.174, 0.066, 0.009, 0.042, 0.004], abs=0.0145)


def test_exp_of_zero_is_one_and_it_never_falls() -> None:
    """e^0 = 1 exactly; rising x never lowers the result by more than the kinks of the shift-add (one LSB of Q.14)."""
    x = torch.arange(-(20 << 10), 1)
    y = nau_exp(x, 10, 14)
    assert int(y[-1]) == 1 << 14
    assert int((y[1:] - y[:-1]).min()) >= -1


def test_large_inputs_do_not_overflow() -> None:
    """Down to -2^60 exp is 0; softplus of 2^60 is itself."""
    x = torch.tensor([-(2**31), -(2**40), -(2**60)])
    assert nau_exp(x, 10, 14).tolist() == [0, 0, 0]
    assert nau_softplus(-x, 10, 10).tolist() == (-x).tolist()
    assert nau_softplus(x, 32, 30).tolist()[1:] == [0, 0]


@pytest.mark.parametrize(
    ("x", "frac_in", "frac_out"),
    [
        (torch.tensor([1]), 10, 10),
        (torch.tensor([-1.0]), 10, 10),
        (torch.tensor([-1], dtype=torch.int32), 10, 10),
        (torch.tensor([-1]), 2, 10),
        (torch.tensor([-1]), 33, 10),
        (torch.tensor([-1]), 10, -1),
    ],
)
def test_illegal_arguments_are_refused(x: torch.Tensor, frac_in: int, frac_out: int) -> None:
    """Positive arguments of exp, other types, fraction bits out of range."""
    with pytest.raises(InputError, match="expected"):
        nau_exp(x, frac_in, frac_out)


def test_powers_of_two_are_near() -> None:
    """Every fraction of 14 bits: lines lie up to 9.6e-4 of the value above 2^v, the floor 6.3e-5 below."""
    v = torch.arange(1 << 14)
    found = exp2_mantissa(v, 14).double() / 2.0**14
    wanted = torch.exp2(v.double() / 2.0**14)
    assert bool((found <= wanted * (1 + 9.6e-4)).all())
    assert bool((found >= wanted * (1 - 6.3e-5)).all())
    assert int(found.max() * 2**14) < 1 << 15

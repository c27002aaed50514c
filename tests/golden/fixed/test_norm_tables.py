# SPDX-License-Identifier: Apache-2.0
"""golden.fixed.norm_tables: the released tables at 2560 and 5120, and usable ones at every other width."""

import hashlib
import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from golden.errors import InputError
from golden.fixed import NormTable, reciprocal, rms1_table, rms2_table, rms_norm
from tests.golden.fixed.scalar import rms_tables

Parameters = tuple[int, float, float, tuple[int, ...], tuple[int, ...]]
RMS1: Parameters = (10, 1e-4, 9.6, (15, 18, 21, 24, 27, 30, 33, 36), (17, 9, 7, 6, 4, 3, 1, 0))
RMS2: Parameters = (12, 0.1, 8.0, (19, 21, 24, 27, 30, 33, 36, 39), (12, 9, 8, 6, 5, 3, 2, 0))
WIDTHS = (
    1,
    2,
    3,
    8,
    48,
    64,
    100,
    128,
    256,
    768,
    1024,
    1536,
    1810,
    1811,
    2048,
    2457,
    2560,
    3072,
    3621,
    4096,
    5119,
    5120,
)
BOTH = pytest.mark.parametrize(("make", "frac"), [(rms1_table, 10), (rms2_table, 12)], ids=["rms1", "rms2"])
Make = Callable[[int], NormTable]


def content(table: NormTable) -> str:
    return hashlib.sha256(
        b"".join(value.to_bytes(2, "little") for value in table.values.flatten().tolist())
    ).hexdigest()


@pytest.mark.parametrize(
    ("table", "parameters", "pin"),
    [
        (rms1_table(2560), RMS1, "3b03af07caf74b9fcf396b65dc369bad0baa283f61d18d30af6bdcdaa0180be1"),
        (rms2_table(5120), RMS2, "d787eb8cd2fb366018f25fabf40e95a1cf4ce6af8bd773274f3041219c5c0269"),
    ],
    ids=["rms1", "rms2"],
)
def test_the_released_widths_have_the_released_tables(table: NormTable, parameters: Parameters, pin: str) -> None:
    """Parameters, alphas and entries are the released ones; the content is pinned."""
    frac, _, _, d, o = parameters
    alphas, entries = rms_tables(table.width, *parameters)
    assert (table.frac, table.d, table.o, list(table.alpha)) == (frac, d, o, alphas)
    assert table.values.tolist() == entries
    assert content(table) == pin


@pytest.mark.parametrize("width", WIDTHS)
@BOTH
def test_other_widths_scale_the_released_parameters(make: Make, frac: int, width: int) -> None:
    """By one power of two, a_k and 2^d_k alike; o_k stays; entries fit 9 bits and alphas rise."""
    table, released = make(width), make({10: 2560, 12: 5120}[frac])
    p = table.d[0] - released.d[0]
    assert table.d == tuple(d + p for d in released.d)
    assert table.a == tuple(a * 2.0**p for a in released.a)
    assert table.o == released.o
    ratio = width / 2.0**p / released.width
    assert (1 <= ratio < 2) if frac == 10 else (0.7071 < ratio < 1.4143)
    assert min(table.d) >= 0
    assert int(table.values.max()) < 512
    assert list(table.alpha) == sorted(set(table.alpha))


def reference(table: NormTable, total: int) -> int:
    k = max([k for k in range(8) if total >= table.alpha[k]], default=0)
    index = min(max((total - table.alpha[k]) >> table.d[k], 0), 511)
    return int(table.values[k, index]) << table.o[k]


@pytest.mark.parametrize("width", [64, 768, 2560, 5120])
@BOTH
def test_the_reciprocal_is_the_last_table_that_starts_below(make: Make, frac: int, width: int) -> None:
    """Equal to the rule of 3.4 on sums beside every alpha and step, below alpha_0, at 0 and at 2^63 - 1."""
    table = make(width)
    sums = {0, 1, 2**63 - 1, 2**62}
    for alpha, d in zip(table.alpha, table.d, strict=True):
        edges = [alpha + (i << d) for i in (0, 1, 2, 100, 510, 511, 512)]
        sums |= {max(edge + near, 0) for edge in edges for near in (-1, 0, 1)}
    ordered = sorted(sums)
    assert reciprocal(table, torch.tensor(ordered)).tolist() == [reference(table, total) for total in ordered]


def gain_error(table: NormTable, low: float, high: float) -> Tensor:
    """Relative error of the reciprocal on 20000 sums whose rms is spread evenly in the logarithm."""
    rms = torch.logspace(math.log10(low), math.log10(high), 20000, dtype=torch.float64)
    sums = (rms.square() * table.width * 4**table.frac).round().to(torch.int64).clamp(min=1)
    exact = torch.sqrt(table.width * 4**table.frac / sums.to(torch.float64))
    return reciprocal(table, sums).to(torch.float64) / 4096 / exact - 1


@pytest.mark.parametrize("width", WIDTHS)
def test_rms1_at_every_width(width: int) -> None:
    """From a_1 (an rms of 0.0613 or less) to 50 the reciprocal is within 1.6 %; down to 0.0036 it is coarse, off by
    -34 % to +100 %, below at most 18 times too large; it is never 0."""
    table = rms1_table(width)
    first = math.sqrt(table.a[1] / width)
    assert first < 0.0613
    assert float(gain_error(table, first * 1.001, 50).abs().max()) < 0.016
    coarse = gain_error(table, 0.0036, 0.0613)
    assert float(coarse.min()) > -0.34
    assert float(coarse.max()) < 1.0
    if width >= 48:  # narrower rows have too few sums there to be spread over
        tiny = gain_error(table, 0.0003, 0.0036)
        assert -0.34 < float(tiny.min()) < float(tiny.max()) < 17
    steps = torch.arange(0, table.alpha[7] << 4, 1 << (table.d[7] - 9))
    below = torch.arange(0, table.alpha[2], 1 << (table.d[0] - 1))
    assert int(reciprocal(table, torch.cat((below, steps))).min()) > 0


@pytest.mark.parametrize("width", WIDTHS)
def test_rms2_at_every_width(width: int) -> None:
    """From an rms of 0.05 to 50 the reciprocal is within 1.3 %; below, down to 0.007, within 20 %."""
    table = rms2_table(width)
    assert float(gain_error(table, 0.05, 50).abs().max()) < 0.013
    assert float(gain_error(table, 0.007, 0.05).abs().max()) < 0.2


def test_only_changing_the_width_would_let_the_output_vanish() -> None:
    """Why the parameters scale: released parameters at C = 64 have reciprocal 0 between an
    rms of 0.063 and 0.387, and at C = 2560 they are 26 % off at a sum of 1."""
    alphas, entries = rms_tables(64, *RMS1)
    plain = NormTable(64, 10, rms1_table(64).a, tuple(alphas), RMS1[3], RMS1[4], torch.tensor(entries))
    assert float(gain_error(plain, 0.0635, 0.387).max()) == -1
    assert float(gain_error(plain, 0.001, 0.0625).min()) > -1
    one = reciprocal(rms1_table(2560), torch.tensor(1 << 20))
    assert float(one) / 4096 / math.sqrt(2560) - 1 == pytest.approx(0.26, abs=0.006)


def normal(rms: float, width: int, frac: int) -> Tensor:
    x: Tensor = torch.randn(40, width, dtype=torch.float64, generator=torch.Generator().manual_seed(5))
    x *= rms / x.square().mean(-1, keepdim=True).sqrt()
    return x.mul(2**frac).round().to(torch.int64)


@pytest.mark.parametrize("rms", [0.05, 0.1, 1.0, 7.0, 50.0])
@pytest.mark.parametrize("width", [64, 128, 256, 768, 2560])
def test_the_norm_is_near_the_float_norm(width: int, rms: float) -> None:
    """|y - exact| <= 1.6 % |exact| plus floors; for rms1 at 0.05 at most twice as large, never vanishing."""
    weight = torch.linspace(0.5, 2, width, dtype=torch.float64).mul(256).round().to(torch.int64)
    for make, frac in ((rms1_table, 10), (rms2_table, 12)):
        x = normal(rms, width, frac)
        y = rms_norm(x, weight, make(width)).double() / 2**frac
        real = x.double() / 2**frac
        exact = real / real.square().mean(-1, keepdim=True).sqrt() * weight.double() / 256
        if frac == 12 or rms >= 0.1:
            assert bool(((y - exact).abs() <= 0.016 * exact.abs() + 4 * 2.0**-frac).all())
        assert float((y.norm(dim=-1) / exact.norm(dim=-1)).min()) > 0.98
        assert float((y.norm(dim=-1) / exact.norm(dim=-1)).max()) < 2


def test_the_norm_is_the_formula_with_floors() -> None:
    """(((x RS) >> 12) w) >> 8, on Python integers; leading axes are a batch and w broadcasts."""
    x, w = normal(3.0, 64, 12).reshape(2, 20, 64), torch.arange(-32, 32) * 37
    table = rms2_table(64)
    y = rms_norm(x, w, table)
    for row, got in zip(x.reshape(-1, 64).tolist(), y.reshape(-1, 64).tolist(), strict=True):
        rs = reference(table, sum(v * v for v in row))
        assert got == [(((v * rs) >> 12) * each) >> 8 for v, each in zip(row, w.tolist(), strict=True)]


@pytest.mark.parametrize("width", [1, 4, 768, 5120])
@BOTH
def test_int32_limits(make: Make, frac: int, width: int) -> None:
    """Rows full of int32 limits, beyond every table, give what unbounded sums would: saturation changes no result."""
    table = make(width)
    x = torch.full((3, width), -(2**31))
    x[1], x[2, : width // 2] = 2**31 - 1, table.root - 1
    w = torch.full((width,), -4096 if frac == 12 else 1023)
    y = rms_norm(x, w, table)
    for row, got in zip(x.tolist(), y.tolist(), strict=True):
        total = sum(v * v for v in row)
        index = min((total - table.alpha[7]) >> table.d[7], 511)
        rs = int(table.values[7, index]) << table.o[7]
        assert total < 2**63 or index == 511
        assert got == [(((v * rs) >> 12) * int(w[0])) >> 8 for v in row]


@BOTH
def test_the_last_entry_starts_at_last(make: Make, frac: int) -> None:
    """`last` is the least sum of the last entry, `root` the least integer whose square reaches it."""
    table = make(768)
    assert reference(table, table.last) == reference(table, 2**63 - 1) == int(table.values[7, 511]) << table.o[7]
    assert (table.last - 1 - table.alpha[7]) >> table.d[7] == 510
    assert (table.root - 1) ** 2 < table.last <= table.root**2


def test_other_widths_are_refused() -> None:
    with pytest.raises(InputError, match="expected 64"):
        rms_norm(torch.zeros(2, 63, dtype=torch.int64), torch.ones(63, dtype=torch.int64), rms1_table(64))
    for make in (rms1_table, rms2_table):
        with pytest.raises(InputError, match="expected 1"):
            make(0)

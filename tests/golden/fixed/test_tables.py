# SPDX-License-Identifier: Apache-2.0
"""golden.fixed.tables: LightMamba's activation tables, by formula, by pinned content and by their known facts."""

import hashlib
import math
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Decimal, localcontext

import pytest
import torch
from torch import Tensor

from golden.fixed import ActivationTable, exp_table, lookup, silu_table, softplus_table
from tests.golden.fixed.scalar import act_lut

TABLES = [silu_table(), softplus_table(), exp_table()]
each_table = pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
FLOATS: dict[str, Callable[[float], float]] = {
    "silu": lambda x: x / (1 + math.exp(-x)),
    "softplus": lambda x: x if x > 20 else math.log1p(math.exp(x)),
    "exp": math.exp,
}
EXACT: dict[str, Callable[[Decimal], Decimal]] = {
    "silu": lambda x: x / (1 + (-x).exp()),
    "softplus": lambda x: (1 + x.exp()).ln(),
    "exp": lambda x: x.exp(),
}
SHA256 = {
    "silu": "9223dc1b349bc6ddad12e67384ab51f50ae4965b41fbc9458e806cf0fc901fa7",
    "softplus": "0208af042768ed939fbdb6bb99aa1a41ec96612408697d9c52a09ba3c8d000d0",
    "exp": "d6ee044621637ff32d7a60c6a292763c73cbad10841d95565468ff093a84c748",
}
SHIFTS = {
    "silu": "0 0 0 0 0 2 5 6 7 7 8 8 8 8 9 9 9 9 9 9 9 9 10 10 10 10 10 10 10 10 10 10",
    "softplus": "0 0 0 0 0 0 0 0 0 0 0 2 4 5 6 6 7 7 7 7 8 8 8 8 8 8 8 8 9 9 9 9",
    "exp": "0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 2 4 5 7 8 10 11 12 14 15 15",
}


@each_table
def test_content_is_pinned(table: ActivationTable) -> None:
    """The 4096 signed bytes are these, on every machine: RTL memories hold the same."""
    content = bytes(value & 0xFF for value in table.values.tolist())
    assert hashlib.sha256(content).hexdigest() == SHA256[table.name]


@each_table
def test_parameters_and_entries_are_the_released_ones(table: ActivationTable) -> None:
    """The released parameters, and the entries of the formula."""
    alpha, d, ds, out = {"silu": (-25600, 5, 12, 10), "softplus": (-25600, 4, 11, 10), "exp": (-20480, 3, 10, 6)}[
        table.name
    ]
    shifts = tuple(map(int, SHIFTS[table.name].split()))
    assert (table.alpha, table.d, table.ds, table.out_frac, table.shifts) == (alpha, d, ds, out, shifts)
    assert table.values.tolist() == act_lut(FLOATS[table.name], alpha, d, ds, shifts, out)


@pytest.mark.parametrize(
    ("table", "count", "first"), [(TABLES[0], 47, 36.75), (TABLES[1], 30, 20.125), (TABLES[2], 0, 0)]
)
def test_float64_differs_from_exact_evaluation_where_known(table: ActivationTable, count: int, first: float) -> None:
    """47 from 36.75 on; 5 ties of float64 and 25 where x stands for softplus, from 20.125 on; none. Each by an LSB."""
    differing = []
    with localcontext() as context:
        context.prec = 50
        for i, value in enumerate(table.values.tolist()):
            x = Decimal(table.alpha + (i << table.d)) / 1024
            scale = Decimal(2) ** (table.out_frac - table.shifts[(i << table.d) >> table.ds])
            exact = int((EXACT[table.name](x) * scale).to_integral_value(ROUND_HALF_EVEN))
            if min(max(exact, -128), 127) != value:
                assert abs(exact - value) == 1
                differing.append(float(x))
    assert len(differing) == count
    assert not differing or differing[0] == first


@each_table
def test_lookup_is_the_rule_of_the_specification(table: ActivationTable) -> None:
    """T[clamp((x - alpha) >> d)] << S[clamp((x - alpha) >> ds)], below, inside and above, at the int32 limits too."""
    inside = list(range(table.alpha - 5000, table.alpha + (4096 << table.d) + 5000, 7))
    x = [-(2**31), 2**31 - 1, -(2**61), 2**61, table.alpha - 1, table.alpha, *inside]
    values: list[int] = table.values.tolist()

    def scalar(v: int) -> int:
        index = min(max((v - table.alpha) >> table.d, 0), 4095)
        return values[index] << table.shifts[min(max((v - table.alpha) >> table.ds, 0), 31)]

    assert lookup(table, torch.tensor(x)).tolist() == [scalar(v) for v in x]


def test_known_values() -> None:
    """exp(0) is 1 exactly, softplus is 0 below -7.61, SiLU saturates at 103 and softplus at 39."""
    assert int(lookup(exp_table(), torch.tensor(0))) == 64
    assert int(exp_table().values[20480 >> 3]) == 32
    assert int(lookup(softplus_table(), torch.arange(-30720, int(-7.63 * 1024))).abs().max()) == 0
    assert int(lookup(softplus_table(), torch.tensor(round(-7.6 * 1024)))) == 1
    top = torch.tensor([2**20, 2**31 - 1])
    assert set(lookup(silu_table(), top).tolist()) == {103 << 10}
    assert set(lookup(softplus_table(), top).tolist()) == {39 << 10}


@pytest.mark.parametrize(
    ("table", "low", "high", "bound"),
    [(TABLES[2], -20, 0, 0.0136), (TABLES[1], -8, 8, 0.063), (TABLES[0], -8, 8, 0.0901)],
)
def test_errors_are_the_known_ones(table: ActivationTable, low: int, high: int, bound: float) -> None:
    """exp 0.0136 on -20..0, softplus 0.063 and SiLU 0.090 on -8..8, reached within 2 %."""
    x = torch.arange(low << 10, (high << 10) + 1)
    exact: Callable[[Tensor], Tensor] = getattr(torch if table.name == "exp" else torch.nn.functional, table.name)
    error = (lookup(table, x).double() / 2**table.out_frac - exact(x.double() / 1024)).abs().max()
    assert 0.98 * bound < error <= bound

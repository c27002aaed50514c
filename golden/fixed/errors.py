# SPDX-License-Identifier: Apache-2.0
"""Errors of the integer functions against float64 over dense grids, beside what is published or derived for them."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import torch
from torch import Tensor

from golden.fixed import nau, norm_tables, rsqrt, sigmoid, tables

LOWEST_RMS, HIGHEST_RMS, RMS_POINTS = 0.05, 50.0, 200
"""Range of the norms' rows: what the residual stream of a Mamba2 has, with room."""


@dataclass(frozen=True)
class ErrorRow:
    """Error of one function on one grid.

    function: name, width and fraction bits in -> out; "relative" if the error is one.
    range: the grid, in the argument's real unit.
    where: argument of the largest |error|.
    min_error, max_error, rms: approximation minus exact value.
    reference: published or derived bound of |error|, None if there is none; source says whose.
    """

    function: str
    range: str
    where: float
    min_error: float
    max_error: float
    rms: float
    reference: float | None
    source: str

    @property
    def largest(self) -> float:
        """Largest |error|."""
        return max(-self.min_error, self.max_error)


def _row(name: str, span: str, x: Tensor, error: Tensor, reference: float | None, source: str) -> ErrorRow:
    """Summarize error float64 [n] over the arguments x float64 [n]."""
    at = int(error.abs().argmax())
    low, high = float(error.min()), float(error.max())
    return ErrorRow(name, span, float(x[at]), low, high, float(error.square().mean().sqrt()), reference, source)


Law = Callable[[Tensor], Tensor]


def _pointwise(
    name: str, law: Law, exact: Law, low: int, high: int, fracs: tuple[int, int], reference: float | None, source: str
) -> ErrorRow:
    """Compare on every argument Q.fracs[0] from low to high, both included."""
    x = torch.arange(low << fracs[0], (high << fracs[0]) + 1)
    real = x.to(torch.float64) * 2.0 ** -fracs[0]
    error = law(x).to(torch.float64) * 2.0 ** -fracs[1] - exact(real)
    return _row(f"{name} Q.{fracs[0]} -> Q.{fracs[1]}", f"{low} .. {high}", real, error, reference, source)


def _nau_rows() -> tuple[ErrorRow, ...]:
    appendix, section = "expected of these constants, found apart from this code", "softplus(0) - e^0"
    bound = "derived bound: log2 e, segments, two roundings"
    softplus = torch.nn.functional.softplus
    return (
        _pointwise("NAU exp", lambda x: nau.nau_exp(x, 10, 10), torch.exp, -20, 0, (10, 10), 1.91e-3, appendix),
        _pointwise("NAU exp", lambda x: nau.nau_exp(x, 16, 14), torch.exp, -20, 0, (16, 14), 3.88e-3, bound),
        _pointwise("NAU softplus", lambda x: nau.nau_softplus(x, 10, 10), softplus, -20, 20, (10, 10), 0.307, section),
        _pointwise("NAU softplus", lambda x: nau.nau_softplus(x, 12, 16), softplus, -20, 20, (12, 16), 0.307, section),
    )


def _table_rows() -> tuple[ErrorRow, ...]:
    exp, softplus, silu = tables.exp_table(), tables.softplus_table(), tables.silu_table()
    section = "expected of the released tables, found apart from this code"
    functional = torch.nn.functional
    return (
        _pointwise("table exp", lambda x: tables.lookup(exp, x), torch.exp, -20, 0, (10, 6), 0.0136, section),
        _pointwise(
            "table softplus", lambda x: tables.lookup(softplus, x), functional.softplus, -8, 8, (10, 10), 0.063, section
        ),
        _pointwise("table SiLU", lambda x: tables.lookup(silu, x), functional.silu, -8, 8, (10, 10), 0.090, section),
    )


def _line_rows() -> tuple[ErrorRow, ...]:
    """A chord is off by at most step^2 / 8 max|f''|, and sigmoid's |f''| is at most 1/(6 sqrt 3)."""
    chord = (1 / 16) ** 2 / 8 / (6 * math.sqrt(3))
    silu = torch.nn.functional.silu
    return (
        _sigmoid_row(12, chord),
        _sigmoid_row(15, chord),
        _pointwise("SiLU", lambda x: sigmoid.silu(x, 12, 12), silu, -20, 20, (12, 12), None, "no bound stated"),
    )


def _sigmoid_row(frac: int, chord: float) -> ErrorRow:
    bound = chord + 2.0 ** -(frac + 1) + 2.0**-18
    source = "derived: chord of 1/16, two roundings"
    return _pointwise(
        "sigmoid", lambda x: sigmoid.sigmoid(x, 12, frac), torch.sigmoid, -20, 20, (12, frac), bound, source
    )


def _rsqrt_row() -> ErrorRow:
    """Every n = v / 4^e of one period 1..4 to 2^-18: the law repeats from there on, but for bits that n drops."""
    v = torch.arange(1 << 18, 1 << 20)
    m, e = rsqrt.rsqrt(v)
    error = m.to(torch.float64) * 2.0**-rsqrt.M_FRAC * torch.sqrt(v.to(torch.float64)) * 2.0 ** -e.to(torch.float64) - 1
    return _row("rsqrt, relative", "1 .. 4", v * 2.0**-18, error, 2.0**-14, "contract of the law")


def _inputs(width: int, frac: int) -> tuple[Tensor, Tensor]:
    """Return rms [n] and raw inputs Q.frac [n, width]: normal quantiles in fixed order, scaled to each rms."""
    rms = torch.logspace(math.log10(LOWEST_RMS), math.log10(HIGHEST_RMS), RMS_POINTS, dtype=torch.float64)
    normal = torch.special.ndtri((torch.arange(width, dtype=torch.float64) + 0.5) / width)
    normal = normal / normal.square().mean().sqrt()
    return rms, (rms[:, None] * normal * 2.0**frac).round().to(torch.int64)


def _norm_row(name: str, width: int, frac: int, law: Law) -> ErrorRow:
    """Relative error of the whole output vector, |y - exact| / |exact|, weight 1; it takes the gain's sign."""
    rms, x = _inputs(width, frac)
    real = x.to(torch.float64) * 2.0**-frac
    exact = real / real.square().mean(-1, keepdim=True).sqrt()
    y = law(x).to(torch.float64) * 2.0**-frac
    gain = (y * exact).sum(-1) / exact.square().sum(-1) - 1
    error = (y - exact).norm(dim=-1) / exact.norm(dim=-1) * torch.where(gain < 0, -1.0, 1.0)
    span = f"rms {LOWEST_RMS:g} .. {HIGHEST_RMS:g}"
    return _row(f"{name} width {width} Q.{frac}, relative", span, rms, error, None, "no bound stated")


def _table_norm(table: norm_tables.NormTable) -> Law:
    one = torch.tensor([1 << norm_tables.WEIGHT_FRAC])
    return lambda x: norm_tables.rms_norm(x, one, table)


def _rsqrt_norm(width: int, frac: int) -> Law:
    w = torch.tensor([round(math.sqrt(width) * (1 << 10))])
    return lambda x: rsqrt.rms_norm_rsqrt(x, w, 1, frac, 10)


def _norm_rows(widths: tuple[int, ...]) -> tuple[ErrorRow, ...]:
    """Both norms at each model width d, and at 2d for the gated norm."""
    return tuple(
        row
        for d in widths
        for row in (
            _norm_row("table norm rms1", d, 10, _table_norm(norm_tables.rms1_table(d))),
            _norm_row("table norm rms2", 2 * d, 12, _table_norm(norm_tables.rms2_table(2 * d))),
            _norm_row("rsqrt norm", d, 12, _rsqrt_norm(d, 12)),
        )
    )


@lru_cache
def error_table(widths: tuple[int, ...] = (128, 768, 2560)) -> tuple[ErrorRow, ...]:
    """Error of every function: the NAU, the tables, the lines, rsqrt, and both norms at model widths `widths`.

    Takes a few seconds.
    """
    return (*_nau_rows(), *_table_rows(), *_line_rows(), _rsqrt_row(), *_norm_rows(widths))

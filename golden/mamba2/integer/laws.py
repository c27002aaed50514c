# SPDX-License-Identifier: Apache-2.0
"""The laws of the integer block, one line each, for tensors and for the intervals that derive widths.

Arguments are values q << s of quantized pairs; the RTL multiplies q by q and shifts by the sum of the shifts, which is
the same integer. `>>` is arithmetic: it floors. The fraction bits of `lightmamba-w4a4` give LightMamba's released one.
Letters as in `Mamba2Config`.
"""

from typing import TypeVar

from torch import Tensor

from golden.fixed.interval import Interval
from golden.mamba2.integer.profile import Mamba2Profile

V = TypeVar("V", Tensor, Interval)


def shift(x: V, right: int) -> V:
    """x >> right, or x << -right where a format has more fraction bits than what goes into it."""
    return x >> right if right >= 0 else x << -right


def conv_product(x: V, w: V) -> V:
    """One tap: input Q.proj_frac times weight Q.param_frac, not shortened before the sum over taps."""
    return x * w


def conv(acc: V, bias: V, p: Mamba2Profile) -> V:
    """Sum over taps and bias, both Q.(proj_frac + param_frac) -> Q.proj_frac."""
    return (acc + bias) >> p.param_frac


def decay_exponent(dt: V, a: V, p: Mamba2Profile) -> V:
    """dt Q.dt_frac times A Q.param_frac -> Q.exp_in_frac, at most 0."""
    return shift(dt * a, p.dt_frac + p.param_frac - p.exp_in_frac)


def dt_b(dt: V, b: V, p: Mamba2Profile) -> V:
    """dt Q.dt_frac times B Q.act_frac -> Q.db_frac."""
    return shift(dt * b, p.dt_frac + p.act_frac - p.db_frac)


def dt_b_x(db: V, x: V, p: Mamba2Profile) -> V:
    """dt B Q.db_frac times x Q.act_frac -> Q.state_frac."""
    return shift(db * x, p.db_frac + p.act_frac - p.state_frac)


def skip(x: V, d: V, p: Mamba2Profile) -> V:
    """x Q.act_frac times D Q.param_frac -> Q.y_frac."""
    return shift(x * d, p.act_frac + p.param_frac - p.y_frac)


def decayed(da: V, h: V, p: Mamba2Profile) -> V:
    """exp(dt A) Q.decay_frac times the state Q.state_frac -> Q.state_frac."""
    return (da * h) >> p.decay_frac


def readout_product(h: V, c: V) -> V:
    """State Q.state_frac times C Q.act_frac, not shortened before the sum over N."""
    return h * c


def readout(acc: V, p: Mamba2Profile) -> V:
    """Sum over N Q.(state_frac + act_frac) -> Q.y_frac."""
    return shift(acc, p.state_frac + p.act_frac - p.y_frac)


def gate(y: V, z: V, p: Mamba2Profile) -> V:
    """y Q.y_frac times SiLU(z) Q.act_frac -> Q.y_frac."""
    return (y * z) >> p.act_frac

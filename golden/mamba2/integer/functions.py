# SPDX-License-Identifier: Apache-2.0
"""Nonlinear functions of an integer profile: LightMamba's tables, or FastMamba's approximation unit and company."""

from torch import Tensor

from golden.fixed import nau, norm_tables, rsqrt, sigmoid, tables
from golden.mamba2.integer.model import IntegerModel
from golden.mamba2.integer.profile import Mamba2Profile


def silu(x: Tensor, p: Mamba2Profile) -> Tensor:
    """SiLU: Q.proj_frac -> Q.act_frac."""
    if p.nonlinear == "table":
        return tables.lookup(tables.silu_table(), x)
    return sigmoid.silu(x, p.proj_frac, p.act_frac)


def softplus(x: Tensor, p: Mamba2Profile) -> Tensor:
    """Softplus: Q.proj_frac -> Q.dt_frac."""
    if p.nonlinear == "table":
        return tables.lookup(tables.softplus_table(), x)
    return nau.nau_softplus(x, p.proj_frac, p.dt_frac)


def exponential(x: Tensor, p: Mamba2Profile) -> Tensor:
    """e^x of x <= 0: Q.exp_in_frac -> Q.decay_frac."""
    if p.nonlinear == "table":
        return tables.lookup(tables.exp_table(), x)
    return nau.nau_exp(x, p.exp_in_frac, p.decay_frac)


def residual_norm(x: Tensor, weight: Tensor, eps: float, p: Mamba2Profile) -> Tensor:
    """RMSNorm of the residual stream: x [..., D] Q.residual_frac, weight [D] -> Q.residual_frac."""
    if p.norm == "table":
        return norm_tables.rms_norm(x, weight, norm_tables.rms1_table(x.shape[-1]))
    return _rsqrt_norm(x, weight, eps, p.residual_frac, p)


def gated_norm(x: Tensor, weight: Tensor, eps: float, groups: int, p: Mamba2Profile) -> Tensor:
    """RMSNorm after the gate, over each of `groups` equal parts: x [..., I] Q.y_frac, weight [I] -> Q.y_frac."""
    parts, weights = x.reshape(*x.shape[:-1], groups, -1), weight.reshape(groups, -1)
    if p.norm == "table":
        return norm_tables.rms_norm(parts, weights, norm_tables.rms2_table(parts.shape[-1])).flatten(-2)
    return _rsqrt_norm(parts, weights, eps, p.y_frac, p).flatten(-2)


def _rsqrt_norm(x: Tensor, weight: Tensor, eps: float, frac: int, p: Mamba2Profile) -> Tensor:
    return rsqrt.rms_norm_rsqrt(x, weight, eps_sum(x.shape[-1], eps, frac), frac, p.norm_weight_frac)


def eps_sums(model: IntegerModel) -> tuple[int, int]:
    """`eps_sum` of the norms of the residual stream and of those behind the gate; 0 where tables hold eps."""
    cfg, p = model.cfg, model.profile
    if p.norm == "table":
        return 0, 0
    residual = eps_sum(cfg.d_model, model.residual_eps, p.residual_frac)
    return residual, eps_sum(cfg.d_inner // cfg.ngroups, cfg.norm_eps, p.y_frac)


def eps_sum(width: int, eps: float, frac: int) -> int:
    """`eps` as it enters the sum of squares of `width` elements Q.frac."""
    return round(width * eps * float(1 << 2 * frac))

# SPDX-License-Identifier: Apache-2.0
"""Declared bounds of an integer model's parameters: from them the widths are derived, and a model is held to them.

Five-bit shifts alone would let a 16-bit parameter reach 2^46, and its product 2^70. No trained Mamba2 needs that:
LightMamba's released A stays within 16 bits shifted by 6, its other parameters below 16.
"""

from types import MappingProxyType

import torch

from golden.bounds import require
from golden.fixed.interval import Interval
from golden.fixed.pot import Pot
from golden.mamba2.integer import functions
from golden.mamba2.integer.model import AdditiveScale, IntegerModel, Layer, Linear
from golden.mamba2.integer.profile import Mamba2Profile

INT_BITS = MappingProxyType({"conv_weight": 6, "conv_bias": 6, "dt_bias": 6, "A": 11, "D": 6})
"""A parameter's real value lies in -2^n .. 2^n - 1 LSB. A lies in -2048 .. 0: 16 bits shifted by 6 in Q.10."""
NORM_WEIGHT_BITS = MappingProxyType({"table": 16, "rsqrt": 24})
"""Signed bits of a norm weight: |w| < 128 in Q.8; with sqrt(C) folded in and Q.10 |w| < 114 at C = 5120."""
EMBEDDING = Interval.signed(16)
"""Embedding Q.residual_frac."""
MAX_SHIFT = 31
"""Greatest shift of a group of parameters: 5 bits."""
EPS_SUM = Interval(1, 1 << 48)
"""C eps as an integer that joins the sum of squares (norm "rsqrt")."""
SCALE_SHIFT = Interval(0, 7)
"""s1 and s2 of an additive scale."""
SCALE = Interval(2 << SCALE_SHIFT.low, 2 << SCALE_SHIFT.high)
"""2^s1 + 2^s2."""
MULTIPLIER, ROW_SHIFT = Interval(0, (1 << 16) - 1), Interval(1, 46)
"""Of a channel scale."""


def parameter(name: str, p: Mamba2Profile) -> Interval:
    """Values of the parameter `name`, in its Q format (`Layer`)."""
    frac = {"conv_bias": p.proj_frac + p.param_frac, "dt_bias": p.proj_frac}.get(name, p.param_frac)
    whole = Interval.signed(1 + INT_BITS[name] + frac)
    return Interval(whole.low, 0) if name == "A" else whole


def norm_weight(p: Mamba2Profile) -> Interval:
    """Values of a norm weight Q.norm_weight_frac."""
    return Interval.signed(NORM_WEIGHT_BITS[p.norm])


def check_model(model: IntegerModel) -> None:
    """InputError naming the first parameter of `model` that leaves its declared bound."""
    require("norm_f", model.norm_f, norm_weight(model.profile))
    require("embedding", model.embedding, EMBEDDING)
    _check_linear("head", model.head, model.profile)
    if model.profile.norm == "rsqrt":
        require("norm_eps", torch.tensor(functions.eps_sums(model)), EPS_SUM)
    for index, layer in enumerate(model.layers):
        check_parameters(layer, model.profile, f"layers.{index}.")


def check_parameters(layer: Layer, profile: Mamba2Profile, prefix: str = "") -> None:
    """InputError naming the first parameter of `layer` that leaves its declared bound, `prefix` before its name."""
    for name in INT_BITS:
        pot: Pot = getattr(layer, name)
        bits = profile.a_bits if name == "A" else profile.ssm_bits
        require(f"{prefix}{name}.q", pot.q, Interval.signed(bits))
        require(f"{prefix}{name}.s", pot.s, Interval(0, MAX_SHIFT))
        require(f"{prefix}{name}", pot.value, parameter(name, profile))
    for name in ("norm", "gate_norm"):
        require(f"{prefix}{name}", getattr(layer, name), norm_weight(profile))
    for name in ("in_proj", "out_proj"):
        _check_linear(f"{prefix}{name}", getattr(layer, name), profile)


def _check_linear(name: str, linear: Linear, profile: Mamba2Profile) -> None:
    require(f"{name}.w", linear.w, Interval.signed(profile.weight_bits))
    if isinstance(linear.scale, AdditiveScale):
        require(f"{name}.s1", linear.scale.s1, SCALE_SHIFT)
        require(f"{name}.s2", linear.scale.s2, SCALE_SHIFT)
    else:
        require(f"{name}.mult", linear.scale.mult, MULTIPLIER)
        require(f"{name}.shift", linear.scale.shift, ROW_SHIFT)

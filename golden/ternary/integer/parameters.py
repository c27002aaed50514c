# SPDX-License-Identifier: Apache-2.0
"""Declared bounds of an integer model's parameters: the widths are derived from them, and a model is held to them."""

import torch

from golden.bounds import require
from golden.fixed.interval import Interval
from golden.ternary.integer.model import IntegerModel, Layer, Rows
from golden.ternary.integer.packing import LINEARS, NORMS
from golden.ternary.integer.profile import TernaryProfile
from golden.ternary.integer.quantize import FRACTIONS
from golden.ternary.integer.scale import EXPONENT, MANTISSA, Scale

ROW, TRIT = Interval(-127, 127), Interval(-1, 1)
MANTISSAS, EXPONENTS = Interval(1 << MANTISSA - 1, (1 << MANTISSA) - 1), Interval(-EXPONENT, EXPONENT)


def check_ends(model: IntegerModel, prefix: str = "") -> None:
    """InputError naming the first parameter outside the layers that leaves its bound, `prefix` before its name."""
    require(f"{prefix}residual_frac", torch.tensor(model.residual_frac), Interval(*FRACTIONS))
    _check_rows(f"{prefix}embedding", model.embedding, ROW)
    require(f"{prefix}final_norm", model.final_norm, _norm(model.profile))
    _check_scale(f"{prefix}head_scale", model.head_scale)
    if model.head is not None:
        _check_rows(f"{prefix}head", model.head, TRIT if model.ternary_head else ROW)


def check_layer(layer: Layer, p: TernaryProfile, prefix: str = "") -> None:
    """InputError naming the first parameter of `layer` that leaves its bound, `prefix` before its name."""
    for name in NORMS:
        require(f"{prefix}{name}", getattr(layer, name), _norm(p))
    for name in LINEARS:
        require(f"{prefix}{name}.w", getattr(layer, name).w, TRIT)
        _check_scale(f"{prefix}{name}.scale", getattr(layer, name).scale)
    require(f"{prefix}attention_frac", torch.tensor(layer.attention_frac), Interval(*FRACTIONS))


def _norm(p: TernaryProfile) -> Interval:
    most = (1 << p.norm_weight_bits - 1) - 1
    return Interval(-most, most)


def _check_rows(name: str, rows: Rows, bound: Interval) -> None:
    require(f"{name}.w", rows.w, bound)
    _check_scale(f"{name}.scale", rows.scale)


def _check_scale(name: str, s: Scale) -> None:
    """A mantissa is normalized or 0."""
    require(f"{name}: mantissa", s.m[s.m != 0], MANTISSAS)
    require(f"{name}: exponent", s.e, EXPONENTS)

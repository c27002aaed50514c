# SPDX-License-Identifier: Apache-2.0
"""The rung between float and integer: the float model with the quantized linear layers of an integer model.

Weights are those integers, inputs are quantized by the integer model's own functions; convolution, recurrence, norms
and nonlinear functions stay in floating point. What separates it from the integer model is therefore theirs.
"""

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor

from golden.fixed.hadamard import scale_shift, transform
from golden.mamba2.config import ModelWeights
from golden.mamba2.fake import Fake
from golden.mamba2.integer.linear import activation
from golden.mamba2.integer.model import AdditiveScale, IntegerModel, Linear
from golden.mamba2.integer.profile import Mamba2Profile


def with_linears(model: IntegerModel, w: ModelWeights) -> Fake:
    """Float weights `w` in the basis of `model` (see `basis.like`), their linear layers replaced by the model's.

    Runs in float32.
    """
    p = model.profile
    layers = []
    for layer, quantized in zip(w.layers, model.layers, strict=True):
        in_proj = _matrix(quantized.in_proj, p, p.residual_frac - p.proj_frac, p.hadamard == "both")
        out_proj = _matrix(quantized.out_proj, p, p.y_frac - p.residual_frac, p.hadamard != "off")
        changed = replace(layer, in_proj=in_proj, out_proj=out_proj / model.residual_scale)
        layers.append(type(layer)(**{name: tensor.float() for name, tensor in vars(changed).items()}))
    head = _matrix(model.head, p, p.residual_frac - p.proj_frac, p.hadamard == "both")
    weights = ModelWeights(w.embedding.float(), tuple(layers), w.norm_f.float(), head.float())
    return Fake(weights, model.cfg, _tap(p))


def _matrix(layer: Linear, p: Mamba2Profile, fracs: int, rotate: bool) -> Tensor:
    """What a layer's integers do to inputs that are not transformed, float64 [M, K]; its sums lose `fracs` bits."""
    width = layer.w.shape[1]
    real = layer.w.double()
    if isinstance(layer.scale, AdditiveScale):
        scale = (layer.scale.s1.double().exp2() + layer.scale.s2.double().exp2()) * 2.0**-p.weight_frac
        real = real * scale.repeat_interleave(p.weight_group, dim=1)[:, :width]
    else:
        real = real * (layer.scale.mult.double() * torch.exp2(fracs - layer.scale.shift.double()))[:, None]
    return transform(real, p.block(width)) * 2.0 ** -_halving(p, width) if rotate else real


def _tap(p: Mamba2Profile) -> Callable[[str, Tensor], Tensor]:
    """Quantizes the inputs of linear layers by the integer model's `activation`, in their own basis."""
    inputs = {
        "in_act": (p.residual_frac, p.hadamard == "both"),
        "out_act": (p.y_frac, p.hadamard != "off"),
        "head_act": (p.residual_frac, p.hadamard == "both"),
    }

    def tap(name: str, x: Tensor) -> Tensor:
        known = inputs.get(name.rsplit(".", 1)[-1])
        if known is None:
            return x
        frac, rotate = known
        a = activation((x.double() * 2.0**frac).round().to(torch.int64), p, rotate).value.double() * 2.0**-frac
        return (_undo(a, p) if rotate else a).to(x)

    return tap


def _undo(x: Tensor, p: Mamba2Profile) -> Tensor:
    """Inverse of the transform in `activation`, which is H 2^-h: H 2^h / n."""
    width = x.shape[-1]
    return transform(x, p.block(width)) * (2.0 ** _halving(p, width) / p.block(width))


def _halving(p: Mamba2Profile, width: int) -> int:
    """Bits by which `activation` shortens the transform: half those of the block."""
    return scale_shift(p.block(width))

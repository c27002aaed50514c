# SPDX-License-Identifier: Apache-2.0
"""The float model in the basis of an integer model: the same function, so that every tensor can be compared.

The quantizer rotates the residual stream and moves norm weights into matrices. The same moves on float weights change
no result of the published block, only what its norms and its residual stream look like.
"""

from dataclasses import replace

from torch import Tensor

from golden.errors import InputError
from golden.mamba2.config import ModelWeights
from golden.mamba2.integer.model import IntegerModel
from golden.mamba2.quantize.rotation import Rotation


def norm_weight(raw: Tensor, groups: int, model: IntegerModel) -> Tensor:
    """Real weights [n] of an integer norm over `groups` parts; "rsqrt" norms hold the square root of the width too."""
    real = raw.double() * 2.0**-model.profile.norm_weight_frac
    if bool((real == 0).any()):
        raise InputError("integer model: a norm weight is 0, expected none; quantize it again")
    return real / (len(raw) // groups) ** 0.5 if model.profile.norm == "rsqrt" else real


def like(model: IntegerModel, w: ModelWeights, rotation: Rotation) -> ModelWeights:
    """Float64 weights of the same function as `w` with the residual basis and the norm weights of `model`.

    The scale of the integer residual stream is left out: it would scale eps with it.
    """
    layers = []
    for layer, quantized in zip(w.layers, model.layers, strict=True):
        layer = type(layer)(**{name: tensor.double() for name, tensor in vars(layer).items()})
        norm = norm_weight(quantized.norm, 1, model)
        gate = norm_weight(quantized.gate_norm, model.cfg.ngroups, model)
        layers.append(
            replace(
                layer,
                norm=norm,
                in_proj=rotation.inputs(layer.in_proj * layer.norm) / norm,
                gate_norm=gate,
                out_proj=rotation.outputs(layer.out_proj * layer.gate_norm / gate),
            )
        )
    norm_f = norm_weight(model.norm_f, 1, model)
    head = rotation.inputs(w.head.double() * w.norm_f.double()) / norm_f
    return ModelWeights(rotation.inputs(w.embedding.double()), tuple(layers), norm_f, head)

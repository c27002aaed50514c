# SPDX-License-Identifier: Apache-2.0
"""From float to integers: what is kept exactly, how far the rest is off; the same at odd scales; what is refused."""

import math
from dataclasses import replace

import pytest
import torch

from golden.errors import InputError
from golden.ternary.config import EMBEDDING, FINAL_NORM
from golden.ternary.integer import profile, quantize
from golden.ternary.integer.block import prefill
from golden.ternary.model import forward, rope_angles
from golden.ternary.weights import BitNet
from tests.golden.ternary.integer.models import SHAPES, float_model

P = profile.load()


@pytest.mark.parametrize("shape", SHAPES)
def test_parameters_stand_for_the_float_ones(shape: str) -> None:
    """Trits equal; norm weights to 2^-16 of the greatest, rows to half a level, scales to 2^-16."""
    source = float_model(shape)
    model = quantize.quantize(source)
    c = source.config
    layer, at = model.layers[1], "model.layers.1"
    for name in ("q_proj", "k_proj", "v_proj", "o_proj"):
        assert torch.equal(getattr(layer, name).w, source.projection(f"{at}.self_attn.{name}").q)
    weight = source.tensors[f"{at}.mlp.ffn_sub_norm.weight"].double()
    found, frac = quantize.norm_weight("w", weight, P)
    assert torch.equal(found, layer.product_norm)
    assert float((found.double() * 2.0**-frac - weight).abs().max()) <= float(weight.abs().max()) * 2.0**-15
    mean = 1 / float(source.projection(f"{at}.mlp.down_proj").divisor)
    wanted = mean * math.sqrt(c.intermediate_size) * 2.0**-frac / 127
    assert float(layer.down_proj.scale.value) == pytest.approx(wanted, rel=2.0**-16)
    rows = source.tensors[EMBEDDING].double()
    near = model.embedding.w * model.embedding.scale.value[:, None]
    assert bool(((near - rows).abs() <= rows.abs().amax(-1, keepdim=True) / 127 * 0.51).all())
    assert (model.head is None) == c.tie_word_embeddings


@pytest.mark.parametrize("factor", [2.0**-9, 2.0**-4, 2.0**6, 2.0**12])
def test_formats_follow_the_weights(factor: float) -> None:
    """Masters and norms scaled by anything give the same trits and fitting formats: the loss does not grow.

    The value path (v, o) and the residual stream move by factors that no fixed format would hold.
    """
    source = float_model("squared-relu")
    scaled = dict(source.tensors)
    for name in scaled:
        if "v_proj" in name or "embed" in name or name.endswith(("o_proj.weight", "down_proj.weight")):
            scaled[name] = scaled[name] * factor
    moved = BitNet(source.config, scaled)
    tokens = torch.arange(30)
    with torch.no_grad():
        wanted = forward(moved, tokens).double()
    model = quantize.quantize(moved)
    found = prefill(tokens, model)[0].double() / 2.0**P.logit_frac
    limited = wanted.clamp(-2048, 2048)
    error = (found - limited).square().mean().sqrt() / limited.square().mean().sqrt()
    assert float(error) < 0.06 + 2.0**-12 / float(wanted.square().mean().sqrt())


def test_rope_table_is_the_float_models() -> None:
    """All 4,096 positions at theta 5e5: half a unit of Q1.14 from float64; 16 bits hold it, 1 exactly."""
    c = replace(SHAPES["squared-relu"], rope_theta=5e5, max_position_embeddings=4096)
    model = replace(quantize.quantize(float_model("squared-relu")), cfg=c)
    half = c.head_dim // 2
    for found, wanted in zip(model.rope, rope_angles(4096, c), strict=True):
        assert found.dtype == torch.int16
        assert found.shape == (4096, half)
        error = found.double() / 2.0**P.rope_frac - wanted[:, :half].double()
        assert float(error.abs().max()) <= 2.0**-15 + 3e-4  # the reference's angles are float32: 2^-12 radians at 4,096
        assert float(error[:64].abs().max()) <= 2.0**-15 + 4e-6
    assert model.rope[0][0].tolist() == [1 << 14] * half


def test_tensors_that_are_not_finite_are_refused() -> None:
    """Named by tensor, when it is used."""
    source = float_model("squared-relu")
    for name in (EMBEDDING, FINAL_NORM):
        spoiled = {**source.tensors, name: source.tensors[name].clone().fill_(float("nan"))}
        with pytest.raises(InputError, match=f"{name}: holds NaN or infinity"):
            quantize.quantize(BitNet(source.config, spoiled))
    name = "model.layers.1.mlp.ffn_sub_norm.weight"
    spoiled = {**source.tensors, name: source.tensors[name] * float("inf")}
    model = quantize.quantize(BitNet(source.config, spoiled))
    assert model.layers[0] is not None
    with pytest.raises(InputError, match=f"{name}: holds NaN or infinity"):
        model.layers[1]


def test_models_without_sub_norms_are_refused() -> None:
    from tests.golden.ternary.random_models import SHAPES as ALL
    from tests.golden.ternary.random_models import random_tensors

    with pytest.raises(InputError, match="sub_norms is False, expected True"):
        quantize.quantize(BitNet(ALL["llama"], random_tensors(ALL["llama"], 1)))

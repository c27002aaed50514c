# SPDX-License-Identifier: Apache-2.0
"""A float BitNet checkpoint as an integer model. No calibration: every range follows from the weights.

The two formats that have no exponent of their own, residual stream and attention's output, get their fraction bits
here, from the root mean square that the weights let expect, with the rest of 32 bits as headroom.
"""

import math
from functools import partial

import torch
from torch import Tensor

from golden.errors import InputError
from golden.on_demand import OnDemand
from golden.ternary.config import EMBEDDING, FINAL_NORM, HEAD
from golden.ternary.integer import profile as profiles
from golden.ternary.integer import scale as scales
from golden.ternary.integer.functions import LEVELS
from golden.ternary.integer.model import IntegerModel, Layer, Linear, Rows
from golden.ternary.integer.profile import TernaryProfile
from golden.ternary.weights import BitNet

RESIDUAL_BITS, ATTENTION_BITS = 11, 14
"""Bits in front of the point of an average embedding's element, and of an expected value's: 2^20 and 2^17 headroom."""
FRACTIONS = (0, 24)
"""Least and greatest fraction bits of both."""
TRIT_RMS = math.sqrt(2 / 3)
"""Root mean square of trits that are equally likely: a sum over K normalized inputs has sqrt(K) times this."""


def quantize(model: BitNet, profile: TernaryProfile | None = None) -> IntegerModel:
    """The integer model of a float one; each layer is made when it is taken, so that a checkpoint may stay on disk.

    Raises:
        InputError: the profile can't take the shape; at the use of a tensor, that it is not finite.
    """
    c, p = model.config, profile or profiles.load()
    profiles.check(c)
    embedding = finite(EMBEDDING, model.tensors[EMBEDDING])
    final, final_frac = norm_weight(FINAL_NORM, model.tensors[FINAL_NORM], p)
    return IntegerModel(
        cfg=c,
        profile=p,
        residual_frac=fraction(rms(embedding), RESIDUAL_BITS),
        embedding=int8_rows(embedding),
        layers=OnDemand(partial(_layer, model, p), range(c.num_hidden_layers)),
        final_norm=final,
        head_scale=scales.real(input_scale(c.hidden_size, final_frac)),
        head=None if c.tie_word_embeddings else int8_rows(finite(HEAD, model.head)),
    )


def finite(name: str, x: Tensor) -> Tensor:
    """Return x. InputError where it is not finite."""
    if not bool(torch.isfinite(x).all()):
        raise InputError(f"{name}: holds NaN or infinity, expected finite numbers; restore the checkpoint")
    return x


def int8_rows(x: Tensor) -> Rows:
    """Rows float [V, D] as int8 with a scale each: absmax to 127, to nearest with ties to even."""
    peak = x.double().abs().amax(-1)
    s = scales.real(peak / LEVELS, "embedding")
    q = (x.double() / s.value.clamp(min=torch.finfo(torch.float64).tiny).unsqueeze(-1)).round().clamp(-LEVELS, LEVELS)
    return Rows(q.to(torch.int8), s)


def norm_weight(name: str, x: Tensor, p: TernaryProfile) -> tuple[Tensor, int]:
    """A norm's weight [C] as int16 and the fraction bits that make its greatest element fill them."""
    peak = float(finite(name, x).double().abs().max())
    whole = math.frexp(peak)[1] if peak else 0  # peak < 2^whole
    frac = p.norm_weight_bits - 1 - whole
    most = (1 << p.norm_weight_bits - 1) - 1
    return torch.ldexp(x.double(), torch.tensor(frac)).round().clamp(-most, most).to(torch.int16), frac


def input_scale(width: int, frac: int) -> float:
    """What a norm of `width` elements with weights Q.frac, and the quantizer behind it, leave to be multiplied."""
    return math.sqrt(width) * 2.0**-frac / LEVELS


def fraction(expected: float, bits: int) -> int:
    """Fraction bits that put the root mean square `expected` at 2^bits."""
    whole = math.floor(math.log2(expected)) if expected > 0 else 0
    return min(max(bits - whole, FRACTIONS[0]), FRACTIONS[1])


def rms(x: Tensor) -> float:
    """Root mean square."""
    return float(x.double().square().mean().sqrt())


def _layer(model: BitNet, p: TernaryProfile, index: int) -> Layer:
    c, at = model.config, f"model.layers.{index}"

    def norm(name: str) -> tuple[Tensor, int]:
        full = f"{at}.{name}.weight"
        return norm_weight(full, model.tensors[full], p)

    def linear(name: str, frac: int, factor: float = 1.0) -> Linear:
        found = model.projection(f"{at}.{name}")
        mean = 1.0 / float(found.divisor)  # of |W|
        return Linear(found.q, scales.real(factor * input_scale(found.q.shape[1], frac) * mean, f"{at}.{name}"))

    (n1, f1), (n2, f2) = norm("input_layernorm"), norm("self_attn.attn_sub_norm")
    (n3, f3), (n4, f4) = norm("post_attention_layernorm"), norm("mlp.ffn_sub_norm")
    v_proj = linear("self_attn.v_proj", f1)
    gain = float(v_proj.scale.value) / input_scale(c.hidden_size, f1)  # mean |W|
    expected = gain * math.sqrt(c.hidden_size) * TRIT_RMS * rms(model.tensors[f"{at}.input_layernorm.weight"])
    return Layer(
        norm=n1,
        q_proj=linear("self_attn.q_proj", f1, math.log2(math.e) / math.sqrt(c.head_dim)),
        k_proj=linear("self_attn.k_proj", f1),
        v_proj=v_proj,
        attention_frac=fraction(expected, ATTENTION_BITS),
        attention_norm=n2,
        o_proj=linear("self_attn.o_proj", f2),
        mlp_norm=n3,
        gate_proj=linear("mlp.gate_proj", f3),
        up_proj=linear("mlp.up_proj", f3),
        product_norm=n4,
        down_proj=linear("mlp.down_proj", f4),
    )

# SPDX-License-Identifier: Apache-2.0
"""Declared bounds of parameters: what keeps them passes, what leaves them is named."""

from dataclasses import replace

import pytest
import torch

from golden.errors import InputError
from golden.fixed.pot import Pot
from golden.mamba2.integer.model import AdditiveScale, ChannelScale, Layer, Linear
from golden.mamba2.integer.parameters import (
    INT_BITS,
    MAX_SHIFT,
    NORM_WEIGHT_BITS,
    check_model,
    check_parameters,
    norm_weight,
    parameter,
)
from golden.mamba2.integer.profile import NAMES, load
from tests.golden.mamba2.integer_models import STYLES, Style, make


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("name", NAMES)
def test_parameters_at_their_bounds_pass(name: str, style: Style) -> None:
    """Both ends of every bound belong to it, and so does 0."""
    check_model(make(load(name), style, 1))


def with_pot(layer: Layer, name: str, q: int | None = None, s: int | None = None) -> Layer:
    old: Pot = getattr(layer, name)
    new_q, new_s = old.q.clone(), torch.zeros_like(old.s)
    if q is not None:
        new_q.view(-1)[0] = q
    if s is not None:
        new_s.view(-1)[0] = s
    return replace(layer, **{name: Pot(new_q, new_s, old.group)})


@pytest.mark.parametrize("name", INT_BITS)
def test_a_parameter_beyond_its_bound_is_named(name: str) -> None:
    """A value, integer or shift just outside its bound is an InputError that names layer, parameter and bound."""
    p = load("lightmamba-w4a4")
    layer, bits = make(p, "zero", 0).layers[0], p.a_bits if name == "A" else p.ssm_bits
    bound = parameter(name, p)
    least = -(1 << (bits - 1))
    enough = bound.bits - bits
    check_parameters(with_pot(layer, name, least, enough), p)
    with pytest.raises(InputError, match=rf"^layers\.7\.{name}: found .* {2 * bound.low} .*expected {bound.low} "):
        check_parameters(with_pot(layer, name, least, enough + 1), p, "layers.7.")
    with pytest.raises(InputError, match=rf"^{name}\.q: found raw integers {least - 1} "):
        check_parameters(with_pot(layer, name, least - 1), p)
    with pytest.raises(InputError, match=rf"^{name}\.s: .* expected 0 \.\. {MAX_SHIFT}"):
        check_parameters(with_pot(layer, name, s=MAX_SHIFT + 1), p)


def test_a_positive_decay_rate_is_refused() -> None:
    """A above 0 would make the state grow without bound: exp is only defined for dt A <= 0."""
    p = load("fastmamba-w8a8")
    with pytest.raises(InputError, match=r"^A: found raw integers 0 \.\. 1, expected -8388608 \.\. 0"):
        check_parameters(with_pot(make(p, "zero", 0).layers[0], "A", 1, 0), p)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("field", ["norm", "gate_norm"])
def test_a_norm_weight_beyond_its_bound_is_named(name: str, field: str) -> None:
    """Table norms take 16 bits, as their multiplier does, the others 24, for they hold the root of the width."""
    p = load(name)
    layer, bound = make(p, "zero", 0).layers[0], norm_weight(p)
    assert bound.bits == NORM_WEIGHT_BITS[p.norm]
    weight = getattr(layer, field).clone()
    weight[3] = bound.high + 1
    with pytest.raises(
        InputError, match=rf"^{field}: found raw integers 0 \.\. {bound.high + 1}, expected {bound.low}"
    ):
        check_parameters(replace(layer, **{field: weight}), p)


def test_bad_weights_and_scales_are_named() -> None:
    """Weights wider than declared, additive shifts above 7, row shifts above 46: named with their matrix."""
    four, eight = load("lightmamba-w4a4"), load("fastmamba-w8a8")
    layer, rows = make(four, "zero", 0).layers[0], make(eight, "zero", 0).layers[0]
    scale = layer.out_proj.scale
    assert isinstance(scale, AdditiveScale)
    with pytest.raises(InputError, match=r"^in_proj\.w: found raw integers 8 \.\. 8, expected -8 \.\. 7"):
        check_parameters(replace(layer, in_proj=Linear(layer.in_proj.w + 8, layer.in_proj.scale)), four)
    with pytest.raises(InputError, match=r"^out_proj\.s2: found raw integers 8 \.\. 8, expected 0 \.\. 7"):
        check_parameters(replace(layer, out_proj=Linear(layer.out_proj.w, replace(scale, s2=scale.s2 + 8))), four)
    wide = rows.in_proj.scale
    assert isinstance(wide, ChannelScale)
    with pytest.raises(InputError, match=r"^in_proj\.shift: .* expected 1 \.\. 46"):
        check_parameters(replace(rows, in_proj=Linear(rows.in_proj.w, replace(wide, shift=wide.shift * 0 + 47))), eight)
    with pytest.raises(InputError, match=r"^in_proj\.mult: .* expected 0 \.\. 65535"):
        check_parameters(replace(rows, in_proj=Linear(rows.in_proj.w, replace(wide, mult=wide.mult - 1))), eight)


def test_what_stands_outside_the_layers_is_checked() -> None:
    """Final norm, embedding, head and eps have bounds too; the layer's number is in the name."""
    model = make(load("quamba-w4a8"), "zero", 0)
    with pytest.raises(InputError, match=r"^norm_f: "):
        check_model(replace(model, norm_f=model.norm_f + (1 << 23)))
    with pytest.raises(InputError, match=r"^embedding: "):
        check_model(replace(model, embedding=model.embedding.int() + 32768))
    with pytest.raises(InputError, match=r"^head\.w: "):
        check_model(replace(model, head=Linear(model.head.w - 9, model.head.scale)))
    with pytest.raises(InputError, match=r"^norm_eps: found raw integers \d+ \.\. \d+, expected 1 "):
        check_model(replace(model, residual_scale=1e6))
    bad = replace(model.layers[1], norm=model.layers[1].norm - (1 << 24))
    with pytest.raises(InputError, match=r"^layers\.1\.norm: "):
        check_model(replace(model, layers=(model.layers[0], bad)))

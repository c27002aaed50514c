# SPDX-License-Identifier: Apache-2.0
"""The units together are the block: what one returns, as taken from the text, is what the next is given."""

from functools import cache

import pytest
import torch
from torch import Tensor

from golden.mamba2.integer import block
from golden.mamba2.integer import profile as profiles
from golden.mamba2.integer.model import initial_states
from golden.mamba2.integer.taps import checking
from golden.mamba2.vectors import text_cases
from golden.vectors import UnitBundle
from tests.golden.mamba2 import vector_bundles

each_profile = pytest.mark.parametrize("profile", profiles.NAMES)

EDGES = {
    "m2_norm.text.layer0": {"y": "norm"},
    "m2_quant.text.layer0.in_act": {"q": "in_act.q", "s": "in_act.s"},
    "m2_linear.text.layer0.in": {"y": "in_proj"},
    "m2_conv.text.layer0": {"x.q": "xBC.q", "x.s": "xBC.s", "y": "conv"},
    "m2_silu.text.layer0.xBC": {"y": "silu"},
    "m2_quant.text.layer0.x": {"q": "x.q", "s": "x.s"},
    "m2_quant.text.layer0.B": {"q": "B.q", "s": "B.s"},
    "m2_decay.text.layer0": {
        "dt_in": "dt_in",
        "dt.q": "dt.q",
        "dt.s": "dt.s",
        "exponent": "decay_exponent",
        "decay.q": "decay.q",
        "decay.s": "decay.s",
    },
    "m2_ssm.text.layer0": {"skip": "skip", "y": "y_sum", "y.q": "y.q", "y.s": "y.s"},
    "m2_quant.text.layer0.y": {"q": "y.q", "s": "y.s"},
    "m2_gate.text.layer0": {"y": "gate"},
    "m2_gated_norm.text.layer0": {"y": "gate_norm"},
    "m2_quant.text.layer0.out_act": {"q": "out_act.q", "s": "out_act.s"},
    "m2_linear.text.layer0.out": {"y": "out_proj"},
}
"""Outputs of unit cases, and the stages of the layer's case that they are."""


def tensors(bundle: UnitBundle, name: str) -> dict[str, Tensor]:
    """Tensors of a case by role, its outputs' roles as they are, its inputs' behind an `in `."""
    case = next(each for each in bundle.manifest.cases if each.name == name)
    given = {f"in {role}": bundle.tensors[tensor] for role, tensor in case.inputs.items()}
    return given | {role: bundle.tensors[tensor] for role, tensor in case.outputs.items()}


def same(a: Tensor, b: Tensor) -> bool:
    return torch.equal(a.long(), b.long())


@each_profile
@pytest.mark.parametrize("name", EDGES)
def test_units_are_the_layer(profile: str, name: str) -> None:
    """Each unit's result on the text is the stage of the whole layer that has its name."""
    bundle = vector_bundles.bundle(profile)
    unit, layer = tensors(bundle, name), tensors(bundle, "m2_layer.text.layer0")
    for role, stage in EDGES[name].items():
        assert same(unit[role], layer[f"stage.{stage}"]), role


@each_profile
def test_state_and_residual_are_the_layers(profile: str) -> None:
    """State after convolution and SSM, and the residual sum, are those of the layer; so is the state before."""
    bundle = vector_bundles.bundle(profile)
    layer = tensors(bundle, "m2_layer.text.layer0")
    conv, ssm = tensors(bundle, "m2_conv.text.layer0"), tensors(bundle, "m2_ssm.text.layer0")
    for part in ("q", "s"):
        assert same(conv[f"after.{part}"], layer[f"after.conv.{part}"])
        assert same(ssm[f"after.{part}"], layer[f"after.ssm.{part}"])
        assert same(conv[f"in history.{part}"], layer[f"in state.conv.{part}"])
        assert same(ssm[f"in state.{part}"], layer[f"in state.ssm.{part}"])
    assert same(tensors(bundle, "m2_residual.text.layer0")["y"], layer["y"])
    assert same(ssm["step.state.q"][-1], ssm["after.q"])
    assert int(ssm["in state.q"].abs().max()) > 0


@each_profile
def test_layers_follow_each_other(profile: str) -> None:
    """Each layer's case starts from the residual that the one before returned; the head's from the last one's."""
    bundle = vector_bundles.bundle(profile)
    first, second = (tensors(bundle, f"m2_layer.text.layer{index}") for index in (0, 1))
    assert same(first["y"], second["in r"])
    assert same(second["y"], tensors(bundle, "m2_head.text")["in r"])


@each_profile
def test_hadamard_is_the_activations(profile: str) -> None:
    """The transform and then the quantizer give the activation that the linear layer of the block is given."""
    bundle = vector_bundles.bundle(profile)
    layer = tensors(bundle, "m2_layer.text.layer0")
    rotated = tensors(bundle, "m2_hadamard.text.layer0.out")
    quantized = tensors(bundle, "m2_quant.text.layer0.out_act")
    assert same(rotated["in x"], layer["stage.gate_norm"])
    assert same(rotated["y"], quantized["in x"])


@each_profile
def test_dt_b_is_the_ssm_s(profile: str) -> None:
    """dt B as a unit of its own is the first step of the SSM unit."""
    bundle = vector_bundles.bundle(profile)
    alone, ssm = tensors(bundle, "m2_dt_b.text.layer0"), tensors(bundle, "m2_ssm.text.layer0")
    assert same(alone["dB.q"], ssm["step.dB.q"])
    assert same(alone["dB.s"], ssm["step.dB.s"])


@each_profile
def test_scale_is_the_linear_layers(profile: str) -> None:
    """The sums that a linear case returns, scaled, are its results: plain integer products of values and weights."""
    bundle = vector_bundles.bundle(profile)
    case = tensors(bundle, "m2_linear.in.random_pairs")
    p = profiles.load(profile)
    group = p.group(case["in a.q"].shape[-1])
    shift = case["in a.s"].long().repeat_interleave(group, -1)[:, : case["in a.q"].shape[-1]]
    a, w = case["in a.q"].long() << shift, case["in w"].long()
    if p.weight_scale == "additive_pot":
        factor = (1 << case["in s1"].long()) + (1 << case["in s2"].long())
        w = w * factor.repeat_interleave(p.weight_group, -1)[:, : w.shape[1]]
    assert same(case["acc"], a @ w.T)


@cache
def greedy(profile: str) -> tuple[Tensor, Tensor]:
    """Greedy tokens and their logits, each from the whole text so far: no state is carried."""
    model = vector_bundles.model(profile)
    text = vector_bundles.tokens()[: text_cases.PROMPT]
    logits, _ = block.forward(text[None], model, initial_states(model, 1), checking(model))
    for _ in range(text_cases.STEPS):
        last, _ = block.forward(text[None], model)
        text = torch.cat([text, last[0, -1].argmax()[None]])
    return text[text_cases.PROMPT :], logits[0]


@each_profile
def test_model_is_greedy(profile: str) -> None:
    """The model's tokens are those found from the whole text each time, and its logits those of one prefill."""
    tokens, logits = greedy(profile)
    case = tensors(vector_bundles.bundle(profile), "m2_model.text")
    assert same(case["greedy"], tokens)
    assert same(case["logits"], logits)
    assert same(case["argmax"], logits.argmax(-1))
    assert int(case["greedy"][0]) == int(case["argmax"][-1])


@each_profile
def test_final_state_has_read_all_but_the_last(profile: str) -> None:
    """The states of the model's case are those after the prompt and every greedy token but the last."""
    tokens, _ = greedy(profile)
    model = vector_bundles.model(profile)
    text = torch.cat([vector_bundles.tokens()[: text_cases.PROMPT], tokens[:-1]])
    _, states = block.forward(text[None], model)
    case = tensors(vector_bundles.bundle(profile), "m2_model.text")
    for index, state in enumerate(states):
        assert same(case[f"after.{index}.conv.q"], state.conv.q[0])
        assert same(case[f"after.{index}.ssm.q"], state.ssm.q[0])
        assert same(case[f"after.{index}.ssm.s"], state.ssm.s[0])

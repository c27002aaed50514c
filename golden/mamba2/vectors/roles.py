# SPDX-License-Identifier: Apache-2.0
"""Records of the integer model as tensors by role, and back: `layers.0.in_proj.w`, `state.conv.q` and the like."""

from collections.abc import Mapping
from dataclasses import replace

import torch
from torch import Tensor

from golden.fixed.pot import Pot
from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer.model import AdditiveScale, ChannelScale, IntegerModel, IntegerState, Layer, Linear
from golden.mamba2.integer.profile import Mamba2Profile
from golden.mamba2.vectors.context import Given

Roles = Mapping[str, Tensor]

LAYER_POTS = ("conv_weight", "conv_bias", "dt_bias", "A", "D")


def below(prefix: str, roles: Roles) -> dict[str, Tensor]:
    """Return the same tensors, the roles prefixed."""
    return {prefix + role: tensor for role, tensor in roles.items()}


def of_pot(role: str, x: Pot) -> dict[str, Tensor]:
    """Return q and s of a quantized tensor."""
    return {f"{role}.q": x.q, f"{role}.s": x.s}


def of_linear(linear: Linear) -> dict[str, Tensor]:
    """Return the matrix and its scales: w, s1, s2 or w, mult, shift."""
    scale = linear.scale
    if isinstance(scale, AdditiveScale):
        return {"w": linear.w, "s1": scale.s1, "s2": scale.s2}
    return {"w": linear.w, "mult": scale.mult, "shift": scale.shift}


def to_linear(given: Given, prefix: str) -> Linear:
    """Rebuild a linear layer of the profile's scale format."""
    w = given.tensor(f"{prefix}w").to(torch.int8)
    if given.profile.weight_scale == "additive_pot":
        s1, s2 = (given.tensor(prefix + name).to(torch.uint8) for name in ("s1", "s2"))
        return Linear(w, AdditiveScale(s1, s2))
    mult, shift = given.tensor(f"{prefix}mult").to(torch.int32), given.tensor(f"{prefix}shift").to(torch.uint8)
    return Linear(w, ChannelScale(mult, shift))


def of_layer(layer: Layer) -> dict[str, Tensor]:
    """Return every parameter of a layer."""
    roles = {"norm": layer.norm, "gate_norm": layer.gate_norm}
    for name in LAYER_POTS:
        roles |= of_pot(name, getattr(layer, name))
    return roles | below("in_proj.", of_linear(layer.in_proj)) | below("out_proj.", of_linear(layer.out_proj))


def to_layer(given: Given, prefix: str = "") -> Layer:
    """Rebuild a layer."""
    pots = {name: given.pot(prefix + name, given.profile.ssm_group) for name in LAYER_POTS}
    return Layer(
        norm=given.tensor(f"{prefix}norm"),
        in_proj=to_linear(given, f"{prefix}in_proj."),
        gate_norm=given.tensor(f"{prefix}gate_norm"),
        out_proj=to_linear(given, f"{prefix}out_proj."),
        **pots,
    )


def of_state(role: str, state: IntegerState) -> dict[str, Tensor]:
    """Return the state of one text (B = 1), without its batch axis: conv [K-1, C], ssm [N, I]."""
    roles = of_pot(f"{role}.conv", state.conv) | of_pot(f"{role}.ssm", state.ssm)
    return {name: tensor[0] for name, tensor in roles.items()}


def to_state(given: Given, role: str) -> IntegerState:
    """Rebuild the state of one text, with a batch axis of 1."""
    conv, ssm = (batched(given.pot(f"{role}.{name}", given.profile.ssm_group)) for name in ("conv", "ssm"))
    return IntegerState(conv, ssm)


def batched(x: Pot) -> Pot:
    """The same with a batch axis of 1 in front."""
    return Pot(x.q[None], x.s[None], x.group)


def of_model(model: IntegerModel) -> dict[str, Tensor]:
    """Return every parameter of a model."""
    roles = {"embedding": model.embedding, "norm_f": model.norm_f} | below("head.", of_linear(model.head))
    for index, layer in enumerate(model.layers):
        roles |= below(f"layers.{index}.", of_layer(layer))
    return roles


def to_model(given: Given, cfg: Mamba2Config) -> IntegerModel:
    """Rebuild a model."""
    return IntegerModel(
        cfg=cfg,
        profile=given.profile,
        embedding=given.tensor("embedding").to(torch.int16),
        layers=tuple(to_layer(given, f"layers.{index}.") for index in range(cfg.n_layer)),
        norm_f=given.tensor("norm_f"),
        head=to_linear(given, "head."),
    )


def bare_layer(conv_weight: Pot, conv_bias: Pot) -> Layer:
    """A layer that has nothing but its convolution."""
    none = torch.zeros(1, 1, dtype=torch.int64)
    pot, linear = Pot(none, none, 0), Linear(none.to(torch.int8), AdditiveScale(none, none))
    return Layer(none, linear, conv_weight, conv_bias, pot, pot, pot, none, linear)


def bare_model(cfg: Mamba2Config, profile: Mamba2Profile) -> IntegerModel:
    """A model without parameters: what the block's parts need to know of one."""
    none = torch.zeros(1, 1, dtype=torch.int64)
    linear = Linear(none.to(torch.int8), AdditiveScale(none, none))
    return IntegerModel(replace(cfg), profile, none, (), none, linear)

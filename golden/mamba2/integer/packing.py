# SPDX-License-Identifier: Apache-2.0
"""Integer models as plain tensors: names, types and shapes, and the packing of 4-bit weights, two in a byte."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from golden.fixed.pot import Pot
from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer.model import AdditiveScale, ChannelScale, Layer, Linear
from golden.mamba2.integer.profile import Mamba2Profile
from golden.tensor_files import Shape

NIBBLE = 4
POTS = ("conv_weight", "conv_bias", "dt_bias", "A", "D")


@dataclass(frozen=True)
class Ends:
    """What stands outside the layers; as in `IntegerModel`."""

    embedding: Tensor
    norm_f: Tensor
    head: Linear


def pack(w: Tensor) -> Tensor:
    """Integers int8 [M, K] of -8..7 -> uint8 [M, ceil(K / 2)]: input 2j low in byte j, 2j + 1 high."""
    if w.shape[1] % 2:
        w = torch.nn.functional.pad(w, (0, 1))
    low, high = w[:, 0::2] & 15, w[:, 1::2] & 15
    return (low | (high << NIBBLE)).view(torch.uint8)


def unpack(packed: Tensor, width: int) -> Tensor:
    """Undo `pack`: uint8 [M, ceil(K / 2)] -> int8 [M, K], K = width."""
    signed = packed.view(torch.int8)
    return torch.stack([(signed << NIBBLE) >> NIBBLE, signed >> NIBBLE], dim=-1).flatten(1)[:, :width].contiguous()


def layer_shapes(cfg: Mamba2Config, p: Mamba2Profile) -> dict[str, Shape]:
    """Type and shape of each tensor of a layer's file."""
    D, inner, C, H = cfg.d_model, cfg.d_inner, cfg.conv_dim, cfg.nheads
    pots = {"conv_weight": (cfg.d_conv, C), "conv_bias": (C,), "dt_bias": (H,), "A": (H,), "D": (H,)}
    shapes: dict[str, Shape] = {"norm": (torch.int32, (D,)), "gate_norm": (torch.int32, (inner,))}
    for name, shape in pots.items():
        shapes[f"{name}.q"] = (torch.int16, shape)
        shapes[f"{name}.s"] = (torch.uint8, (*shape[:-1], -(-shape[-1] // p.ssm_group)))
    return shapes | _linear_shapes("in_proj", cfg.d_in_proj, D, p) | _linear_shapes("out_proj", D, inner, p)


def ends_shapes(cfg: Mamba2Config, p: Mamba2Profile) -> dict[str, Shape]:
    """Type and shape of each tensor outside the layers."""
    V, D = cfg.vocab_size, cfg.d_model
    ends = {"embedding": (torch.int16, (V, D)), "norm_f": (torch.int32, (D,))}
    return ends | _linear_shapes("head", V, D, p)


def _linear_shapes(name: str, M: int, K: int, p: Mamba2Profile) -> dict[str, Shape]:
    packed = p.weight_bits <= NIBBLE
    weights = (torch.uint8, (M, -(-K // 2))) if packed else (torch.int8, (M, K))
    if p.weight_scale == "channel":
        return {f"{name}.w": weights, f"{name}.mult": (torch.int32, (M,)), f"{name}.shift": (torch.uint8, (M,))}
    groups = (torch.uint8, (M, -(-K // p.weight_group)))
    return {f"{name}.w": weights, f"{name}.s1": groups, f"{name}.s2": groups}


def _linear_tensors(name: str, linear: Linear, p: Mamba2Profile) -> dict[str, Tensor]:
    scales = {field: getattr(linear.scale, field) for field in linear.scale.__dataclass_fields__}
    w = pack(linear.w) if p.weight_bits <= NIBBLE else linear.w
    return {f"{name}.w": w} | {f"{name}.{field}": scale for field, scale in scales.items()}


def _linear_of(name: str, tensors: Mapping[str, Tensor], width: int, p: Mamba2Profile) -> Linear:
    w = tensors[f"{name}.w"]
    if p.weight_scale == "channel":
        scale: AdditiveScale | ChannelScale = ChannelScale(tensors[f"{name}.mult"], tensors[f"{name}.shift"])
    else:
        scale = AdditiveScale(tensors[f"{name}.s1"], tensors[f"{name}.s2"])
    return Linear(unpack(w, width) if p.weight_bits <= NIBBLE else w, scale)


def pot_tensors(name: str, pot: Pot) -> dict[str, Tensor]:
    """A parameter as tensors."""
    return {f"{name}.q": pot.q.to(torch.int16), f"{name}.s": pot.s.to(torch.uint8)}


def layer_tensors(layer: Layer, p: Mamba2Profile) -> dict[str, Tensor]:
    """A layer as the tensors of `layer_shapes`."""
    tensors = {"norm": layer.norm.to(torch.int32), "gate_norm": layer.gate_norm.to(torch.int32)}
    for name in POTS:
        tensors |= pot_tensors(name, getattr(layer, name))
    return tensors | _linear_tensors("in_proj", layer.in_proj, p) | _linear_tensors("out_proj", layer.out_proj, p)


def layer_of(tensors: Mapping[str, Tensor], cfg: Mamba2Config, p: Mamba2Profile) -> Layer:
    """Undo `layer_tensors`."""
    pots = {name: Pot(tensors[f"{name}.q"].long(), tensors[f"{name}.s"].long(), p.ssm_group) for name in POTS}
    return Layer(
        norm=tensors["norm"].long(),
        in_proj=_linear_of("in_proj", tensors, cfg.d_model, p),
        gate_norm=tensors["gate_norm"].long(),
        out_proj=_linear_of("out_proj", tensors, cfg.d_inner, p),
        **pots,
    )


def ends_tensors(ends: Ends, p: Mamba2Profile) -> dict[str, Tensor]:
    """The ends as the tensors of `ends_shapes`."""
    tensors = {"embedding": ends.embedding, "norm_f": ends.norm_f.to(torch.int32)}
    return tensors | _linear_tensors("head", ends.head, p)


def ends_of(tensors: Mapping[str, Tensor], cfg: Mamba2Config, p: Mamba2Profile) -> Ends:
    """Undo `ends_tensors`."""
    return Ends(tensors["embedding"], tensors["norm_f"].long(), _linear_of("head", tensors, cfg.d_model, p))

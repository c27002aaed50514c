# SPDX-License-Identifier: Apache-2.0
"""An integer Mamba2 model and its state: frozen records of raw integers. Q formats as named in `Mamba2Profile`."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from golden.fixed.pot import Pot
from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer.profile import Mamba2Profile


@dataclass(frozen=True)
class AdditiveScale:
    """Scale of `weight_group` neighbouring weights of a row: (2^s1 + 2^s2) * 2^-weight_frac, after LightMamba.

    s1, s2 uint8 [M, ceil(K / weight_group)], 0..7.
    """

    s1: Tensor
    s2: Tensor


@dataclass(frozen=True)
class ChannelScale:
    """Scale of a row: mult * 2^-shift, which also takes the sum from its input's to the result's Q format.

    mult int32 [M], 0 or 2^15..2^16-1; shift uint8 [M], 1..46.
    """

    mult: Tensor
    shift: Tensor


@dataclass(frozen=True)
class Linear:
    """A matrix w int8 [M, K] of weight_bits-wide integers, and its scales."""

    w: Tensor
    scale: AdditiveScale | ChannelScale


@dataclass(frozen=True)
class Layer:
    """One layer. A `Pot` parameter holds ssm_bits-wide integers (A: a_bits) with a 5-bit shift for each ssm_group."""

    norm: Tensor  # int64 [D] Q.norm_weight_frac; norm "rsqrt" has sqrt(D) folded in
    in_proj: Linear  # [2I + 2GN + H, D], rows z | x | B | C | dt
    conv_weight: Pot  # [K, C] Q.param_frac, tap K-1 multiplies the current token
    conv_bias: Pot  # [C] Q.(proj_frac + param_frac)
    dt_bias: Pot  # [H] Q.proj_frac
    A: Pot  # [H] Q.param_frac, below 0
    D: Pot  # [H] Q.param_frac
    gate_norm: Tensor  # int64 [I] Q.norm_weight_frac; norm "rsqrt" has sqrt(I/G) folded in
    out_proj: Linear  # [D, I]


@dataclass(frozen=True)
class IntegerModel:
    """A whole model; the head is never tied, because the final norm's weight and the rotation are folded into it.

    The residual stream is `residual_scale` times the float model's (and may be rotated); eps grows by its square.
    """

    cfg: Mamba2Config
    profile: Mamba2Profile
    embedding: Tensor  # int16 [V, D] Q.residual_frac
    layers: Sequence[Layer]
    norm_f: Tensor  # int64 [D] as Layer.norm
    head: Linear  # [V, D]
    residual_scale: float = 1.0

    @property
    def residual_eps(self) -> float:
        """The eps of the norms of the residual stream."""
        return self.cfg.norm_eps * self.residual_scale**2


@dataclass(frozen=True)
class IntegerState:
    """What a layer carries from one token to the next, quantized."""

    conv: Pot  # [B, K-1, C] Q.proj_frac, the last K-1 inputs of the convolution, oldest first
    ssm: Pot  # [B, N, I] Q.state_frac, groups along the channels I = H * P


def initial_states(model: IntegerModel, batch: int) -> tuple[IntegerState, ...]:
    """All-zero states before the first token of `batch` texts."""
    cfg, group = model.cfg, model.profile.ssm_group

    def zeros(*shape: int) -> Pot:
        q = torch.zeros(batch, *shape, dtype=torch.int64)
        return Pot(q, torch.zeros(batch, *shape[:-1], -(-shape[-1] // group), dtype=torch.int64), group)

    state = IntegerState(zeros(cfg.d_conv - 1, cfg.conv_dim), zeros(cfg.d_state, cfg.d_inner))
    return (state,) * cfg.n_layer

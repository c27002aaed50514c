# SPDX-License-Identifier: Apache-2.0
"""An integer BitNet model and its key/value cache: frozen records of raw integers.

Letters as in `golden.ternary.model`; N cached positions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from golden.ternary.config import BitNetConfig
from golden.ternary.integer import scale as scales
from golden.ternary.integer.profile import TernaryProfile
from golden.ternary.integer.scale import Scale


@dataclass(frozen=True)
class Linear:
    """A ternary matrix w int8 [M, K], and what a sum stands for in units of its input's scale.

    scale [] is the mean |W|, times sqrt(K) 2^-f / 127 of the norm and quantizer in front of it (f: fraction bits of
    that norm's weights); of q_proj also times log2(e) / sqrt(P).
    """

    w: Tensor
    scale: Scale


@dataclass(frozen=True)
class Layer:
    """One layer. Norm weights are int16 [D] or [F]; their fraction bits stand in the scales of what follows."""

    norm: Tensor
    q_proj: Linear
    k_proj: Linear
    v_proj: Linear
    attention_frac: int
    attention_norm: Tensor
    o_proj: Linear
    mlp_norm: Tensor
    gate_proj: Linear
    up_proj: Linear
    product_norm: Tensor
    down_proj: Linear


@dataclass(frozen=True)
class Rows:
    """An int8 matrix w [V, D] with a scale for each row: scale [V]."""

    w: Tensor
    scale: Scale


@dataclass(frozen=True)
class IntegerModel:
    """A whole model.

    The head is `embedding` itself where `head` is None, else rows of its own: int8, or trits where `ternary_head`.
    head_scale [] is what the final norm and quantizer leave to be multiplied: sqrt(D) 2^-f / 127.
    """

    cfg: BitNetConfig
    profile: TernaryProfile
    residual_frac: int
    embedding: Rows
    layers: Sequence[Layer]
    final_norm: Tensor
    head_scale: Scale
    head: Rows | None = None
    ternary_head: bool = False

    @property
    def head_rows(self) -> Rows:
        """Rows that the head multiplies by."""
        return self.head or self.embedding

    @cached_property
    def product_eps(self) -> Scale:
        """F eps, which the norm behind the MLP's product divides by the square of that product's scale."""
        return scales.real(self.cfg.intermediate_size * self.cfg.rms_norm_eps)

    def eps(self, frac: int) -> int:
        """D eps as an integer that joins the sum of squares of D elements Q.frac."""
        return max(1, round(self.cfg.hidden_size * self.cfg.rms_norm_eps * 2.0 ** (2 * frac)))

    @cached_property
    def rope(self) -> tuple[Tensor, Tensor]:
        """Cosine and sine of all positions, int16 [max_position_embeddings, P/2] Q1.rope_frac: read from memory."""
        c = self.cfg
        exponent = torch.arange(0, c.head_dim, 2, dtype=torch.float64) / c.head_dim
        angles = torch.arange(c.max_position_embeddings)[:, None] * c.rope_theta**-exponent
        unit = 2.0**self.profile.rope_frac
        return (angles.cos() * unit).round().to(torch.int16), (angles.sin() * unit).round().to(torch.int16)


@dataclass(frozen=True)
class LayerCache:
    """Keys and values of one layer: integers int8 (int16) [J, N, P], exponents int8 [J, N]; a value is q 2^e."""

    k: Tensor
    k_exp: Tensor
    v: Tensor
    v_exp: Tensor

    def __len__(self) -> int:
        """Return the number of positions."""
        return self.k.shape[1]

    def join(self, other: "LayerCache") -> "LayerCache":
        """Return the positions of self, then those of `other`."""
        return LayerCache(*(torch.cat(pair, 1) for pair in zip(vars(self).values(), vars(other).values(), strict=True)))

    def behind(self, start: int) -> "LayerCache":
        """Return the positions from `start` on."""
        return LayerCache(*(x[:, start:] for x in vars(self).values()))


Cache = tuple[LayerCache, ...]
"""All layers."""


def empty_cache(model: IntegerModel) -> Cache:
    """The cache before the first token."""
    c = model.cfg
    kind = torch.int8 if model.profile.cache_bits <= 8 else torch.int16
    q = torch.zeros(c.num_key_value_heads, 0, c.head_dim, dtype=kind)
    e = torch.zeros(c.num_key_value_heads, 0, dtype=torch.int8)
    return (LayerCache(q, e, q, e),) * c.num_hidden_layers


@dataclass(frozen=True)
class Requests:
    """Up to four texts that are decoded together: what all of them begin with, and what each one goes on with."""

    prefix: Cache
    own: tuple[Cache, ...]

    def __len__(self) -> int:
        """Return the number of requests."""
        return len(self.own)

    @property
    def positions(self) -> Tensor:
        """Position of each request's next token, int64 [B]."""
        return torch.tensor([len(self.prefix[0]) + len(own[0]) for own in self.own])

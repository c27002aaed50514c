# SPDX-License-Identifier: Apache-2.0
"""BitNet b1.58 in float32: the reference that krait's ternary accelerator and `transformers` are compared with.

Architecture of BitNet b1.58 2B4T (arXiv 2504.12285): RMSNorm, grouped-query attention with rotary embedding by
halves, squared ReLU, sub-norms before the output and down projections, tied embeddings, no biases. Every projection
multiplies int8 activations by ternary weights (`golden.ternary.quant`).

Letters: L tokens, D hidden, F feed-forward, H query heads, J key/value heads, P head width, V vocabulary,
M x K a matrix.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from torch.nn import functional

from golden import checkpoints
from golden.ternary.config import BitNetConfig, parse, tensor_shapes
from golden.ternary.quant import dequantize, quantize_activation, quantize_weight

Tensors = Mapping[str, torch.Tensor]
Linear = Callable[[str, torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class BitNet:
    """A BitNet model: its dimensions and float32 master weights under the names of `transformers`."""

    config: BitNetConfig
    tensors: Tensors


class LinearCall(NamedTuple):
    """What one projection multiplies: q_w [M, K] in {-1, 0, 1}, q_x [K, L]; y = (q_w @ q_x) / (w_scale * x_scale)."""

    name: str
    w_ternary: torch.Tensor  # int8 [M, K]
    w_scale: torch.Tensor  # float32 []
    x_int8: torch.Tensor  # int8 [K, L]
    x_scale: torch.Tensor  # float32 [L]


def load(path: Path) -> BitNet:
    """The model in the checkpoint directory `path`; InputError on anything that is not exactly such a model."""
    checkpoint = checkpoints.load(path)
    config = parse(checkpoint.config, str(path / "config.json"))
    checkpoints.expect(checkpoint, tensor_shapes(config))
    return BitNet(config, {name: tensor.float() for name, tensor in checkpoint.tensors.items()})


def rms_norm(x: torch.Tensor, weight: torch.Tensor, eps: float) -> torch.Tensor:
    """x [..., D] over its root mean square, times weight [D]."""
    return weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + eps))


def rope_angles(L: int, c: BitNetConfig) -> tuple[torch.Tensor, torch.Tensor]:
    """Cosine and sine of the rotary embedding, each [L, P]; both halves of P carry the same angles."""
    inverse = 1.0 / (c.rope_theta ** (torch.arange(0, c.head_dim, 2, dtype=torch.float32) / c.head_dim))
    angles = torch.arange(L, dtype=torch.float32)[:, None] * inverse
    return torch.cat((angles, angles), -1).cos(), torch.cat((angles, angles), -1).sin()


def rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """Rotary embedding of x [heads, L, P]: (low, high) -> (low, high) * cos + (-high, low) * sin."""
    low, high = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-high, low), dim=-1) * sin


def attention(q: torch.Tensor, k: torch.Tensor, v: torch.Tensor) -> torch.Tensor:
    """Causal softmax(q k^T / sqrt(P)) v: q [H, L, P], k and v [J, L, P]; -> [H, L, P]."""
    groups = q.shape[0] // k.shape[0]
    k, v = k.repeat_interleave(groups, dim=0), v.repeat_interleave(groups, dim=0)
    scores = q @ k.transpose(1, 2) * q.shape[-1] ** -0.5  # [H, L, L]
    future = torch.ones(scores.shape[1:], dtype=torch.bool).triu(1)
    return torch.softmax(scores.masked_fill(future, -torch.inf), dim=-1) @ v


def forward(model: BitNet, tokens: torch.Tensor, linear: Linear | None = None) -> torch.Tensor:
    """Logits [L, V] of `tokens` int64 [L]. `linear(name, x [L, K]) -> [L, M]` replaces the projections where given."""
    c, w = model.config, model.tensors
    project = linear or (lambda name, x: bit_linear(x, w[f"{name}.weight"]))
    L = len(tokens)
    cos, sin = rope_angles(L, c)

    def norm(x: torch.Tensor, name: str) -> torch.Tensor:
        return rms_norm(x, w[f"{name}.weight"], c.rms_norm_eps)

    def heads(x: torch.Tensor) -> torch.Tensor:  # [L, heads * P] -> [heads, L, P]
        return x.view(L, -1, c.head_dim).transpose(0, 1)

    x = w["model.embed_tokens.weight"][tokens]  # [L, D]
    for i in range(c.num_hidden_layers):
        a, m = f"model.layers.{i}.self_attn", f"model.layers.{i}.mlp"
        h = norm(x, f"model.layers.{i}.input_layernorm")
        q, k, v = (heads(project(f"{a}.{n}_proj", h)) for n in "qkv")
        y = attention(rotate(q, cos, sin), rotate(k, cos, sin), v).transpose(0, 1).reshape(L, -1)
        x = x + project(f"{a}.o_proj", norm(y, f"{a}.attn_sub_norm"))
        h = norm(x, f"model.layers.{i}.post_attention_layernorm")
        g = functional.relu(project(f"{m}.gate_proj", h)).square() * project(f"{m}.up_proj", h)  # [L, F]
        x = x + project(f"{m}.down_proj", norm(g, f"{m}.ffn_sub_norm"))
    return norm(x, "model.norm") @ w["model.embed_tokens.weight"].T


def bit_linear(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """x [L, K] times weight [M, K] with both quantized: [L, M], float32, in `transformers`' order of operations."""
    return functional.linear(dequantize(*quantize_activation(x)), dequantize(*quantize_weight(weight)))


def capture_linears(model: BitNet, tokens: torch.Tensor) -> list[LinearCall]:
    """Every projection's quantized operands while the model reads `tokens` int64 [L], in the order of use."""
    calls: list[LinearCall] = []

    def record(name: str, x: torch.Tensor) -> torch.Tensor:
        weight = model.tensors[f"{name}.weight"]
        (q_w, w_scale), (q_x, x_scale) = quantize_weight(weight), quantize_activation(x)
        calls.append(LinearCall(name, q_w, w_scale, q_x.T.contiguous(), x_scale[:, 0]))
        return bit_linear(x, weight)

    forward(model, tokens, record)
    return calls

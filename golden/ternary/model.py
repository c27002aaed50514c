# SPDX-License-Identifier: Apache-2.0
"""BitNet b1.58 in floating point: the reference that krait's ternary accelerator and `transformers` are compared with.

Architecture of BitNet b1.58 2B4T (arXiv 2504.12285): RMSNorm, grouped-query attention with rotary embedding by
halves, a gated feed-forward with squared ReLU or SiLU, sub-norms before the output and down projections, no biases.
Every projection multiplies int8 activations by ternary weights (`golden.ternary.quant`).

Works in the dtype of its tensors, but norms, softmax, rotary angles and quantizers are float32 as published, so that
two evaluations in float64 agree without near-ties of a rounding between them. A text may be cut anywhere: `step` takes
the cache before its first token and returns the one after its last.

Letters: L tokens, C tokens in the cache, D hidden, F feed-forward, H query heads, J key/value heads, P head width,
V vocabulary, M x K a matrix.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional

from golden.taps import Tap, below, untapped
from golden.ternary import checkpoint
from golden.ternary.config import EMBEDDING, FINAL_NORM, BitNetConfig, linear_shapes
from golden.ternary.quant import TernaryMatrix, multiply, quantize_activation, quantize_weight
from golden.ternary.weights import BitNet as BitNet  # part of this module's interface

Linear = Callable[[str, Tensor], Tensor]
Gate = Callable[[Tensor], Tensor]

GATES: Mapping[str, Gate] = {"relu2": lambda x: functional.relu(x).square(), "silu": functional.silu}


class LinearCall(NamedTuple):
    """What one projection multiplies: q_w [M, K] in {-1, 0, 1}, q_x [K, L]; y = (q_w @ q_x) / (w_scale * x_scale)."""

    name: str
    w_ternary: Tensor  # int8 [M, K]
    w_scale: Tensor  # float32 []
    x_int8: Tensor  # int8 [K, L]
    x_scale: Tensor  # float32 [L]


@dataclass(frozen=True)
class KVCache:
    """Rotated keys and values of the tokens read so far, each [J, C, P], one of each for every layer."""

    keys: tuple[Tensor, ...]
    values: tuple[Tensor, ...]

    def __len__(self) -> int:
        """Return C, the number of tokens."""
        return self.keys[0].shape[1]


def load(path: Path, dtype: torch.dtype = torch.float32) -> BitNet:
    """The model in the checkpoint directory `path`, all in memory; errors are those of `checkpoint.load`."""
    return checkpoint.in_memory(checkpoint.load(path, dtype))


def quantized(model: BitNet) -> BitNet:
    """The same model with every projection quantized once, for decoding, which uses each at every token."""
    names = linear_shapes(model.config)
    kept = {name: tensor for name, tensor in model.tensors.items() if name.removesuffix(".weight") not in names}
    return BitNet(model.config, kept, {name: model.projection(name) for name in names})


def empty_cache(model: BitNet) -> KVCache:
    """The cache before the first token."""
    c = model.config
    nothing = model.tensors[FINAL_NORM].new_empty(c.num_key_value_heads, 0, c.head_dim)
    return KVCache((nothing,) * c.num_hidden_layers, (nothing,) * c.num_hidden_layers)


def rms_norm(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """x [..., D] over its root mean square, evaluated in float32, times weight [D]."""
    wide = x.float()
    return weight * (wide * torch.rsqrt(wide.pow(2).mean(-1, keepdim=True) + eps)).to(x.dtype)


def rope_angles(L: int, c: BitNetConfig, start: int = 0) -> tuple[Tensor, Tensor]:
    """Cosine and sine of the rotary embedding of L tokens from position `start` on, float32 [L, P].

    Both halves of P carry the same angles.
    """
    inverse = 1.0 / (c.rope_theta ** (torch.arange(0, c.head_dim, 2, dtype=torch.float32) / c.head_dim))
    angles = torch.arange(start, start + L, dtype=torch.float32)[:, None] * inverse
    return torch.cat((angles, angles), -1).cos(), torch.cat((angles, angles), -1).sin()


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotary embedding of x [heads, L, P]: (low, high) -> (low, high) * cos + (-high, low) * sin."""
    low, high = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-high, low), dim=-1) * sin


def attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Causal softmax(q k^T / sqrt(P)) v of the last L tokens: q [H, L, P], k and v [J, C + L, P]; -> [H, L, P].

    Query head h reads key/value head h // (H/J). The softmax is float32.
    """
    groups = q.shape[0] // k.shape[0]
    k, v = k.repeat_interleave(groups, dim=0), v.repeat_interleave(groups, dim=0)
    scores = q @ k.transpose(1, 2) * q.shape[-1] ** -0.5  # [H, L, C + L]
    future = torch.ones(scores.shape[1:], dtype=torch.bool).triu(1 + k.shape[1] - q.shape[1])
    weights = torch.softmax(scores.masked_fill(future, -torch.inf), dim=-1, dtype=torch.float32)
    return weights.to(q.dtype) @ v


def forward(model: BitNet, tokens: Tensor, linear: Linear | None = None, tap: Tap = untapped) -> Tensor:
    """Logits [L, V] of `tokens` int64 [L]. `linear(name, x [L, K]) -> [L, M]` replaces the projections where given."""
    return step(model, tokens, empty_cache(model), linear, tap)[0]


def step(
    model: BitNet, tokens: Tensor, cache: KVCache, linear: Linear | None = None, tap: Tap = untapped
) -> tuple[Tensor, KVCache]:
    """Logits [L, V] of `tokens` int64 [L] that follow those in `cache`, and the cache with them in it.

    Prefill is a long call, decode a call with one token. `linear` as for `forward`; `tap` sees every intermediate.
    """
    c, w = model.config, model.tensors
    project = linear or (lambda name, x: _project(model, name, x))
    angles = rope_angles(len(tokens), c, start=len(cache))
    x = w[EMBEDDING][tokens]  # [L, D] residual stream
    keys, values = [], []
    for i in range(c.num_hidden_layers):
        inner = below(tap, f"layers.{i}.")
        y, k, v = _attend(model, i, x, (cache.keys[i], cache.values[i]), angles, project, inner)
        x = inner("attn_residual", x + y)
        x = inner("residual", x + _feed_forward(model, i, x, project, inner))
        keys.append(k)
        values.append(v)
    x = tap("norm", rms_norm(x, w[FINAL_NORM], c.rms_norm_eps))
    return tap("logits", functional.linear(x, model.head)), KVCache(tuple(keys), tuple(values))


def _attend(
    model: BitNet,
    layer: int,
    x: Tensor,
    cache: tuple[Tensor, Tensor],
    angles: tuple[Tensor, Tensor],
    project: Linear,
    tap: Tap,
) -> tuple[Tensor, Tensor, Tensor]:
    """What attention adds to x [L, D], and the keys and values [J, C + L, P] of all tokens up to now."""
    a, c = f"model.layers.{layer}.self_attn", model.config

    def heads(y: Tensor) -> Tensor:  # [L, heads * P] -> [heads, L, P]
        return y.view(len(x), -1, c.head_dim).transpose(0, 1)

    h = tap("attn_norm", rms_norm(x, model.tensors[f"model.layers.{layer}.input_layernorm.weight"], c.rms_norm_eps))
    q, k, v = (heads(tap(f"{n}_proj", project(f"{a}.{n}_proj", h))) for n in "qkv")
    q, k = tap("q", rotate(q, *angles)), tap("k", rotate(k, *angles))
    k, v = torch.cat((cache[0], k), dim=1), torch.cat((cache[1], v), dim=1)
    y = tap("attn", attention(q, k, v).transpose(0, 1).reshape(len(x), -1))
    if c.sub_norms:
        y = tap("attn_sub_norm", rms_norm(y, model.tensors[f"{a}.attn_sub_norm.weight"], c.rms_norm_eps))
    return tap("o_proj", project(f"{a}.o_proj", y)), k, v


def _feed_forward(model: BitNet, layer: int, x: Tensor, project: Linear, tap: Tap) -> Tensor:
    """What the gated feed-forward adds to x [L, D]."""
    p, m, c = f"model.layers.{layer}", f"model.layers.{layer}.mlp", model.config
    h = tap("ffn_norm", rms_norm(x, model.tensors[f"{p}.post_attention_layernorm.weight"], c.rms_norm_eps))
    gate = GATES[c.hidden_act](tap("gate_proj", project(f"{m}.gate_proj", h)))
    g = tap("gated", gate * tap("up_proj", project(f"{m}.up_proj", h)))  # [L, F]
    if c.sub_norms:
        g = tap("ffn_sub_norm", rms_norm(g, model.tensors[f"{m}.ffn_sub_norm.weight"], c.rms_norm_eps))
    return tap("down_proj", project(f"{m}.down_proj", g))


def _project(model: BitNet, name: str, x: Tensor) -> Tensor:
    return multiply(x, model.projection(name))


def bit_linear(x: Tensor, weight: Tensor) -> Tensor:
    """x [L, K] times master weights [M, K] with both quantized: [L, M], in `transformers`' order of operations."""
    return multiply(x, TernaryMatrix(*quantize_weight(weight), "online"))


def capture_linears(model: BitNet, tokens: Tensor) -> list[LinearCall]:
    """Every projection's quantized operands while the model reads `tokens` int64 [L], in the order of use."""
    calls: list[LinearCall] = []

    def record(name: str, x: Tensor) -> Tensor:
        w, (q_x, x_scale) = model.projection(name), quantize_activation(x)
        calls.append(LinearCall(name, w.q, w.divisor, q_x.T.contiguous(), x_scale[:, 0]))
        return multiply(x, w)

    forward(model, tokens, record)
    return calls

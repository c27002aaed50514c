# SPDX-License-Identifier: Apache-2.0
"""BitNet b1.58 in float32: the reference that krait's ternary accelerator and `transformers` are compared with.

Architecture of BitNet b1.58 2B4T (arXiv 2504.12285): RMSNorm, grouped-query attention with rotary embedding by
halves, squared ReLU, sub-norms before the output and down projections, tied embeddings, no biases. Every projection
multiplies int8 activations by ternary weights (`golden.ternary.quant`).

Letters: L tokens, D hidden, F feed-forward, H query heads, J key/value heads, P head width, V vocabulary, M x K a matrix.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F

from golden import checkpoints
from golden.errors import InputError
from golden.ternary.quant import dequantize, quantize_activation, quantize_weight

Tensors = Mapping[str, torch.Tensor]
Linear = Callable[[str, torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class BitNetConfig:
    """Dimensions of a BitNet model, under the names of `transformers`' BitNetConfig."""

    vocab_size: int
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    rope_theta: float
    max_position_embeddings: int
    rms_norm_eps: float = 1e-5

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, bool) or not isinstance(value, int | float) or value <= 0:
                raise InputError(f"BitNet config: {field.name} is {value!r}, expected a positive number")
            if field.type is int and not isinstance(value, int):
                raise InputError(f"BitNet config: {field.name} is {value!r}, expected a whole number")
        if self.hidden_size % self.num_attention_heads or self.head_dim % 2:
            raise InputError(
                f"BitNet config: hidden_size {self.hidden_size} does not split into {self.num_attention_heads} heads of even width"
            )
        if self.num_attention_heads % self.num_key_value_heads:
            raise InputError(
                f"BitNet config: {self.num_attention_heads} heads are no multiple of {self.num_key_value_heads} KV heads"
            )

    @property
    def head_dim(self) -> int:
        """Width P of one head."""
        return self.hidden_size // self.num_attention_heads


@dataclass(frozen=True)
class BitNet:
    """A BitNet model: its dimensions and float32 master weights under the names of `transformers`."""

    config: BitNetConfig
    tensors: Tensors


@dataclass(frozen=True)
class LinearCall:
    """What one projection multiplies: q_w [M, K] in {-1, 0, 1}, q_x [K, L]; y = (q_w @ q_x) / (w_scale * x_scale)."""

    name: str
    w_ternary: torch.Tensor  # int8 [M, K]
    w_scale: torch.Tensor  # float32 []
    x_int8: torch.Tensor  # int8 [K, L]
    x_scale: torch.Tensor  # float32 [L]


def linear_shapes(c: BitNetConfig) -> dict[str, tuple[int, int]]:
    """Shape [M, K] of every projection in the order in which a token meets them; names without `.weight`."""
    D, F_, queries, keys = c.hidden_size, c.intermediate_size, c.hidden_size, c.num_key_value_heads * c.head_dim
    attention = {"q_proj": (queries, D), "k_proj": (keys, D), "v_proj": (keys, D), "o_proj": (D, queries)}
    feed_forward = {"gate_proj": (F_, D), "up_proj": (F_, D), "down_proj": (D, F_)}
    return {
        f"model.layers.{i}.{part}.{name}": shape
        for i in range(c.num_hidden_layers)
        for part, group in (("self_attn", attention), ("mlp", feed_forward))
        for name, shape in group.items()
    }


def tensor_shapes(c: BitNetConfig) -> dict[str, tuple[int, ...]]:
    """Names and shapes of all tensors of `model.safetensors`."""
    shapes: dict[str, tuple[int, ...]] = {f"{name}.weight": shape for name, shape in linear_shapes(c).items()}
    shapes["model.embed_tokens.weight"] = (c.vocab_size, c.hidden_size)
    shapes["model.norm.weight"] = (c.hidden_size,)
    for i in range(c.num_hidden_layers):
        shapes[f"model.layers.{i}.input_layernorm.weight"] = (c.hidden_size,)
        shapes[f"model.layers.{i}.post_attention_layernorm.weight"] = (c.hidden_size,)
        shapes[f"model.layers.{i}.self_attn.attn_sub_norm.weight"] = (c.hidden_size,)
        shapes[f"model.layers.{i}.mlp.ffn_sub_norm.weight"] = (c.intermediate_size,)
    return shapes


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
    """Causal softmax(q k^T / sqrt(P)) v: q [H, L, P], k and v [J, L, P]; head h reads group h * J // H. -> [H, L, P]."""
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
        g = F.relu(project(f"{m}.gate_proj", h)).square() * project(f"{m}.up_proj", h)  # [L, F]
        x = x + project(f"{m}.down_proj", norm(g, f"{m}.ffn_sub_norm"))
    return norm(x, "model.norm") @ w["model.embed_tokens.weight"].T


def bit_linear(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """x [L, K] times weight [M, K] with both quantized: [L, M], float32, in `transformers`' order of operations."""
    return F.linear(dequantize(*quantize_activation(x)), dequantize(*quantize_weight(weight)))


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


FIXED: Mapping[str, Any] = {
    "architectures": ["BitNetForCausalLM"],
    "model_type": "bitnet",
    "hidden_act": "relu2",
    "tie_word_embeddings": True,
    "attention_bias": False,
    "attention_dropout": 0.0,
}
QUANTIZATION: Mapping[str, Any] = {
    "quant_method": "bitnet",
    "linear_class": "autobitlinear",
    "quantization_mode": "online",
    "modules_to_not_convert": ["lm_head"],
}
IGNORED = {"initializer_range": 0.02, "use_cache": True, "dtype": "float32"}


def hf_config(c: BitNetConfig) -> dict[str, Any]:
    """`config.json` of `transformers` for `c`, with quantizers that run online."""
    own = {name: value for name, value in asdict(c).items() if name != "rope_theta"}
    rope = {"rope_parameters": {"rope_type": "default", "rope_theta": c.rope_theta}}
    tokens = {"bos_token_id": None, "eos_token_id": None, "pad_token_id": None}
    return {**FIXED, **own, **rope, **tokens, **IGNORED, "quantization_config": dict(QUANTIZATION)}

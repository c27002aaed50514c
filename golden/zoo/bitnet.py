# SPDX-License-Identifier: Apache-2.0
"""bitnet-tiny for the trainer: the network of `golden.ternary.model` with straight-through quantizers.

Rounding passes the gradient unchanged, as in `transformers`' WeightQuant and ActQuant (BitNet b1.58, section 2).
Projections that read the same activations are one matrix product; each keeps its own weight scale.
"""

import math
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from golden.ternary.config import BitNetConfig, hf_config, tensor_shapes
from golden.ternary.model import rope_angles
from golden.ternary.quant import EPSILON

TINY = BitNetConfig(
    vocab_size=256,
    hidden_size=128,
    intermediate_size=352,
    num_hidden_layers=4,
    num_attention_heads=4,
    num_key_value_heads=2,
    rope_theta=10_000.0,
    max_position_embeddings=1024,
)


def ternary(weight: torch.Tensor) -> torch.Tensor:
    """Weight [M, K] rounded to {-s, 0, s}, s = mean|W|; the gradient passes."""
    with torch.no_grad():
        scale = weight.abs().mean().clamp(min=EPSILON)
        rounded = (weight / scale).round().clamp(-1, 1) * scale - weight
    return weight + rounded


def int8(x: torch.Tensor) -> torch.Tensor:
    """Activations [..., K] rounded to 255 levels per token; the gradient passes."""
    with torch.no_grad():
        scale = 127 / x.abs().amax(dim=-1, keepdim=True).clamp(min=EPSILON)
        rounded = (x * scale).round() / scale - x
    return x + rounded


def rotate(x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
    """Rotary embedding of x [B, H, L, P] by halves; cos and sin are [L, P]."""
    low, high = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-high, low), dim=-1) * sin


class Norm(nn.Module):
    """RMSNorm over the last dimension."""

    def __init__(self, width: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.eps = eps

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x [..., D] -> [..., D], float32."""
        x = x.float()
        return self.weight * (x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + self.eps))


class Weight(nn.Module):
    """A matrix [M, K] that is ternary in use."""

    def __init__(self, rows: int, columns: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(rows, columns) / math.sqrt(columns))

    def forward(self) -> torch.Tensor:
        """The quantized matrix [M, K]."""
        return ternary(self.weight)


class Attention(nn.Module):
    """Grouped-query attention with a norm before the output projection."""

    def __init__(self, c: BitNetConfig) -> None:
        super().__init__()
        self.c = c
        queries, keys = c.num_attention_heads * c.head_dim, c.num_key_value_heads * c.head_dim
        self.q_proj, self.o_proj = Weight(queries, c.hidden_size), Weight(c.hidden_size, queries)
        self.k_proj, self.v_proj = Weight(keys, c.hidden_size), Weight(keys, c.hidden_size)
        self.attn_sub_norm = Norm(c.hidden_size, c.rms_norm_eps)

    def forward(self, x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
        """x [B, L, D] -> [B, L, D]."""
        B, L, _ = x.shape
        c = self.c
        qkv = functional.linear(int8(x), torch.cat((self.q_proj(), self.k_proj(), self.v_proj()))).float()
        heads = qkv.view(B, L, c.num_attention_heads + 2 * c.num_key_value_heads, c.head_dim).transpose(1, 2)
        q, k, v = torch.split(heads, [c.num_attention_heads, c.num_key_value_heads, c.num_key_value_heads], dim=1)
        groups = c.num_attention_heads // c.num_key_value_heads
        k, v = (t.repeat_interleave(groups, dim=1) for t in (rotate(k, cos, sin), v))
        # float32: torch's fused attention takes twice as long in bfloat16 at these sizes (its backward pass does).
        with torch.autocast("cpu", enabled=False):
            y = functional.scaled_dot_product_attention(rotate(q, cos, sin), k, v, is_causal=True)
        return functional.linear(int8(self.attn_sub_norm(y.transpose(1, 2).reshape(B, L, -1))), self.o_proj())


class FeedForward(nn.Module):
    """Gated feed-forward with squared ReLU and a norm before the down projection."""

    def __init__(self, c: BitNetConfig) -> None:
        super().__init__()
        self.gate_proj = Weight(c.intermediate_size, c.hidden_size)
        self.up_proj = Weight(c.intermediate_size, c.hidden_size)
        self.down_proj = Weight(c.hidden_size, c.intermediate_size)
        self.ffn_sub_norm = Norm(c.intermediate_size, c.rms_norm_eps)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """x [B, L, D] -> [B, L, D]."""
        gate, up = functional.linear(int8(x), torch.cat((self.gate_proj(), self.up_proj()))).float().chunk(2, dim=-1)
        return functional.linear(int8(self.ffn_sub_norm(functional.relu(gate).square() * up)), self.down_proj())


class Layer(nn.Module):
    """Attention and feed-forward, each behind a norm and around a residual."""

    def __init__(self, c: BitNetConfig, dropout: float) -> None:
        super().__init__()
        self.input_layernorm, self.self_attn = Norm(c.hidden_size, c.rms_norm_eps), Attention(c)
        self.post_attention_layernorm, self.mlp = Norm(c.hidden_size, c.rms_norm_eps), FeedForward(c)
        self.dropout = dropout

    def forward(self, x: torch.Tensor, cos: torch.Tensor, sin: torch.Tensor) -> torch.Tensor:
        """x [B, L, D] -> [B, L, D]."""
        x = x + functional.dropout(
            self.self_attn(self.input_layernorm(x), cos, sin).float(), self.dropout, self.training
        )
        return x + functional.dropout(self.mlp(self.post_attention_layernorm(x)).float(), self.dropout, self.training)


class TrainableBitNet(nn.Module):
    """BitNet b1.58 with tied embeddings; parameter names are those of `transformers`."""

    def __init__(self, config: BitNetConfig, dropout: float = 0.0) -> None:
        super().__init__()
        self.config, self.dropout = config, dropout
        self.model = nn.Module()
        self.model.embed_tokens = nn.Embedding(config.vocab_size, config.hidden_size)
        nn.init.normal_(self.model.embed_tokens.weight, std=config.hidden_size**-0.5)
        self.model.layers = nn.ModuleList(Layer(config, dropout) for _ in range(config.num_hidden_layers))
        self.model.norm = Norm(config.hidden_size, config.rms_norm_eps)

    def forward(self, tokens: torch.Tensor) -> torch.Tensor:
        """Tokens int64 [B, L] -> logits [B, L, V]."""
        embedding: torch.Tensor = self.model.embed_tokens.weight  # type: ignore[assignment, union-attr]
        cos, sin = rope_angles(tokens.shape[1], self.config)
        x = functional.dropout(functional.embedding(tokens, embedding), self.dropout, self.training)
        for layer in self.model.layers:  # type: ignore[union-attr]
            x = layer(x, cos, sin)
        return functional.linear(self.model.norm(x), embedding)  # type: ignore[operator]

    def hf_config(self) -> dict[str, Any]:
        """`config.json` for `transformers`, with the online bitnet quantizers."""
        return hf_config(self.config)

    def hf_tensors(self) -> dict[str, torch.Tensor]:
        """The float32 master weights; quantization happens in use."""
        tensors = {name: tensor.detach().float() for name, tensor in self.state_dict().items()}
        if {n: tuple(t.shape) for n, t in tensors.items()} != tensor_shapes(self.config):
            raise AssertionError("the trainable model and the float reference disagree on names or shapes")
        return tensors


def build(seed: int, dropout: float) -> TrainableBitNet:
    """A freshly initialized bitnet-tiny."""
    torch.manual_seed(seed)
    return TrainableBitNet(TINY, dropout)

# SPDX-License-Identifier: Apache-2.0
"""What no accelerator of ternary models can do without: bytes of a decode step, multiplications of a prompt.

Bytes are the format's minimum: every number in the bits that it needs, nothing rounded up to bytes, beats or lanes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from golden.ternary.config import BitNetConfig, layer_linears
from golden.ternary.integer.profile import TernaryProfile
from golden.ternary.packing import TRITS

MANTISSA, EXPONENT = 16, 8
"""Bits of a scale that a model declares."""
POSITION_EXPONENT = 8
"""Bits of the exponent of a key or a value."""
ROW = 8
"""Bits of an element of the embedding and of the int8 head."""


@dataclass(frozen=True)
class StepBytes:
    """Bytes that a decode step moves. `linear` and `head` are weights with their scales, `cache` is read and written;
    `rest` is norm weights, the token's row of the embedding and its angles.
    """

    linear: float
    head: float
    cache: float
    rest: float

    @property
    def total(self) -> float:
        """All bytes of a step."""
        return self.linear + self.head + self.cache + self.rest

    def rate(self, gbs: float) -> float:
        """Steps a second when `gbs` GB/s (1e9 bytes) carry nothing else: the roof."""
        return gbs * 1e9 / self.total


def step_bytes(
    cfg: BitNetConfig, p: TernaryProfile, own: Sequence[int], prefix: int = 0, ternary_head: bool = False
) -> StepBytes:
    """Bytes of a decode step of all layers and the head.

    Args:
        own: cached positions of each request, behind `prefix` positions that all of them share and that are read once.
        ternary_head: the head is ternary, not int8.
    """
    D, V, layers = cfg.hidden_size, cfg.vocab_size, cfg.num_hidden_layers
    scale = MANTISSA + EXPONENT
    trits = 8 / TRITS
    linear = layers * (layer_macs(cfg) // layers * trits + len(layer_linears(cfg)) * scale)
    norms = layers * (3 * D + cfg.intermediate_size) + D
    each = D * ROW + scale + cfg.head_dim * MANTISSA  # cosines and sines of half a head
    return StepBytes(
        linear=linear / 8,
        head=V * (D * (trits if ternary_head else ROW) + scale) / 8,
        cache=(prefix + sum(own) + len(own)) * position_bytes(cfg, p),
        rest=(norms * p.norm_weight_bits + len(own) * each) / 8,
    )


def position_bytes(cfg: BitNetConfig, p: TernaryProfile) -> float:
    """Bytes of a position in the cache of all layers: a key and a value of each KV head, with their exponents."""
    heads = cfg.num_hidden_layers * cfg.num_key_value_heads
    return heads * 2 * (cfg.head_dim * p.cache_bits + POSITION_EXPONENT) / 8


def layer_macs(cfg: BitNetConfig) -> int:
    """Useful multiplications of a token in the linear layers of all layers, without attention and the head."""
    return cfg.num_hidden_layers * sum(rows * width for rows, width in layer_linears(cfg).values())


def attention_macs(cfg: BitNetConfig, first: int, tokens: int) -> int:
    """Useful multiplications of attention for `tokens` tokens behind `first` cached positions: the lower triangle."""
    seen = tokens * first + tokens * (tokens + 1) // 2
    return cfg.num_hidden_layers * 2 * cfg.num_attention_heads * cfg.head_dim * seen

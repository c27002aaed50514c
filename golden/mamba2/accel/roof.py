# SPDX-License-Identifier: Apache-2.0
"""What no accelerator of a profile can do without: bytes of a decode step, multiplications of a prompt.

Bytes are the format's minimum: every number in the bits that it needs, nothing rounded up to words, beats or lanes.
"""

from dataclasses import dataclass

from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer.profile import Mamba2Profile

GROUP = 8
"""Channels, heads or states that share a shift."""
PARAMETER_SHIFT, STATE_SHIFT = 5, 4
"""Bits of the shift of a parameter and of the state."""
ADDITIVE, MULTIPLIER, CHANNEL_SHIFT = 6, 16, 6
"""Bits of a pair of additive exponents; of a row's multiplier and its shift."""
EMBEDDING = 16
"""Bits of an element of the embedding."""


@dataclass(frozen=True)
class StepBytes:
    """Bytes that a decode step moves. `state` is read and written once where it is not on chip; histories of the
    convolution are on chip always. `linear` and `head` are weights, `scales` those of both.
    """

    linear: float
    scales: float
    head: float
    parameters: float
    embedding: float
    state: float

    @property
    def total(self) -> float:
        """All bytes of a step."""
        return self.linear + self.scales + self.head + self.parameters + self.embedding + self.state

    def rate(self, gbs: float) -> float:
        """Tokens a second when `gbs` GB/s (1e9 bytes) carry nothing else: the roof."""
        return gbs * 1e9 / self.total


def step_bytes(cfg: Mamba2Config, p: Mamba2Profile, on_chip: int = 0) -> StepBytes:
    """Bytes of a decode step of all layers and the head; the first `on_chip` layers keep their state on chip."""
    layer, head = matrices(cfg)
    linear = cfg.n_layer * sum(rows * width for rows, width in layer)
    scales = cfg.n_layer * sum(_scale_bits(rows, width, p) for rows, width in layer) + _scale_bits(*head, p)
    return StepBytes(
        linear=linear * p.weight_bits / 8,
        scales=scales / 8,
        head=head[0] * head[1] * p.weight_bits / 8,
        parameters=(cfg.n_layer * _layer_bits(cfg, p) + cfg.d_model * _norm_bits(p)) / 8,
        embedding=cfg.d_model * EMBEDDING / 8,
        state=2 * max(cfg.n_layer - on_chip, 0) * state_bits(cfg, p) / 8,
    )


def layers_on_chip(cfg: Mamba2Config, words: int, tiles: int) -> int:
    """Layers whose state `words` words of `tiles` tiles of 8 x 8 hold."""
    layer = cfg.nheads * (cfg.headdim // GROUP) * (cfg.d_state // GROUP) // tiles
    return min(cfg.n_layer, words // layer)


def layer_macs(cfg: Mamba2Config) -> int:
    """Useful multiplications of a token in the linear layers of all layers, without the head."""
    layer, _ = matrices(cfg)
    return cfg.n_layer * sum(rows * width for rows, width in layer)


def matrices(cfg: Mamba2Config) -> tuple[tuple[tuple[int, int], ...], tuple[int, int]]:
    """(rows, inputs) of in_proj and out_proj, and of the head."""
    layer = ((cfg.d_in_proj, cfg.d_model), (cfg.d_model, cfg.d_inner))
    return layer, (cfg.vocab_size, cfg.d_model)


def state_bits(cfg: Mamba2Config, p: Mamba2Profile) -> float:
    """Bits of a layer's state: a number for each state and channel, a shift for each state and 8 channels."""
    return cfg.d_state * cfg.d_inner * (p.ssm_bits + STATE_SHIFT / GROUP)


def _scale_bits(rows: int, width: int, p: Mamba2Profile) -> int:
    if p.weight_scale == "channel":
        return rows * (MULTIPLIER + CHANNEL_SHIFT)
    return rows * -(-width // p.weight_group) * ADDITIVE


def _layer_bits(cfg: Mamba2Config, p: Mamba2Profile) -> float:
    """Bits of a layer's norm weights, of convolution weights and biases, of A, dt_bias and D."""
    convolution = cfg.conv_dim * (cfg.d_conv + 1) * (p.ssm_bits + PARAMETER_SHIFT / GROUP)
    heads = cfg.nheads * (p.a_bits + 2 * p.ssm_bits + 3 * PARAMETER_SHIFT / GROUP)
    return (cfg.d_model + cfg.d_inner) * _norm_bits(p) + convolution + heads


def _norm_bits(p: Mamba2Profile) -> int:
    return 16 if p.norm == "table" else 32

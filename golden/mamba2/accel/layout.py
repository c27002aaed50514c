# SPDX-License-Identifier: Apache-2.0
"""How a Mamba2 layer lies in the memory of `mamba2_accel`: sections of whole wide beats in the order of consumption.

The formats stand in the README of this folder, what a wide beat is in `golden.beats`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.nn.functional import pad

from golden.beats import Wide, bit_fields, little_endian, to_beats
from golden.fixed.pot import Pot
from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer.model import AdditiveScale, ChannelScale, Layer, Linear
from golden.mamba2.integer.profile import Mamba2Profile

GROUP = 8
"""Channels, heads or states that share a shift."""
HEAD_RECORD_BYTES = 64
A_AT, DT_BIAS_AT, D_AT, SHIFTS_AT = 0, 16, 32, 48
"""Bytes of a head record at which A, dt_bias, D and their three shifts begin."""
MIN_SHIFT = 1
"""Shift of an absent row's channel scale, which the scaler takes from 1 on."""


class Machine(Wide, Protocol):
    """What the layout needs of a configuration of `mamba2_accel`."""

    @property
    def inputs(self) -> int:
        """Inputs of a row in a weight beat."""

    @property
    def rows(self) -> int:
        """Rows of a weight beat."""


def in_proj_rows(cfg: Mamba2Config) -> Tensor:
    """Order of in_proj's rows: dt, B, C, then each head's x and z; int64, -1 for a row of padding behind dt.

    Golden's order is z | x | B | C | dt.
    """
    inner, bc, heads = cfg.d_inner, cfg.ngroups * cfg.d_state, cfg.nheads
    dt = torch.arange(heads) + 2 * inner + 2 * bc
    x, z = (torch.arange(inner).reshape(heads, -1) + at for at in (inner, 0))
    absent = torch.full((-heads % GROUP,), -1)
    return torch.cat([dt, absent, torch.arange(2 * bc) + 2 * inner, torch.stack([x, z], dim=1).flatten()])


# ---- parameters


def norm_section(weight: Tensor, p: Mamba2Profile, machine: Machine) -> Tensor:
    """Norm weights [D], 16 bits each with table norms, else 32."""
    return to_beats(little_endian(weight, 16 if p.norm == "table" else 32), machine)


def parameter_section(layer: Layer, cfg: Mamba2Config, p: Mamba2Profile, machine: Machine) -> Tensor:
    """Everything that a layer needs in front of its gate, but in_proj: norm weights, head and convolution records."""
    parts = (norm_section(layer.norm, p, machine), head_records(layer, p), conv_records(layer, cfg, p))
    return torch.cat([to_beats(part, machine) for part in parts])


def head_records(layer: Layer, p: Mamba2Profile) -> Tensor:
    """One record for 8 heads: uint8 [records, 64]."""
    groups = layer.A.s.shape[-1]
    record = torch.zeros(groups, HEAD_RECORD_BYTES, dtype=torch.uint8)
    for index, (at, pot, bits) in enumerate(
        ((A_AT, layer.A, p.a_bits), (DT_BIAS_AT, layer.dt_bias, p.ssm_bits), (D_AT, layer.D, p.ssm_bits))
    ):
        q = pad(pot.q, (0, -len(pot.q) % GROUP)).reshape(groups, GROUP)
        record[:, at : at + GROUP * bits // 8] = little_endian(q, bits)
        record[:, SHIFTS_AT + index] = pot.s.to(torch.uint8)
    return record


def conv_records(layer: Layer, cfg: Mamba2Config, p: Mamba2Profile) -> Tensor:
    """One record for 8 channels, of B, C, then x: uint8 [records, 64 or 128]; four taps, the oldest may be zero."""
    order = torch.arange(cfg.conv_dim // GROUP).roll(2 * cfg.ngroups * cfg.d_state // GROUP)
    q, s = (pad(v, (0, 0, 4 - len(v), 0)) for v in (layer.conv_weight.q, layer.conv_weight.s))
    taps = q.reshape(4, -1, GROUP).transpose(0, 1)[order].flatten(1)
    bias = layer.conv_bias.q.reshape(-1, GROUP)[order]
    fields = (taps, p.ssm_bits), (s.T[order], 5), (bias, p.ssm_bits), (layer.conv_bias.s[order, None], 5)
    return bit_fields(*fields, size=8 * p.ssm_bits)


# ---- matrices


def matrix_section(matrix: Linear, p: Mamba2Profile, machine: Machine, order: Tensor | None = None) -> Tensor:
    """A matrix, its rows in `order` (-1: absent), as row tiles with their scales in front of them."""
    order = torch.arange(len(matrix.w)) if order is None else order
    order = pad(order, (0, -len(order) % machine.rows), value=-1)
    absent = order < 0
    w = matrix.w[order.clamp(min=0)].masked_fill(absent[:, None], 0)
    w = pad(w, (0, -w.shape[1] % machine.inputs)).reshape(len(order) // machine.rows, machine.rows, -1, machine.inputs)
    beats = little_endian(w.transpose(1, 2).flatten(2), p.weight_bits)  # [tiles, kbeats, WIDE]
    if isinstance(matrix.scale, AdditiveScale):
        return _interleave(beats.flatten(0, 1), _additive(matrix.scale, order, beats.shape[1], p, machine))
    return _interleave(beats, _channel(matrix.scale, order, machine))


def _additive(scale: AdditiveScale, order: Tensor, kbeats: int, p: Mamba2Profile, machine: Machine) -> Tensor:
    """A byte for each row of each weight beat: [beats, rows]."""
    code = (scale.s2 << 3 | scale.s1)[order.clamp(min=0)].masked_fill((order < 0)[:, None], 0)
    group = torch.arange(kbeats) * machine.inputs // p.weight_group
    return code[:, group].reshape(-1, machine.rows, kbeats).transpose(1, 2).flatten(0, 1)


def _channel(scale: ChannelScale, order: Tensor, machine: Machine) -> Tensor:
    """Four bytes for each row of each tile: [tiles, rows * 4]."""
    word = scale.mult.long() | scale.shift.long() << 16
    word = word[order.clamp(min=0)].masked_fill(order < 0, MIN_SHIFT << 16)
    return little_endian(word.reshape(-1, machine.rows), 32)


def _interleave(items: Tensor, scales: Tensor) -> Tensor:
    """A beat with the scales of as many items (weight beats or whole tiles) as it holds, then these, and so on."""
    wide = items.shape[-1]
    count = wide // scales.shape[-1]
    parts = []
    for first in range(0, len(items), count):
        head = pad(scales[first : first + count].flatten(), (0, wide))[:wide]
        parts += [head[None], items[first : first + count].reshape(-1, wide)]
    return torch.cat(parts)


# ---- states


@dataclass(frozen=True)
class StateShape:
    """How the state of a layer is cut: `chunks` chunks of `heads` heads, each of shift and quantized beats."""

    heads: int
    chunks: int
    shift_beats: int
    q_beats: int

    @property
    def beats(self) -> int:
        """Wide beats of a chunk."""
        return self.shift_beats + self.q_beats


def state_shapes(cfg: Mamba2Config, p: Mamba2Profile, machine: Machine) -> Iterator[StateShape]:
    """Every way to cut the state into chunks of whole beats, the largest chunks first."""
    tiles = cfg.headdim // GROUP * (cfg.d_state // GROUP)
    for heads in (8, 4, 2, 1):
        q_bytes = heads * tiles * GROUP * p.ssm_bits
        if cfg.nheads % heads == 0 and q_bytes % machine.wide_bytes == 0:
            shift_beats = -(-heads * tiles * 4 // machine.wide_bytes)
            yield StateShape(heads, cfg.nheads // heads, shift_beats, q_bytes // machine.wide_bytes)


def pack_state(state: Pot, cfg: Mamba2Config, p: Mamba2Profile, shape: StateShape, machine: Machine) -> Tensor:
    """State q [N, I] of one text -> uint8 [chunks * beats, WIDE]."""
    n8, parts = cfg.d_state // GROUP, (shape.chunks, -1)
    q = state.q.reshape(n8, GROUP, -1, GROUP).permute(2, 0, 1, 3)  # channel tile (of all heads), state tile, n, c
    s = state.s.reshape(n8, GROUP, -1).permute(2, 0, 1)
    q_bytes = little_endian(q.flatten(2), p.ssm_bits).reshape(parts)
    s_bytes = little_endian(s, 4).reshape(parts)
    s_bytes = pad(s_bytes, (0, shape.shift_beats * machine.wide_bytes - s_bytes.shape[1]))
    return torch.cat([s_bytes, q_bytes], dim=1).reshape(-1, machine.wide_bytes)


def unpack_state(beats: Tensor, cfg: Mamba2Config, p: Mamba2Profile, shape: StateShape, machine: Machine) -> Pot:
    """Undo `pack_state`."""
    chunks = beats.reshape(shape.chunks, -1)
    n8, tiles = cfg.d_state // GROUP, cfg.d_inner // GROUP * (cfg.d_state // GROUP)
    s_bytes = chunks[:, : tiles * 4 // shape.chunks].reshape(-1, n8, 4).long()
    s = torch.stack([s_bytes & 15, s_bytes >> 4], dim=-1).flatten(2)  # channel tile, state tile, n
    octets = chunks[:, shape.shift_beats * machine.wide_bytes :].reshape(-1, p.ssm_bits // 8).long()
    q = (octets << torch.arange(0, p.ssm_bits, 8)).sum(-1)
    q = torch.where(q >> (p.ssm_bits - 1) > 0, q - (1 << p.ssm_bits), q)
    q = q.reshape(-1, n8, GROUP, GROUP).permute(1, 2, 0, 3).reshape(cfg.d_state, cfg.d_inner)
    return Pot(q, s.permute(1, 2, 0).reshape(cfg.d_state, -1).contiguous(), GROUP)

# SPDX-License-Identifier: Apache-2.0
"""A whole integer BitNet model as `ternary_accel` reads it, section by section, and how much room a cache takes."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from golden.beats import Wide
from golden.ternary.accel.layout import (
    CHUNK,
    PAIRS,
    SLICE,
    cache_beats,
    gate_up,
    layer_section,
    matrix_section,
    norm_section,
    rows_section,
    scaled_rows,
    ternary_rows_section,
    tile_rows,
)
from golden.ternary.config import BitNetConfig
from golden.ternary.integer.model import IntegerModel, Rows
from golden.ternary.integer.scale import Scale
from golden.ternary.packing import TRITS

PIECE = 8192
"""About as many rows of the embedding or the head are packed at once; bounds memory."""


@dataclass(frozen=True)
class Sections:
    """Wide beats of each section of a model.

    `norm_d`, `norm_f`: weights of a norm of width D, of width F. `rows`: the embedding, or an int8 head;
    `ternary_head`: one of trits. `angles`: of one position.
    """

    layer: int
    norm_d: int
    norm_f: int
    qkv: int
    o: int
    gate_up: int
    down: int
    rows: int
    ternary_head: int
    angles: int

    def weights(self, layers: int) -> int:
        """Wide beats of the region of weights, in front of the head."""
        linears = self.qkv + self.o + self.gate_up + self.down
        return layers * (self.layer + 3 * self.norm_d + self.norm_f + linears) + self.norm_d


def sections(cfg: BitNetConfig, machine: Wide) -> Sections:
    """Sizes that follow from the shape alone."""
    D, F, P = cfg.hidden_size, cfg.intermediate_size, cfg.head_dim
    outs, scaled = machine.wide_bytes // CHUNK, scaled_rows(machine)

    def beats(size: int) -> int:
        return -(-size // machine.wide_bytes)

    def matrix(rows: int, inputs: int) -> int:
        return -(-rows // outs) * -(-inputs // (TRITS * CHUNK))

    marks = -(-cfg.vocab_size // scaled)
    return Sections(
        layer=1,
        norm_d=beats(2 * D),
        norm_f=beats(2 * F),
        qkv=matrix(D + 2 * cfg.num_key_value_heads * P, D),
        o=matrix(D, D),
        gate_up=matrix(2 * F, D),
        down=matrix(D, F),
        rows=marks + -(-cfg.vocab_size // tile_rows(machine)) * -(-D // SLICE),
        ternary_head=marks + matrix(cfg.vocab_size, D),
        angles=beats(-(-P // 2 // PAIRS) * PAIRS * 4),
    )


def weights(model: IntegerModel, machine: Wide) -> Iterator[Tensor]:
    """The sections in order of use, each uint8 [beats, WIDE]; weights of a norm in a layer stand one product ahead."""
    layers = model.layers
    for index in range(len(layers)):
        layer = layers[index]  # read once, from disk perhaps
        if not index:
            yield norm_section(layer.norm, machine)
        yield layer_section(layer, model, machine)
        yield norm_section(layer.attention_norm, machine)
        yield matrix_section(torch.cat([layer.q_proj.w, layer.k_proj.w, layer.v_proj.w]), machine)
        yield norm_section(layer.mlp_norm, machine)
        yield matrix_section(layer.o_proj.w, machine)
        yield norm_section(layer.product_norm, machine)
        yield matrix_section(gate_up(layer.gate_proj.w, layer.up_proj.w), machine)
        if index + 1 < len(layers):
            yield norm_section(layers[index + 1].norm, machine)
        yield matrix_section(layer.down_proj.w, machine)
    yield norm_section(model.final_norm, machine)


def embedding(model: IntegerModel, machine: Wide) -> Iterator[Tensor]:
    """The embedding, which is the head too where that is tied, in pieces."""
    for rows in _pieces(model.embedding, machine):
        yield rows_section(rows, machine)


def head(model: IntegerModel, machine: Wide) -> Iterator[Tensor]:
    """A head of its own, in pieces; nothing where the embedding serves as one."""
    pack = ternary_rows_section if model.ternary_head else rows_section
    for rows in _pieces(model.head, machine) if model.head else ():
        yield pack(rows, machine)


def layer_cache_beats(cfg: BitNetConfig, positions: int, machine: Wide) -> int:
    """Wide beats of the cache of one layer with room for so many positions."""
    return cfg.num_key_value_heads * sum(cache_beats(positions, cfg.head_dim, machine))


def _pieces(rows: Rows, machine: Wide) -> Iterator[Rows]:
    """Rows in pieces whose scales fill whole beats."""
    step = -(-PIECE // scaled_rows(machine)) * scaled_rows(machine)
    for at in range(0, len(rows.w), step):
        scale = Scale(rows.scale.m[at : at + step], rows.scale.e[at : at + step])
        yield replace(rows, w=rows.w[at : at + step], scale=scale)

# SPDX-License-Identifier: Apache-2.0
"""A whole integer model as `mamba2_accel` reads it: its regions, section by section."""

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor

from golden.beats import row_beats
from golden.mamba2.accel.layout import (
    GROUP,
    HEAD_RECORD_BYTES,
    Machine,
    in_proj_rows,
    matrix_section,
    norm_section,
    parameter_section,
)
from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer.model import IntegerModel
from golden.mamba2.integer.profile import Mamba2Profile

RAW_BITS = 32
"""Of a residual value in a raw row; an embedding has 16."""


@dataclass(frozen=True)
class Sections:
    """Wide beats of each section; the parameters' and the weights' of a layer stand in front of the next layer's."""

    p_in: int
    p_out: int
    p_head: int
    w_in: int
    w_out: int
    w_head: int
    row: int
    raw_row: int

    def parameters(self, layers: int) -> int:
        """Wide beats of all parameters."""
        return layers * (self.p_in + self.p_out) + self.p_head

    def weights(self, layers: int) -> int:
        """Wide beats of all weights with their scales."""
        return layers * (self.w_in + self.w_out) + self.w_head


def sections(cfg: Mamba2Config, p: Mamba2Profile, machine: Machine) -> Sections:
    """Sizes that follow from the shape alone."""

    def beats(size: int) -> int:
        return -(-size // machine.wide_bytes)

    def matrix(rows: int, inputs: int) -> int:
        tiles, kbeats = -(-rows // machine.rows), -(-inputs // machine.inputs)
        if p.weight_scale == "additive_pot":
            return tiles * kbeats + -(-tiles * kbeats // (machine.wide_bytes // machine.rows))
        return tiles * kbeats + -(-tiles // (machine.wide_bytes // (4 * machine.rows)))

    norm_bytes = 2 if p.norm == "table" else 4
    heads = beats(-(-cfg.nheads // GROUP) * HEAD_RECORD_BYTES)
    conv = beats(cfg.conv_dim // GROUP * GROUP * p.ssm_bits)
    return Sections(
        p_in=beats(cfg.d_model * norm_bytes) + heads + conv,
        p_out=beats(cfg.d_inner * norm_bytes),
        p_head=beats(cfg.d_model * norm_bytes),
        w_in=matrix(len(in_proj_rows(cfg)), cfg.d_model),
        w_out=matrix(cfg.d_model, cfg.d_inner),
        w_head=matrix(cfg.vocab_size, cfg.d_model),
        row=beats(cfg.d_model * 2),
        raw_row=beats(cfg.d_model * RAW_BITS // 8),
    )


def parameters(model: IntegerModel, machine: Machine) -> Iterator[Tensor]:
    """The parameter sections in order, each uint8 [beats, WIDE]."""
    for layer in model.layers:
        yield parameter_section(layer, model.cfg, model.profile, machine)
        yield norm_section(layer.gate_norm, model.profile, machine)
    yield norm_section(model.norm_f, model.profile, machine)


def weights(model: IntegerModel, machine: Machine) -> Iterator[Tensor]:
    """The weight sections in order, each uint8 [beats, WIDE]."""
    order = in_proj_rows(model.cfg)
    for layer in model.layers:
        yield matrix_section(layer.in_proj, model.profile, machine, order)
        yield matrix_section(layer.out_proj, model.profile, machine)
    yield matrix_section(model.head, model.profile, machine)


def embedding(model: IntegerModel, machine: Machine) -> Tensor:
    """The embedding's rows, each on whole wide beats: uint8 [V * beats, WIDE]."""
    return row_beats(model.embedding, 16, machine)


def raw_rows(residual: Tensor, machine: Machine) -> Tensor:
    """Residual values [L, D] as the rows of a raw start: uint8 [L * beats, WIDE]."""
    return row_beats(residual, RAW_BITS, machine)

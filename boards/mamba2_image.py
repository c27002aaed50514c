# SPDX-License-Identifier: Apache-2.0
"""A model of any size in an arena of `mamba2_accel`, section by section, and the arguments of its starts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch

from boards.drivers.arena import ALIGN
from boards.drivers.mamba2_accel import REGIONS, Mamba2Accel
from golden.errors import InputError
from golden.mamba2.accel import image, layout
from golden.mamba2.accel.arguments import Arguments, argument_error, build_of, counts, tap_beats
from golden.mamba2.accel.roof import layers_on_chip
from golden.mamba2.integer import functions
from golden.mamba2.integer.model import IntegerModel
from golden.spec import Mamba2AccelConfig
from golden.spec.gen.mamba2_accel import ErrorCode

RESIDUAL = 2
"""Tap point behind each layer."""


@dataclass(frozen=True)
class Plan:
    """Arguments of a start of a whole model, and the bytes a port that its arena takes."""

    arguments: Arguments
    arena_bytes: int


def plan(model: IntegerModel, cfg: Mamba2AccelConfig, prompt: int, generate: int) -> Plan:
    """Lay a model and a start out: `prompt` tokens, `generate` chosen ones, residuals of all layers captured.

    Raises:
        InputError: the configuration does not take the model; the message has the kernel's name of the reason.
    """
    shape, p = model.cfg, model.profile
    cuts = list(layout.state_shapes(shape, p, cfg))
    cut = next((each for each in cuts if each.beats <= cfg.s_depth), cuts[-1])
    on_chip, eps = layers_on_chip(shape, cfg.state_depth, cfg.tiles), p.norm != "table"
    arguments = Arguments(
        d_model=shape.d_model,
        heads=shape.nheads,
        headdim=shape.headdim,
        d_state=shape.d_state,
        ngroups=shape.ngroups,
        vocab=shape.vocab_size,
        model_layers=shape.n_layer,
        layer_first=0,
        layer_count=shape.n_layer,
        prompt=prompt,
        generate=generate,
        raw=False,
        keep=False,
        head=True,
        chunk_heads=cut.heads,
        mem_first=on_chip,
        eps_d=functions.eps_sum(shape.d_model, model.residual_eps, p.residual_frac) if eps else 0,
        eps_i=functions.eps_sum(shape.d_inner // shape.ngroups, shape.norm_eps, p.y_frac) if eps else 0,
        tap_point=RESIDUAL,
        tap_all=True,
        tap_layer=0,
        **{f"{name}_off": 0 for name in REGIONS},
        arena_bytes=0,
        s_bytes=(on_chip < shape.n_layer) * shape.n_layer * cut.chunks * cut.beats * cfg.port_bytes,
        bases=(),
    )
    placed, size = _place(arguments, model, cfg)
    error = argument_error(replace(placed, bases=(0,) * cfg.ports), build_of(cfg))
    if error is not ErrorCode.NONE:
        raise InputError(f"configuration {cfg.name} does not take the model: {error.name}")
    return Plan(placed, size)


def _place(a: Arguments, model: IntegerModel, cfg: Mamba2AccelConfig) -> tuple[Arguments, int]:
    """Give every region its offset, each from a new page on."""
    size = image.sections(model.cfg, model.profile, cfg)
    layers, beats = model.cfg.n_layer, counts(a, build_of(cfg))
    wide = {
        "p": size.parameters(layers),
        "w": size.weights(layers),
        "e": model.cfg.vocab_size * size.row,
        "tok": -(-a.prompt * 4 // cfg.wide_bytes),
        "s": a.s_bytes // cfg.port_bytes,
        "out": a.generate,
        "tap": -(-tap_beats(a, beats) * 32 // cfg.wide_bytes),
    }
    offsets: dict[str, Any] = {}
    top = 0
    for name in REGIONS:
        offsets[f"{name}_off"] = top
        top += -(-max(wide[name], 1) * cfg.port_bytes // ALIGN) * ALIGN
    return replace(a, **offsets, arena_bytes=top), top


def write_model(kernel: Mamba2Accel, a: Arguments, model: IntegerModel) -> None:
    """Copy parameters, weights and embedding to the arena, a section at a time: large models stand in memory once."""
    cfg = kernel.config
    for at, sections in ((a.p_off, image.parameters(model, cfg)), (a.w_off, image.weights(model, cfg))):
        for section in sections:
            kernel.write_beats(at, section)
            at += len(section) * cfg.port_bytes
    kernel.write_beats(a.e_off, image.embedding(model, cfg))


def write_prompt(kernel: Mamba2Accel, a: Arguments, prompt: Sequence[int]) -> None:
    """Copy the prompt's tokens to the arena."""
    kernel.write_region(a, "tok", layout.to_beats(layout.little_endian(torch.tensor(list(prompt)), 32), kernel.config))

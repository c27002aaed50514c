# SPDX-License-Identifier: Apache-2.0
"""A model of any size in an arena of `mamba2_accel`, section by section, and the arguments of its starts."""

from collections.abc import Sequence

from boards.drivers.mamba2_accel import Mamba2Accel
from boards.drivers.model_accel import RESIDUAL
from golden.mamba2.accel import image, start
from golden.mamba2.accel.arguments import Arguments
from golden.mamba2.accel.start import Plan, Run, token_beats
from golden.mamba2.integer.model import IntegerModel
from golden.spec import Mamba2AccelConfig


def plan(model: IntegerModel, cfg: Mamba2AccelConfig, prompt: int, generate: int) -> Plan:
    """Lay a model and a start out: `prompt` tokens, `generate` chosen ones, residuals of all layers captured.

    Raises:
        InputError: the configuration does not take the model; the message has the kernel's name of the reason.
    """
    return start.plan(model, cfg, Run(prompt, generate, tap_point=RESIDUAL))


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
    kernel.write_region(a, "tok", token_beats(prompt, kernel.config))

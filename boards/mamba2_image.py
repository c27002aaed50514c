# SPDX-License-Identifier: Apache-2.0
"""A model of any size and a start of it in an arena of `mamba2_accel`, and the prompts of its starts."""

from collections.abc import Sequence

from boards.drivers.mamba2_accel import Mamba2Accel
from boards.drivers.model_accel import RESIDUAL
from golden.mamba2.accel import start
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


def write_prompt(kernel: Mamba2Accel, a: Arguments, prompt: Sequence[int]) -> None:
    """Copy the prompt's tokens to the arena."""
    kernel.write_region(a, "tok", token_beats(prompt, kernel.config))

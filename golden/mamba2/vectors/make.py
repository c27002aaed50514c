# SPDX-License-Identifier: Apache-2.0
"""All vectors of one profile in one bundle: from a model that reads text, and from the adversarial generators."""

from collections.abc import Iterator
from pathlib import Path

from torch import Tensor

from golden.errors import InputError
from golden.mamba2.integer import profile as profiles
from golden.mamba2.integer.model import IntegerModel
from golden.mamba2.integer.parameters import check_model
from golden.mamba2.vectors import bundles, element_cases, recurrence_cases, text_cases
from golden.mamba2.vectors.context import Context
from golden.mamba2.vectors.sample import Sample
from golden.vectors import Origin

LENGTH = max(text_cases.BEFORE + text_cases.TOKENS, text_cases.PROMPT)
"""Tokens of text that the cases read."""


def samples(model: IntegerModel, tokens: Tensor, seed: int) -> Iterator[Sample]:
    """Every case of the profile of `model`, which reads `tokens` int64 [L], L >= LENGTH.

    Raises:
        InputError: the text is shorter, the profile can't take the dimensions, or a parameter leaves its bounds.
    """
    if len(tokens) < LENGTH:
        raise InputError(f"vectors: found a text of {len(tokens)} tokens, expected at least {LENGTH}")
    profiles.check(model.cfg, model.profile)
    check_model(model)
    ctx = Context.of(model)
    yield from text_cases.all_cases(model, tokens[:LENGTH])
    yield from element_cases.all_cases(ctx, seed)
    yield from recurrence_cases.all_cases(ctx, seed)


def write(
    parent: Path, name: str, model: IntegerModel, tokens: Tensor, origin: Origin, seed: int, revision: str
) -> Path:
    """Write the bundle `<name>-<profile>-<hash>` of every case below `parent`; return its directory."""
    stem = f"{name}-{model.profile.name}"
    return bundles.write(parent, stem, samples(model, tokens, seed), Context.of(model), origin, seed, revision)

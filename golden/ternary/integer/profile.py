# SPDX-License-Identifier: Apache-2.0
"""The profile `ternary-b158`: the typed numbers of `golden/spec/profiles/ternary-b158.toml`, the models it takes."""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from golden.errors import InputError
from golden.spec import load_profile
from golden.ternary.config import BitNetConfig

NAME = "ternary-b158"
MAX_WIDTH, MAX_FEED, MAX_POSITIONS, MAX_HEAD = 8192, 16384, 8192, 256
"""Largest D, F, number of cached positions and width of a head, for which the sums are derived."""


@dataclass(frozen=True)
class TernaryProfile:
    """The numbers of the arithmetic that are free: bits, and fraction bits of the tensors named in `block.py`."""

    value_bits: int
    norm_weight_bits: int
    rope_frac: int
    rope_guard: int
    query_bits: int
    cache_bits: int
    score_bits: int
    score_frac: int
    gate_frac: int
    sigmoid_frac: int
    logit_bits: int
    logit_frac: int


def load(changes: Mapping[str, int] | None = None) -> TernaryProfile:
    """The profile with `changes`. InputError for an unknown choice, or a value that is not offered."""
    values = load_profile(NAME).changed([field.name for field in fields(TernaryProfile)], changes or {})
    return TernaryProfile(**{name: int(value) for name, value in values.items()})


def check(cfg: BitNetConfig) -> None:
    """InputError when the profile can't take the model: the dimension, what was found and what is expected."""
    if not cfg.sub_norms:
        raise InputError(
            f"profile {NAME}: sub_norms is False, expected True: o_proj and down_proj read what a norm has quantized"
        )
    limits = {
        "hidden_size": MAX_WIDTH,
        "intermediate_size": MAX_FEED,
        "head_dim": MAX_HEAD,
        "max_position_embeddings": MAX_POSITIONS,
    }
    for name, most in limits.items():
        value = getattr(cfg, name)
        if value > most:
            raise InputError(
                f"profile {NAME}: {name} is {value}, expected at most {most}, for which the 64-bit sums are derived"
            )

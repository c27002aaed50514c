# SPDX-License-Identifier: Apache-2.0
"""Widths of a build: those that every model up to declared dimensions needs, for the headers of the RTL."""

from functools import lru_cache

from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer.profile import Mamba2Profile
from golden.mamba2.integer.rows import Width
from golden.mamba2.integer.widths import derive

LIMITS = Mamba2Config(d_model=2560, n_layer=1, vocab_size=1, d_state=128, headdim=64, ngroups=1, d_conv=4)
"""Largest d_model, d_inner, d_state and d_conv of a build: those of the published 2.7B. Other sizes do not matter."""
LIMITS_TEXT = (
    f"d_model up to {LIMITS.d_model}, d_inner up to {LIMITS.d_inner}, d_state up to {LIMITS.d_state}, "
    f"d_conv up to {LIMITS.d_conv}"
)

_WORST = (
    LIMITS,
    Mamba2Config(d_model=2048, n_layer=1, vocab_size=1),  # Hadamard blocks of 1024; those of 2560 are 512 wide
    Mamba2Config(d_model=2559, n_layer=1, vocab_size=1, expand=1, headdim=1),  # rms1: greatest width / 2^p
    Mamba2Config(d_model=1810, n_layer=1, vocab_size=1, headdim=1),  # rms2: greatest width / 2^p, at 3620
    Mamba2Config(d_model=1811, n_layer=1, vocab_size=1, headdim=1),  # and least, at 3622
)
"""Shapes that need most. All else grows with the dimensions: sums with their length, blocks with their limit.

The entries of a norm table depend on width / 2^p alone, which jumps where p steps.
"""


@lru_cache
def build_widths(profile: Mamba2Profile) -> tuple[Width, ...]:
    """Every intermediate with a range that holds for each model within `LIMITS`, in the order of the computation."""
    return derive(profile, *_WORST)

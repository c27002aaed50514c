# SPDX-License-Identifier: Apache-2.0
"""Integer models for runs of `mamba2_accel`, made once and kept in build/models, and what they read."""

import torch

from golden.mamba2.integer import profile as profiles
from golden.mamba2.integer import store, synthetic
from golden.mamba2.integer.model import IntegerModel
from golden.mamba2.published import NAMES, published
from harness import console, mamba2_tiny
from harness.paths import build_dir
from harness.provenance import source_revision

SEED = 1
TINY = mamba2_tiny.NAME


def integer_model(name: str, profile: str) -> tuple[IntegerModel, str]:
    """Return a model in a profile, and where it comes from: the zoo's, quantized, or a generated one.

    Raises:
        InputError: unknown, or its folder holds something else. MachineError: it cannot be written.
    """
    if name == TINY:
        return mamba2_tiny.tiny(profile), "zoo, quantized"
    folder = build_dir() / "models" / f"{name}-{profile}-seed{SEED}"
    with console.progress(f"{name} in {profile}") as bar:
        synthetic.write(folder, published(name), profiles.load(profile), SEED, bar, source_revision()[0])
    return store.load(folder), f"generated, seed {SEED}"


def prompt_of(name: str, vocab: int, tokens: int) -> list[int]:
    """Return the first tokens of the held-out text for the zoo's model, else random ones."""
    if name in NAMES:
        draw = torch.Generator().manual_seed(SEED)
        return [int(token) for token in torch.randint(vocab, (tokens,), generator=draw)]
    return [int(token) for token in mamba2_tiny.text(0, tokens)]

# SPDX-License-Identifier: Apache-2.0
"""Integer models for runs of `mamba2_accel`, made once and kept in build/models, and what they read."""

from pathlib import Path

import torch

from golden.mamba2.integer import profile as profiles
from golden.mamba2.integer import store, synthetic
from golden.mamba2.integer.model import IntegerModel
from golden.mamba2.published import NAMES, published
from harness import bundles, console
from harness.paths import build_dir
from harness.provenance import source_revision

SEED = 1
TINY = "mamba2-tiny"


def integer_model(name: str, profile: str) -> tuple[IntegerModel, str]:
    """Return a model in a profile, and where it comes from: the zoo's, quantized, or a generated one.

    Raises:
        InputError: unknown, or its folder holds something else. MachineError: it cannot be written.
    """
    if name == TINY:
        return _quantized(profile), "zoo, quantized"
    folder = build_dir() / "models" / f"{name}-{profile}-seed{SEED}"
    with console.progress(f"{name} in {profile}") as bar:
        synthetic.write(folder, published(name), profiles.load(profile), SEED, bar, source_revision()[0])
    return store.load(folder), f"generated, seed {SEED}"


def prompt_of(name: str, vocab: int, tokens: int) -> list[int]:
    """Return the first tokens of the held-out text for the zoo's model, else random ones."""
    if name in NAMES:
        draw = torch.Generator().manual_seed(SEED)
        return [int(token) for token in torch.randint(vocab, (tokens,), generator=draw)]
    from golden.zoo.corpus import HELDOUT, to_tokens

    text = to_tokens(HELDOUT.read_text(encoding="utf-8"))
    return [int(token) for token in text[:tokens]]


def _quantized(profile: str) -> IntegerModel:
    from golden.mamba2 import accuracy, checkpoint
    from golden.mamba2.quantize import Options
    from golden.zoo.corpus import HELDOUT, to_tokens

    folder: Path = build_dir() / "models"
    cfg, weights = checkpoint.load(bundles.ZOO / TINY)
    windows, length = bundles.CALIBRATION
    tokens = to_tokens(HELDOUT.read_text(encoding="utf-8")).to(torch.int64)[: windows * length].reshape(windows, length)
    with bundles.one_thread():
        return accuracy.cached(folder, Options())(cfg, weights, profiles.load(profile), tokens).model

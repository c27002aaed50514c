# SPDX-License-Identifier: Apache-2.0
"""Integer models for runs of `ternary_accel`, made once and kept in build/models, and what they read."""

from dataclasses import replace
from pathlib import Path

import torch

from golden.errors import InputError
from golden.ternary import checkpoint
from golden.ternary.config import BitNetConfig
from golden.ternary.integer import profile as profiles
from golden.ternary.integer import store, synthetic
from golden.ternary.integer.model import IntegerModel, Requests
from golden.ternary.integer.quantize import quantize
from golden.ternary.published import NAMES, published
from harness import bundles, console, mamba2_tiny
from harness.atomic import publish_dir
from harness.paths import build_dir
from harness.provenance import source_revision

SEED = 1
TINY = "bitnet-tiny"


def shape_of(name: str) -> BitNetConfig:
    """Shape of a whole model: the zoo's or a published one."""
    return published(name) if name in NAMES else checkpoint.load(bundles.ZOO / name).config


def whole_layers(name: str, layers: int | None) -> int:
    """Return how many layers a model has. InputError: `layers`, those that are asked for, are none of it."""
    most = shape_of(name).num_hidden_layers
    if layers is not None and not 1 <= layers <= most:
        raise InputError(f"--layers: found {layers}, expected 1 .. {most}, those of {name}")
    return most


def integer_model(name: str, layers: int) -> tuple[IntegerModel, str]:
    """Return the first `layers` layers of a model with its ends, and where it comes from.

    The zoo's is quantized, one of a published shape generated: with so many layers, so that its residual stream grows
    as that of a whole one.

    Raises:
        InputError: its folder holds something else. MachineError: it cannot be written.
    """
    shape = replace(shape_of(name), num_hidden_layers=layers)
    if name == TINY:
        whole = quantize(checkpoint.load(bundles.ZOO / name))
        return replace(whole, cfg=shape, layers=tuple(whole.layers[:layers])), "zoo, quantized"
    part = "" if layers == published(name).num_hidden_layers else f"-{layers}-layers"
    folder = build_dir() / "models" / f"{name}{part}-{profiles.NAME}-seed{SEED}"
    with console.progress(f"{name}, {layers} layers") as bar:

        def fill(path: Path) -> None:
            synthetic.write(path, shape, seed=SEED, progress=bar, revision=source_revision()[0])

        publish_dir(folder, fill)
    found = store.load(folder)
    if found.cfg != shape:
        raise InputError(f"{folder}: holds a model of {found.cfg}, expected {shape}; remove the folder")
    return found, f"generated, seed {SEED}"


def prompt_of(name: str, vocab: int, tokens: int) -> list[int]:
    """Return the first tokens of the held-out text for the zoo's model, else random ones."""
    if name == TINY:
        return [int(token) for token in mamba2_tiny.text(0, tokens)]
    draw = torch.Generator().manual_seed(SEED)
    return [int(token) for token in torch.randint(vocab, (tokens,), generator=draw)]


def requests_of(shape: BitNetConfig, prefix: int, own: tuple[int, ...]) -> Requests:
    """Return random keys and values of so many positions, which no text was read for."""
    texts = tuple(synthetic.cache(shape, count, SEED, f"text {text}") for text, count in enumerate(own))
    return Requests(synthetic.cache(shape, prefix, SEED, "prefix"), texts)

# SPDX-License-Identifier: Apache-2.0
"""The checkpoints that baselines run, made once below build/models, and what the golden float model chooses in them."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from golden.checkpoints import content_hash, save
from golden.errors import InputError
from golden.mamba2 import checkpoint as mamba2
from golden.mamba2 import generate as mamba2_text
from golden.mamba2 import random_checkpoint as random_mamba2
from golden.mamba2.model import forward as mamba2_forward
from golden.mamba2.published import NAMES as MAMBA2
from golden.mamba2.published import published as mamba2_shape
from golden.ternary import checkpoint as bitnet
from golden.ternary import generate as bitnet_text
from golden.ternary import random_checkpoint as random_bitnet
from golden.ternary import two_bit
from golden.ternary.config import hf_config, linear_shapes
from golden.ternary.model import forward as bitnet_forward
from golden.ternary.published import NAMES as BITNET
from golden.ternary.published import published as bitnet_shape
from golden.ternary.quant import quantize_weight
from harness import bundles, console, mamba2_tiny
from harness.atomic import locked, publish_dir
from harness.bench.mamba2_workloads import MODELS as SHORT
from harness.paths import build_dir

Family = Literal["mamba2", "bitnet"]

TINY = (*bundles.MAMBA2_MODELS, *bundles.TERNARY_MODELS)
NAMES = (*TINY, *MAMBA2, *BITNET)
SEED = 1


@dataclass(frozen=True)
class Source:
    """A model to run: its folder as golden reads it, and as `transformers` does.

    They differ for float masters of a ternary model, which `transformers` would quantize anew in every step.
    `positions`: the longest context, None without a limit.
    """

    name: str
    family: Family
    golden: Path
    theirs: Path
    origin: str
    vocab: int
    positions: int | None


def source(name: str) -> Source:
    """Return a model of the zoo, or of a published shape, generated from SEED where it is not there yet.

    Raises:
        InputError: an unknown name. MachineError: the checkpoint cannot be written.
    """
    name = SHORT.get(name, name)
    if name not in NAMES:
        raise InputError(f"--model: found {name!r}, expected one of {', '.join((*SHORT, *NAMES))}")
    if name in TINY:
        return _described(name, bundles.ZOO / name, "zoo")
    folder = build_dir() / "models" / f"{name}-float32-seed{SEED}"

    def fill(path: Path) -> None:
        with console.progress(f"{name}, random checkpoint") as bar:
            if name in MAMBA2:
                random_mamba2.write(path, mamba2_shape(name), SEED, progress=bar)
            else:
                random_bitnet.write(path, bitnet_shape(name), SEED, form="autobitlinear", progress=bar)

    with locked(folder):
        if not folder.is_dir():
            fill(folder)
    return _described(name, folder, f"random checkpoint, seed {SEED}")


def _described(name: str, path: Path, origin: str) -> Source:
    if name in (*MAMBA2, *bundles.MAMBA2_MODELS):
        return Source(name, "mamba2", path, path, origin, mamba2.open_model(path)[2].vocab_size, None)
    found = bitnet.open_model(path)[1]
    theirs = path
    if found.form == "online":
        theirs = build_dir() / "models" / f"{name}-packed-{content_hash(sorted(path.iterdir()))[:12]}"
        publish_dir(theirs, lambda folder: pack(path, folder))
        origin = f"{origin}, weights quantized ahead"
    c = found.config
    return Source(name, "bitnet", path, theirs, origin, c.vocab_size, c.max_position_embeddings)


def pack(path: Path, target: Path) -> None:
    """Write a BitNet of float masters as one of ternary weights, which `transformers` unpacks when it loads them."""
    model = bitnet.load(path)
    tensors = dict(model.tensors)
    for name in linear_shapes(model.config):
        q, scale = quantize_weight(tensors[f"{name}.weight"])
        tensors |= {f"{name}.weight": two_bit.pack(q), f"{name}.weight_scale": (1 / scale).reshape(1)}
    save(target, hf_config(model.config, "autobitlinear"), tensors)


def prompt(model: Source, tokens: int) -> Tensor:
    """Return the first tokens int64 [tokens] of the held-out text for a model of the zoo, else random ones."""
    if model.name in TINY:
        text = mamba2_tiny.text(0, tokens)
        if len(text) == tokens:
            return text
    return torch.randint(model.vocab, (tokens,), generator=torch.Generator().manual_seed(SEED))


# ---- what golden chooses


def chosen(model: Source, read: Tensor, count: int) -> Tensor:
    """Return the tokens int64 [count] that the golden float32 model chooses behind `read` int64 [L]."""
    if model.family == "mamba2":
        cfg, weights = mamba2.load(model.golden)
        return mamba2_text.generate(read, count, weights, cfg)
    return bitnet_text.generate(read, count, bitnet.load(model.golden))


def logits(model: Source, read: Tensor) -> Tensor:
    """Return the golden float32 logits [V] behind `read` int64 [L]."""
    if model.family == "mamba2":
        cfg, weights = mamba2.load(model.golden)
        return mamba2_forward(read[None], weights, cfg)[0][0, -1]
    return bitnet_forward(bitnet.load(model.golden), read)[-1]

# SPDX-License-Identifier: Apache-2.0
"""Random Mamba2 checkpoints of any shape, with outliers: stands in for published weights where they cannot be had.

Written a shard at a time, so that a model of any size can be made in the memory of its largest tensor or shard.
"""

from collections.abc import Callable
from math import prod
from pathlib import Path
from typing import Literal, get_args

import torch
from torch import Tensor

from golden.checkpoints.writer import new_directory, write_bin, write_config, write_safetensors
from golden.errors import InputError
from golden.mamba2 import state_spaces
from golden.mamba2.config import Mamba2Config
from golden.mamba2.huggingface import hf_config
from golden.mamba2.names import EMBEDDING, EMBEDDING_ORIGINAL, HEAD, tensor_shapes
from golden.mamba2.published import PADDING, VOCAB
from golden.mamba2.statistics import Statistics

Dtype = Literal["float32", "bfloat16", "float16"]
Layout = Literal["huggingface", "state-spaces"]
Progress = Callable[[int, int], None]
"""Called with the parameters written so far, and with those of the whole model."""


def write(
    path: Path,
    cfg: Mamba2Config,
    seed: int,
    dtype: Dtype = "float32",
    layout: Layout = "huggingface",
    shard_bytes: int = 512 << 20,
    progress: Progress | None = None,
) -> None:
    """Write the random model that `seed` stands for as the new checkpoint directory `path`.

    layout huggingface: `model.safetensors`, in shards of about `shard_bytes` bytes if it is larger; state-spaces: one
    `pytorch_model.bin` with the tied head in it, as the originals have. The same seed gives the same bytes, and the
    same weights in every layout. Raises InputError for an existing path or what a layout cannot say, MachineError when
    `path` cannot be written; nothing partial remains.
    """
    _expect_choice("dtype", dtype, get_args(Dtype))
    _expect_choice("layout", layout, get_args(Layout))
    if shard_bytes < 1:
        raise InputError(f"random checkpoint: shard_bytes is {shard_bytes}, expected at least 1")
    torch_dtype: torch.dtype = getattr(torch, dtype)
    original = layout == "state-spaces"
    shapes = tensor_shapes(cfg, EMBEDDING_ORIGINAL if original else EMBEDDING)
    fill = _counted(Statistics(cfg, seed), sum(map(prod, shapes.values())), progress)
    config = _original_config(cfg) if original else hf_config(cfg, dtype=dtype)
    with new_directory(path) as folder:
        if original:
            write_bin(folder, shapes, {HEAD: EMBEDDING_ORIGINAL} if cfg.tie_embeddings else {}, torch_dtype, fill)
        else:
            write_safetensors(folder, shapes, torch_dtype, fill, shard_bytes)
        write_config(folder, config)


def _expect_choice(key: str, found: str, choices: tuple[str, ...]) -> None:
    if found not in choices:
        raise InputError(f"random checkpoint: {key} is {found!r}, expected one of {', '.join(choices)}")


def _original_config(cfg: Mamba2Config) -> dict[str, object]:
    """`config.json` of the original layout; the published vocabulary is given before padding, as there."""
    if cfg.vocab_size == state_spaces.padded(VOCAB, PADDING):
        return state_spaces.config_of(cfg, VOCAB, PADDING)
    return state_spaces.config_of(cfg)


def _counted(model: Statistics, total: int, progress: Progress | None) -> Callable[[str, Tensor], None]:
    """`model.fill` under the names of both layouts, telling `progress` after every tensor."""
    done = 0

    def fill(name: str, out: Tensor) -> None:
        nonlocal done
        model.fill(EMBEDDING if name == EMBEDDING_ORIGINAL else name, out)
        done += out.numel()
        if progress is not None:
            progress(done, total)

    return fill

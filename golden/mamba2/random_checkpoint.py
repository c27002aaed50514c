# SPDX-License-Identifier: Apache-2.0
"""Random Mamba2 checkpoints of any shape, with outliers: stands in for published weights where they cannot be had.

Written a shard at a time, so that a model of any size can be made in the memory of its largest tensor or shard.
"""

from math import prod
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from golden.checkpoints.generated import Dtype, Progress, check_wishes, counted
from golden.checkpoints.writer import new_directory, write_bin, write_config, write_safetensors
from golden.mamba2 import state_spaces
from golden.mamba2.config import Mamba2Config
from golden.mamba2.huggingface import hf_config
from golden.mamba2.names import EMBEDDING, EMBEDDING_ORIGINAL, HEAD, tensor_shapes
from golden.mamba2.published import PADDING, VOCAB
from golden.mamba2.statistics import Statistics

Layout = Literal["huggingface", "state-spaces"]


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
    check_wishes(shard_bytes, dtype=(dtype, Dtype), layout=(layout, Layout))
    torch_dtype: torch.dtype = getattr(torch, dtype)
    original = layout == "state-spaces"
    model = Statistics(cfg, seed)

    def renamed(name: str, out: Tensor) -> None:
        model.fill(EMBEDDING if name == EMBEDDING_ORIGINAL else name, out)

    shapes = tensor_shapes(cfg, EMBEDDING_ORIGINAL if original else EMBEDDING)
    fill = counted(renamed, sum(map(prod, shapes.values())), progress)
    config = _original_config(cfg) if original else hf_config(cfg, dtype=dtype)
    with new_directory(path) as folder:
        if original:
            write_bin(folder, shapes, {HEAD: EMBEDDING_ORIGINAL} if cfg.tie_embeddings else {}, torch_dtype, fill)
        else:
            write_safetensors(folder, shapes, torch_dtype, fill, shard_bytes)
        write_config(folder, config)


def _original_config(cfg: Mamba2Config) -> dict[str, object]:
    """`config.json` of the original layout; the published vocabulary is given before padding, as there."""
    if cfg.vocab_size == state_spaces.padded(VOCAB, PADDING):
        return state_spaces.config_of(cfg, VOCAB, PADDING)
    return state_spaces.config_of(cfg)

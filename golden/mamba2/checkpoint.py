# SPDX-License-Identifier: Apache-2.0
"""Mamba2 checkpoints: which layout a directory has, and the model in it, read when it is used.

Two layouts of `config.json` and of the embedding's name: that of Hugging Face `transformers`, and the original one of
`state-spaces/mamba2-*`. Either may come as `.safetensors` or `.bin`, in one file or in shards; see golden.checkpoints.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from golden.checkpoints import Store, open_store
from golden.checkpoints.directory import CONFIG
from golden.errors import InputError
from golden.mamba2 import huggingface, state_spaces
from golden.mamba2.config import Mamba2Config, ModelWeights
from golden.mamba2.huggingface import hf_config, parse_config
from golden.mamba2.lazy import LazyWeights, Source
from golden.mamba2.names import EMBEDDING, EMBEDDING_ORIGINAL, HEAD, layer_name, tensor_shapes

__all__ = [
    "LAYOUTS", "Layout", "hf_config", "in_memory", "layer_name", "layout_of", "load", "open_model", "parse_config",
    "tensor_shapes", "verify",
]  # fmt: skip


@dataclass(frozen=True)
class Layout:
    """A way to publish Mamba2: its keys in `config.json`, and the name of the embedding."""

    name: str
    keys: frozenset[str]  # one of them in config.json tells the layout
    parse: Callable[[Mapping[str, Any], Path], Mamba2Config]
    embedding: str


HUGGINGFACE = Layout(
    "huggingface", frozenset({"model_type", "hidden_size", "state_size"}), huggingface.parse_config, EMBEDDING
)
STATE_SPACES = Layout("state-spaces", frozenset({"d_model", "ssm_cfg"}), state_spaces.parse_config, EMBEDDING_ORIGINAL)
LAYOUTS = (HUGGINGFACE, STATE_SPACES)


def layout_of(config: Mapping[str, Any], source: Path) -> Layout:
    """The layout that the keys of `config.json` belong to; InputError when to none, or to both."""
    found = [layout for layout in LAYOUTS if layout.keys & config.keys()]
    if len(found) == 1:
        return found[0]
    seen = ", ".join(sorted(config.keys() & (HUGGINGFACE.keys | STATE_SPACES.keys))) or "none of their keys"
    raise InputError(
        f"{source}: found {seen}; expected the Mamba2 config either of transformers (model_type, hidden_size, ...) "
        "or of state-spaces (d_model, ssm_cfg, ...)"
    )


def open_model(path: Path) -> tuple[Store, Layout, Mamba2Config]:
    """Open the checkpoint directory `path` and check names, shapes and types of its tensors; none is read."""
    store = open_store(path)
    source = path / CONFIG
    layout = layout_of(store.config, source)
    try:
        cfg = layout.parse(store.config, source)
    except InputError as error:
        raise error if str(source) in str(error) else InputError(f"{source}: {error}") from None
    shapes = tensor_shapes(cfg, layout.embedding)
    store.expect(shapes, optional={HEAD: shapes[layout.embedding]} if cfg.tie_embeddings else {})
    return store, layout, cfg


def load(path: Path, dtype: torch.dtype = torch.float32) -> tuple[Mamba2Config, ModelWeights]:
    """Model of the checkpoint directory `path`, its tensors as `dtype`, each read when it is used.

    `layers[i]` reads layer i and keeps nothing; embedding, norm and head are kept from their first use on. Raises
    InputError here when it is no sound Mamba2 checkpoint, and at the use of a tensor that holds NaN or infinity or that
    `dtype` cannot hold exactly, of a head that is not the embedding it is tied to, and of a file changed meanwhile.
    """
    store, layout, cfg = open_model(path)
    return cfg, LazyWeights.of(Source(store, cfg, layout.embedding, dtype))


def verify(weights: ModelWeights) -> None:
    """Use every tensor once, so that InputError comes now or not at all; one layer at a time is in memory."""
    for i in range(len(weights.layers)):
        weights.layers[i]
    _ = weights.norm_f, weights.head


def in_memory(weights: ModelWeights) -> ModelWeights:
    """The same weights, all read: for small models, and for decoding, which uses every layer at every token."""
    return ModelWeights(weights.embedding, tuple(weights.layers), weights.norm_f, weights.head)

# SPDX-License-Identifier: Apache-2.0
"""What a Mamba2 checkpoint is, told from its headers alone: layout, shape, types, parameters, files."""

from dataclasses import dataclass
from math import prod
from pathlib import Path

from golden.checkpoints.summary import Summary, summarize
from golden.mamba2.checkpoint import open_model
from golden.mamba2.config import Mamba2Config
from golden.mamba2.names import HEAD, layer_shapes
from golden.mamba2.published import NAMES, published

LINEAR = ("in_proj", "out_proj")


@dataclass(frozen=True)
class Parameters:
    """Numbers of parameters by part, and of the state's elements that a text needs while it is read."""

    linear: int  # in_proj and out_proj of all layers
    embedding: int
    head: int  # 0 when tied
    other: int  # convolutions, dt_bias, A_log, D and norms
    ssm_state: int  # elements of h, all layers
    conv_state: int  # elements of the convolutions' history, all layers

    @property
    def total(self) -> int:
        """All parameters, a tied head counted once."""
        return self.linear + self.embedding + self.head + self.other


@dataclass(frozen=True)
class ModelInfo:
    """A checkpoint as `describe` found it; nothing but headers was read."""

    path: Path
    layout: str  # "huggingface" or "state-spaces"
    summary: Summary
    config: Mamba2Config
    published: str | None  # name of the published size that has this shape
    parameters: Parameters
    stored_head: bool  # whether the files hold a head of their own, equal to the embedding if tied


def count(cfg: Mamba2Config) -> Parameters:
    """Parameters of a model of shape `cfg`."""
    layer = {field: prod(shape) for field, shape in layer_shapes(cfg).items()}
    linear = sum(layer[field] for field in LINEAR)
    embedding = cfg.vocab_size * cfg.d_model
    return Parameters(
        linear=cfg.n_layer * linear,
        embedding=embedding,
        head=0 if cfg.tie_embeddings else embedding,
        other=cfg.n_layer * (sum(layer.values()) - linear) + cfg.d_model,
        ssm_state=cfg.n_layer * cfg.nheads * cfg.headdim * cfg.d_state,
        conv_state=cfg.n_layer * (cfg.d_conv - 1) * cfg.conv_dim,
    )


def describe(path: Path) -> ModelInfo:
    """Describe the checkpoint directory `path`; InputError as `golden.mamba2.checkpoint.load`, but for NaN."""
    store, layout, cfg = open_model(path)
    return ModelInfo(
        path=path,
        layout=layout.name,
        summary=summarize(store),
        config=cfg,
        published=next((name for name in NAMES if published(name) == cfg), None),
        parameters=count(cfg),
        stored_head=HEAD in store.entries,
    )

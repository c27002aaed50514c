# SPDX-License-Identifier: Apache-2.0
"""What a BitNet checkpoint is, told from its headers alone: layout, form, shape, types, parameters, files."""

from dataclasses import dataclass
from math import prod
from pathlib import Path

from golden.checkpoints.summary import Summary, summarize
from golden.ternary.checkpoint import open_model
from golden.ternary.config import EMBEDDING, HEAD, BitNetConfig, Form, Layout, linear_shapes, tensor_shapes
from golden.ternary.published import NAMES, published


@dataclass(frozen=True)
class Parameters:
    """Numbers of parameters by part, and of the elements that the cache holds for one token."""

    ternary: int  # projections of all layers
    embedding: int
    head: int  # 0 when tied
    other: int  # norms
    cache: int  # elements of keys and values of one token, all layers

    @property
    def total(self) -> int:
        """All parameters, a tied head counted once."""
        return self.ternary + self.embedding + self.head + self.other


@dataclass(frozen=True)
class ModelInfo:
    """A checkpoint as `describe` found it; nothing but headers was read."""

    path: Path
    layout: Layout
    form: Form
    summary: Summary
    config: BitNetConfig
    published: str | None  # name of the published size that has this shape
    parameters: Parameters
    stored_head: bool  # whether the files hold a head of their own, equal to the embedding if tied


def count(c: BitNetConfig) -> Parameters:
    """Parameters of a model of shape `c`."""
    shapes = {name: prod(shape) for name, shape in tensor_shapes(c).items()}
    ternary, embedding, head = sum(map(prod, linear_shapes(c).values())), shapes[EMBEDDING], shapes.get(HEAD, 0)
    return Parameters(
        ternary=ternary,
        embedding=embedding,
        head=head,
        other=sum(shapes.values()) - ternary - embedding - head,
        cache=2 * c.num_hidden_layers * c.num_key_value_heads * c.head_dim,
    )


def describe(path: Path) -> ModelInfo:
    """Describe the checkpoint directory `path`; InputError as `golden.ternary.checkpoint.load`, but for values."""
    store, found = open_model(path)
    return ModelInfo(
        path=path,
        layout=found.layout,
        form=found.form,
        summary=summarize(store),
        config=found.config,
        published=next((name for name in NAMES if published(name) == found.config), None),
        parameters=count(found.config),
        stored_head=HEAD in store.entries,
    )

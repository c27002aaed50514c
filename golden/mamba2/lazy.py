# SPDX-License-Identifier: Apache-2.0
"""Weights that stay on disk until they are used, and leave memory when their user drops them."""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from golden.checkpoints import Store
from golden.mamba2.config import LayerWeights, Mamba2Config, ModelWeights
from golden.mamba2.names import HEAD, NORM_F, TENSORS, layer_name
from golden.on_demand import OnDemand


@dataclass(frozen=True)
class Source:
    """Where the weights of a model come from: a checkpoint whose names and shapes have been checked."""

    store: Store
    cfg: Mamba2Config
    embedding: str  # the name of the embedding
    dtype: torch.dtype

    def tensor(self, name: str) -> Tensor:
        """Read one tensor; InputError where it holds NaN or infinity."""
        return self.store.read([name], self.dtype)[name]

    def layer(self, index: int) -> LayerWeights:
        """Read the tensors of one layer; InputError where one holds NaN or infinity."""
        names = {ours: layer_name(index, ours) for ours in TENSORS}
        read = self.store.read(names.values(), self.dtype)
        found = {ours: read[name] for ours, name in names.items()}
        return LayerWeights(**found | {"conv_weight": found["conv_weight"].squeeze(1)})


class LazyWeights(ModelWeights):
    """ModelWeights that read embedding, final norm and head when they are first used, and keep these three."""

    source: Source

    @classmethod
    def of(cls, source: Source) -> "LazyWeights":
        """Weights of the model in `source`, none of them read yet."""
        weights = object.__new__(cls)
        weights.__dict__.update(source=source, layers=OnDemand(source.layer, range(source.cfg.n_layer)))
        return weights

    @cached_property
    def embedding(self) -> Tensor:
        """Embedding [V, D]."""
        return self.source.tensor(self.source.embedding)

    @cached_property
    def norm_f(self) -> Tensor:
        """Weight [D] of the final norm."""
        return self.source.tensor(NORM_F)

    @cached_property
    def head(self) -> Tensor:
        """Head [V, D]: the embedding when tied, to which a stored head must then be equal."""
        if not self.source.cfg.tie_embeddings:
            return self.source.tensor(HEAD)
        if HEAD in self.source.store.entries:
            self.source.store.expect_equal(HEAD, self.embedding)
        return self.embedding

    def __repr__(self) -> str:
        return f"LazyWeights({self.source.store.path}, {self.source.dtype})"

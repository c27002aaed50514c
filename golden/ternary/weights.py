# SPDX-License-Identifier: Apache-2.0
"""The record of a BitNet model: dimensions, float tensors, ternary projections."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from torch import Tensor

from golden.ternary.config import EMBEDDING, HEAD, BitNetConfig
from golden.ternary.quant import TernaryMatrix, quantize_weight


@dataclass(frozen=True)
class BitNet:
    """A BitNet model: its dimensions, its float tensors under the names of `transformers`, its ternary projections.

    A projection that is not in `packed` is quantized from its master weights in `tensors` whenever it is used. Both
    may be read from a checkpoint when they are used; see `golden.ternary.checkpoint`.
    """

    config: BitNetConfig
    tensors: Mapping[str, Tensor]
    packed: Mapping[str, TernaryMatrix] = field(default_factory=dict)

    def projection(self, name: str) -> TernaryMatrix:
        """The ternary matrix of the projection `name` (without `.weight`)."""
        found = self.packed.get(name)
        return found if found is not None else TernaryMatrix(*quantize_weight(self.tensors[f"{name}.weight"]), "online")

    @property
    def head(self) -> Tensor:
        """The matrix [V, D] that gives the logits: the embedding when tied."""
        return self.tensors[EMBEDDING if self.config.tie_word_embeddings else HEAD]

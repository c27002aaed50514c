# SPDX-License-Identifier: Apache-2.0
"""mamba2-tiny for the trainer: the float reference itself, in its chunked form, with dropout on the residual stream."""

import math
from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the name that every PyTorch reader expects
from torch import Tensor

from golden.mamba2 import checkpoint, model
from golden.mamba2.config import Mamba2Config, ModelWeights
from golden.mamba2.module import Mamba2Model
from golden.zoo.corpus import START, VOCAB

TINY = Mamba2Config(
    d_model=128, n_layer=4, vocab_size=VOCAB, d_state=64, headdim=32, expand=2, ngroups=1, d_conv=4, chunk_size=32
)


class TrainableMamba2(Mamba2Model):
    """Mamba2 with tied embeddings; parameter names are those of `transformers`."""

    def __init__(self, cfg: Mamba2Config, dropout: float) -> None:
        super().__init__(cfg)
        self.dropout = dropout

    def forward(self, tokens: Tensor) -> Tensor:
        """Tokens int64 [B, L] -> logits [B, L, V]."""
        if not self.training or self.dropout == 0:
            return super().forward(tokens)
        w, eps = self.weights(), self.cfg.norm_eps
        r = F.dropout(F.embedding(tokens, w.embedding), self.dropout)
        for layer, state in zip(w.layers, model.initial_states(w, self.cfg, len(tokens)), strict=True):
            out, _ = model.mixer(model.rms_norm(r, layer.norm, eps), layer, state, self.cfg)
            r = r + F.dropout(out, self.dropout)
        return F.linear(model.rms_norm(r, w.norm_f, eps), w.head)

    def hf_config(self) -> dict[str, Any]:
        """`config.json` for `transformers`."""
        return checkpoint.hf_config(self.cfg, start_token=START)

    def hf_tensors(self) -> dict[str, Tensor]:
        """Tensors of `model.safetensors`, float32, without the tied head."""
        tensors = self.state_dict()
        return {name: tensors[name].float() for name in checkpoint.tensor_shapes(self.cfg)}


def build(seed: int, dropout: float) -> TrainableMamba2:
    """A freshly initialized mamba2-tiny."""
    torch.manual_seed(seed)
    return TrainableMamba2(TINY, dropout)


def carried_bits_per_byte(tokens: Tensor, w: ModelWeights, cfg: Mamba2Config, piece: int = 2048) -> float:
    """Mean of -log2 p over all bytes of `tokens` int64 [length] but the first, the state carried over the whole text.

    What decode sees: every byte is predicted from all bytes before it. Prefilled `piece` bytes at a time.
    """
    total, states = 0.0, None
    with torch.no_grad():
        for start in range(0, len(tokens) - 1, piece):
            window = tokens[start : start + piece + 1]
            logits, states = model.forward(window[None, :-1], w, cfg, states)
            total += float(F.cross_entropy(logits[0].double(), window[1:], reduction="sum"))
    return total / (len(tokens) - 1) / math.log(2)

# SPDX-License-Identifier: Apache-2.0
"""The five published sizes of Mamba2: the configurations of the checkpoints state-spaces/mamba2-*."""

from golden.errors import InputError
from golden.mamba2.config import Mamba2Config

VOCAB, PADDING = 50277, 16
"""Tokens of the GPT-NeoX tokenizer, and the multiple to which the embedding is padded: 50288 rows."""

_WIDTH_AND_LAYERS = {
    "mamba2-130m": (768, 24),
    "mamba2-370m": (1024, 48),
    "mamba2-780m": (1536, 48),
    "mamba2-1.3b": (2048, 48),
    "mamba2-2.7b": (2560, 64),
}
NAMES = tuple(_WIDTH_AND_LAYERS)


def published(name: str) -> Mamba2Config:
    """Shape of the published model `name`, one of NAMES in any case; InputError for another name."""
    if name.lower() not in NAMES:
        raise InputError(f"mamba2 model: found {name!r}, expected one of {', '.join(NAMES)}")
    d_model, n_layer = _WIDTH_AND_LAYERS[name.lower()]
    return Mamba2Config(d_model, n_layer, vocab_size=-(-VOCAB // PADDING) * PADDING, chunk_size=256)

# SPDX-License-Identifier: Apache-2.0
"""The choice of the next token from logits, for the float models."""

import torch
from torch import Tensor


def choose(logits: Tensor, temperature: float = 0.0, generator: torch.Generator | None = None) -> Tensor:
    """One token int64 [..., 1] from logits [..., V]: the likeliest, or a sample at `temperature` > 0.

    Sampling draws from `generator` alone, on the softmax of logits / temperature; ValueError without one.
    """
    if temperature == 0:
        return logits.argmax(dim=-1, keepdim=True)
    if generator is None:
        raise ValueError("sampling needs a generator, so that the text can be made again")
    return torch.multinomial(torch.softmax(logits / temperature, dim=-1), 1, generator=generator)

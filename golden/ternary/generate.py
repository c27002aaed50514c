# SPDX-License-Identifier: Apache-2.0
"""Text from a BitNet model: prefill of the prompt, then one token at a time from the cache."""

import torch
from torch import Tensor

from golden.sampling import choose
from golden.ternary.model import empty_cache, quantized, step
from golden.ternary.weights import BitNet


def generate(
    prompt: Tensor, count: int, model: BitNet, temperature: float = 0.0, generator: torch.Generator | None = None
) -> Tensor:
    """`count` tokens int64 [count] after `prompt` int64 [L]: the likeliest ones, or samples at `temperature` > 0.

    Sampling draws from `generator` alone, on the softmax of logits / temperature. Projections are quantized once.
    """
    ready = quantized(model)
    logits, cache = step(ready, prompt, empty_cache(ready))
    tokens: list[Tensor] = []
    while len(tokens) < count:
        tokens.append(choose(logits[-1], temperature, generator))  # [1]
        if len(tokens) < count:
            logits, cache = step(ready, tokens[-1], cache)
    return torch.cat(tokens) if tokens else prompt[:0]

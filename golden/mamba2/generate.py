# SPDX-License-Identifier: Apache-2.0
"""Text from a Mamba2 model: prefill of the prompt, then one token at a time."""

import torch
from torch import Tensor

from golden.mamba2.config import Mamba2Config, ModelWeights
from golden.mamba2.model import forward, ssd_recurrent
from golden.sampling import choose


def generate(
    prompt: Tensor,
    count: int,
    w: ModelWeights,
    cfg: Mamba2Config,
    temperature: float = 0.0,
    generator: torch.Generator | None = None,
) -> Tensor:
    """`count` tokens int64 [count] after `prompt` int64 [L]: the likeliest ones, or samples at `temperature` > 0.

    Sampling draws from `generator` alone, on the softmax of logits / temperature.
    """
    logits, states = forward(prompt[None], w, cfg)
    tokens = []
    for _ in range(count):
        tokens.append(choose(logits[:, -1], temperature, generator))  # [1, 1]
        logits, states = forward(tokens[-1], w, cfg, states, scan=ssd_recurrent)
    return torch.cat(tokens, dim=1)[0] if tokens else prompt[:0]

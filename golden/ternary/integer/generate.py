# SPDX-License-Identifier: Apache-2.0
"""Greedy text from the integer model: up to four requests behind a shared prefix, as the accelerator decodes them."""

from collections.abc import Sequence

import torch
from torch import Tensor

from golden.errors import InputError
from golden.ternary.integer.block import MAX_BATCH, decode, prefill
from golden.ternary.integer.model import Cache, IntegerModel, Requests, empty_cache
from golden.topk import argmax


def greedy(model: IntegerModel, prompts: Sequence[Tensor], count: int, shared: int = 0) -> Tensor:
    """The `count` most likely next tokens of each prompt, one after the other.

    Args:
        model: any integer model.
        prompts: one to four, each int64 [L] of its own length.
        count: at least 1.
        shared: so many tokens at the start of every prompt are the same; their cache is kept once.

    Returns:
        int64 [B, count].

    Raises:
        InputError: the prompts do not share that many tokens, or one has none beyond them; and as `block.decode`.
    """
    if not 1 <= len(prompts) <= MAX_BATCH or count < 1:
        raise InputError(f"generate: {len(prompts)} prompts, {count} tokens; expected 1..{MAX_BATCH} and at least 1")
    for each in prompts:
        if len(each) <= shared or not torch.equal(each[:shared], prompts[0][:shared]):
            raise InputError(f"generate: prompts of {len(each)} tokens, expected the first {shared} equal, and more")
    prefix = prefill(prompts[0][:shared], model)[1] if shared else empty_cache(model)
    read = [_read(each[shared:], model, prefix) for each in prompts]
    requests = Requests(prefix, tuple(cache for _, cache in read))
    tokens = [argmax(torch.stack([logits for logits, _ in read]))]
    for _ in range(count - 1):
        logits, requests = decode(tokens[-1], model, requests)
        tokens.append(argmax(logits))
    return torch.stack(tokens, dim=1)


def _read(suffix: Tensor, model: IntegerModel, prefix: Cache) -> tuple[Tensor, Cache]:
    """Logits [V] behind the suffix, and the cache of the suffix alone."""
    logits, whole = prefill(suffix, model, prefix)
    return logits[-1], tuple(layer.behind(len(prefix[0])) for layer in whole)

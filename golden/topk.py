# SPDX-License-Identifier: Apache-2.0
"""The greatest logits in order: what the head returns beside, or instead of, all of them."""

import torch
from torch import Tensor

from golden.errors import InputError

Greatest = tuple[tuple[int, ...], tuple[int, ...]]
"""Indices and values of the greatest logits of a text; the first index is the token that greedy decoding chooses."""


def topk(logits: Tensor, k: int) -> tuple[Tensor, Tensor]:
    """Return the k greatest logits, greatest first, of equal ones the lower index first.

    Args:
        logits: [..., V] int64.
        k: 1..V; 1 is the argmax.

    Returns:
        Indices and values, both int64 [..., k].

    Raises:
        InputError: k is out of range.
    """
    if not 1 <= k <= logits.shape[-1]:
        raise InputError(f"topk: k is {k}; expected 1..{logits.shape[-1]}, the logits there are")
    values, indices = torch.sort(logits, dim=-1, descending=True, stable=True)
    return indices[..., :k], values[..., :k]


def argmax(logits: Tensor) -> Tensor:
    """Index of the greatest logit, the lowest of equal ones: [..., V] -> int64 [...]."""
    return topk(logits, 1)[0][..., 0]


def greatest(logits: Tensor, k: int) -> Greatest:
    """Return the k greatest of [V] logits as a record: indices, values. Errors as for `topk`."""
    index, value = (tuple(each.tolist()) for each in topk(logits, k))
    return index, value

# SPDX-License-Identifier: Apache-2.0
"""Bits per byte of a language model on a text."""

import math
from collections.abc import Callable

import torch
from torch.nn import functional

Logits = Callable[[torch.Tensor], torch.Tensor]


def bits_per_byte(
    logits: Logits, tokens: torch.Tensor, context: int = 256, stride: int = 128, batch: int = 32
) -> float:
    """Mean of -log2 p(byte | what stands before it) over all bytes of `tokens` [length] but the first.

    `logits` maps tokens int64 [B, context] to logits [B, context, 256]. Windows of `context` bytes start `stride`
    bytes apart and each byte counts once, in the window that shows it the longest past: at least
    `context - stride` bytes, except at the start of the text.
    """
    tokens = tokens.to(torch.int64)
    last = max(len(tokens) - 1 - context, 0)
    starts = sorted({*range(0, last, stride), last})
    total, counted = 0.0, 0
    with torch.no_grad():
        for group in (starts[i : i + batch] for i in range(0, len(starts), batch)):
            windows = torch.stack([tokens[s : s + context + 1] for s in group])
            loss = functional.cross_entropy(
                logits(windows[:, :-1]).float().transpose(1, 2), windows[:, 1:], reduction="none"
            ).double()  # [B, context]
            for row, start in zip(loss, group, strict=True):
                fresh = row[counted - start :]
                total += float(fresh.sum())
                counted += len(fresh)
    return total / counted / math.log(2)

# SPDX-License-Identifier: Apache-2.0
"""Beats of several tensors side by side."""

from collections.abc import Sequence

from torch import Tensor

from tests.rtl.stream_vectors import pack


def beat(parts: Sequence[tuple[Tensor, int]]) -> int:
    """Return tensors of numbers, each with the width of its numbers in bits, side by side, first lowest."""
    whole = at = 0
    for numbers, width in parts:
        whole |= pack(numbers.flatten().tolist(), width) << at
        at += numbers.numel() * width
    return whole

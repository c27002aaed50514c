# SPDX-License-Identifier: Apache-2.0
"""Greedy decoding of the golden model one token at a time, to check an accelerator while it runs."""

from collections.abc import Iterator, Sequence

import torch

from golden.mamba2.accel.outcome import BEST
from golden.mamba2.integer.block import forward
from golden.mamba2.integer.model import IntegerModel, IntegerState
from golden.topk import topk

Greatest = tuple[tuple[int, ...], tuple[int, ...]]
"""Indices and values of the BEST greatest logits; the first index is the token."""


class Decoder:
    """A model whose states go on from text to text, as those of the accelerator do."""

    def __init__(self, model: IntegerModel) -> None:
        self._model = model
        self._states: tuple[IntegerState, ...] | None = None

    def steps(self, prompt: Sequence[int], keep: bool = False) -> Iterator[Greatest]:
        """Yield the greatest logits behind the prompt, then behind each chosen token; compute nothing ahead.

        Args:
            prompt: tokens, at least one.
            keep: go on from the states behind the last text, else from zero.

        Raises:
            CheckError: an intermediate leaves its derived width.
        """
        tokens, states = list(prompt), self._states if keep else None
        while True:
            logits, states = forward(torch.tensor([tokens]), self._model, states)
            self._states = states
            index, value = (tuple(each.tolist()) for each in topk(logits[0, -1], BEST))
            yield index, value
            tokens = [int(index[0])]

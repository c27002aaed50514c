# SPDX-License-Identifier: Apache-2.0
"""Greedy decoding of the golden model one token at a time, to check an accelerator while it runs."""

from collections.abc import Iterator, Sequence

import torch

from golden.mamba2.accel.outcome import BEST
from golden.mamba2.integer.block import forward
from golden.mamba2.integer.model import IntegerModel, IntegerState
from golden.topk import Greatest, greatest


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
            best = greatest(logits[0, -1], BEST)
            yield best
            tokens = [best[0][0]]

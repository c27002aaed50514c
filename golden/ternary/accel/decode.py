# SPDX-License-Identifier: Apache-2.0
"""Greedy decoding of the golden model one step of all texts at a time, to check an accelerator while it runs."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from golden.errors import InputError
from golden.ternary.accel.outcome import BEST
from golden.ternary.integer.block import decode, prefill
from golden.ternary.integer.model import Cache, IntegerModel, Requests, empty_cache
from golden.topk import Greatest, greatest


class Decoder:
    """A model whose cache goes on from start to start, as that of the accelerator does.

    Attributes:
        requests: the shared prefix and each text so far, without the last chosen tokens; None before the first texts.
    """

    def __init__(self, model: IntegerModel) -> None:
        self._model = model
        self.requests: Requests | None = None

    def steps(
        self, prompts: Sequence[Sequence[int]], shared: int = 0, keep: bool = False
    ) -> Iterator[tuple[Greatest, ...]]:
        """Yield the greatest logits of every text behind its prompt, then behind its chosen tokens; nothing ahead.

        Args:
            prompts: of each text at least one token that is its own.
            shared: so many tokens at the start of every prompt are the same; they are read once.
            keep: the same texts go on: nothing is shared anew, and prompts stand behind what is cached.

        Raises:
            InputError: the prompts do not share that many tokens, or there are no texts that could go on; and as
                `prefill` and `decode`.
            CheckError: an intermediate leaves its derived width.
        """
        requests = self._kept(len(prompts)) if keep else self._fresh(prompts, shared)
        self.requests = None
        rest = [torch.tensor(prompt[0 if keep else shared :]) for prompt in prompts]
        read = [self._read(text, requests.prefix, own) for text, own in zip(rest, requests.own, strict=True)]
        logits, self.requests = torch.stack([each for each, _ in read]), Requests(requests.prefix, _own(read))
        while True:
            best = tuple(greatest(each, BEST) for each in logits)
            yield best
            chosen = torch.tensor([index[0] for index, _ in best])
            logits, self.requests = decode(chosen, self._model, self.requests)

    def _kept(self, texts: int) -> Requests:
        there = 0 if self.requests is None else len(self.requests)
        if self.requests is None or there != texts:
            raise InputError(f"decode: {texts} texts are to go on, there are {there}")
        return self.requests

    def _fresh(self, prompts: Sequence[Sequence[int]], shared: int) -> Requests:
        if not prompts or any(len(each) <= shared or each[:shared] != prompts[0][:shared] for each in prompts):
            found = ", ".join(str(len(each)) for each in prompts)
            raise InputError(f"decode: prompts of {found} tokens, expected the first {shared} equal, and more")
        empty = empty_cache(self._model)
        prefix = prefill(torch.tensor(prompts[0][:shared]), self._model)[1] if shared else empty
        return Requests(prefix, (empty,) * len(prompts))

    def _read(self, tokens: Tensor, prefix: Cache, own: Cache) -> tuple[Tensor, Cache]:
        """Logits [V] behind the tokens, and the cache of the text alone with them in it."""
        before = tuple(shared.join(each) for shared, each in zip(prefix, own, strict=True))
        logits, whole = prefill(tokens, self._model, before)
        return logits[-1], tuple(layer.behind(len(prefix[0])) for layer in whole)


def _own(read: Sequence[tuple[Tensor, Cache]]) -> tuple[Cache, ...]:
    return tuple(cache for _, cache in read)

# SPDX-License-Identifier: Apache-2.0
"""Greedy text: what a prefill of the whole text would choose at each place, alone, together and behind a prefix."""

import pytest
import torch

from golden.errors import InputError
from golden.ternary.integer.block import prefill
from golden.ternary.integer.generate import greedy
from golden.topk import argmax, topk
from tests.golden.ternary.integer.models import random_model

PROMPTS = [torch.tensor([7, 3, 9, 1, *rest]) for rest in ([2], [5, 8, 8], [2, 2], [30])]


@pytest.mark.parametrize("shape", ["squared-relu", "swiglu"])
def test_tokens_are_those_of_prefill(shape: str) -> None:
    """Four prompts together, with and without a shared prefix, give what each alone and what teacher forcing gives."""
    model = random_model(shape)
    found = greedy(model, PROMPTS, 6, shared=4)
    assert torch.equal(found, greedy(model, PROMPTS, 6))
    for prompt, tokens in zip(PROMPTS, found, strict=True):
        assert torch.equal(greedy(model, [prompt], 6)[0], tokens)
        logits = prefill(torch.cat((prompt, tokens)), model)[0]
        assert torch.equal(argmax(logits)[len(prompt) - 1 : -1], tokens)
        assert torch.equal(topk(logits, 8)[0][len(prompt) - 1 : -1, 0], tokens)


def test_bad_wishes_are_one_line() -> None:
    """No prompt, five, none to make, a prefix that is not shared, a prompt that ends within it."""
    model = random_model("squared-relu")
    for prompts, count, shared, message in (
        ([], 1, 0, "0 prompts"),
        ([PROMPTS[0]] * 5, 1, 0, "5 prompts"),
        (PROMPTS, 0, 0, "0 tokens"),
        (PROMPTS, 1, 5, "expected the first 5 equal"),
        ([PROMPTS[0]], 1, 5, "prompts of 5 tokens"),
    ):
        with pytest.raises(InputError, match=message):
            greedy(model, prompts, count, shared)

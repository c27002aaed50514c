# SPDX-License-Identifier: Apache-2.0
"""The n-gram baseline is a probability distribution, smoothed as published, and learns."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from golden.zoo import corpus, ngram

TEXT = corpus.to_tokens(corpus.HELDOUT.read_text(encoding="utf-8")[:30_000])


@pytest.mark.parametrize("order", [1, 2, 5, 9])
def test_probabilities_sum_to_one(order: int) -> None:
    """In known and unknown contexts, the probabilities of the 256 bytes sum to one."""
    model = ngram.fit(TEXT, order)
    for context in (b"the functio", b"zqxj\x00\xfe~~~~~~"):
        texts = [torch.tensor([*context, byte], dtype=torch.uint8) for byte in range(256)]
        total = sum(float(ngram.probabilities(model, text)[-1]) for text in texts)
        assert total == pytest.approx(1.0, abs=1e-9)


def test_bigram_equals_the_formula_by_hand() -> None:
    """On a short text, p of the bigram model equals interpolated Kneser-Ney written out with dictionaries."""
    text = b"abracadabra abracadabra alakazam banana bandana"
    model = ngram.fit(torch.tensor(list(text), dtype=torch.uint8), 2)
    pairs = list(pairwise(text))
    one, two = model.orders
    predecessors = {b: len({a for a, c in pairs if c == b}) for b in set(text[1:])}
    total = sum(predecessors.values())

    def discount(count: int, order: ngram.Order) -> float:
        return (0.0, *order.discounts)[min(count, 3)]

    spread = sum(discount(n, one) for n in predecessors.values()) / total
    unigram = (predecessors[ord("n")] - discount(predecessors[ord("n")], one)) / total + spread / 256
    after_a = [b for a, b in pairs if a == ord("a")]
    left = sum(discount(after_a.count(b), two) for b in set(after_a)) / len(after_a)
    expected = (after_a.count(ord("n")) - discount(after_a.count(ord("n")), two)) / len(after_a) + left * unigram
    found = ngram.probabilities(model, torch.tensor(list(b"an"), dtype=torch.uint8))[-1]
    assert found == pytest.approx(expected, rel=1e-12)


def test_longer_contexts_help_until_they_do_not() -> None:
    """On unseen text the 5-gram beats the bigram, and the chosen order is the best of its neighbours."""
    train, fresh = TEXT[:24_000], TEXT[24_000:]
    order, best = ngram.fit_best(train, fresh)
    measured = {n: ngram.bits_per_byte(ngram.fit(train, n), fresh) for n in (2, order, order + 1)}
    assert measured[order] < measured[2]
    assert measured[order] <= measured[order + 1]
    assert measured[order] == ngram.bits_per_byte(best, fresh)


def test_hashes_tell_ngrams_apart() -> None:
    """Equal n-grams have equal hashes, different ones different hashes, in 30,000 bytes and for every length used."""
    array = TEXT.numpy().astype(np.uint64)
    for n in (1, 3, 8, 12):
        grams = {TEXT[i - n + 1 : i + 1].numpy().tobytes() for i in range(n - 1, len(TEXT))}
        assert len(np.unique(ngram.hashes(array, n)[n - 1 :])) == len(grams)

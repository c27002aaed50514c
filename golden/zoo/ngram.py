# SPDX-License-Identifier: Apache-2.0
"""The baseline of the zoo: an interpolated n-gram model over bytes with modified Kneser-Ney smoothing.

Chen and Goodman, "An Empirical Study of Smoothing Techniques for Language Modeling" (1998), section 3: three
discounts per order, estimated from the counts of counts; orders below the highest count distinct predecessors
instead of occurrences. Below order 1 the distribution is uniform over the 256 bytes. n-grams are told apart by a
64-bit hash (two million n-grams collide with probability about 1e-7).
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch

from golden.zoo.corpus import VOCAB

Hashes = npt.NDArray[np.uint64]
Counts = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)


def hashes(tokens: Hashes, n: int) -> Hashes:
    """Hash of the n-gram that ends at each position, [length]; the first n - 1 entries mean nothing."""
    result = np.zeros(len(tokens), np.uint64)
    for back in range(n - 1, -1, -1):
        shifted = np.concatenate((np.zeros(back, np.uint64), tokens[: len(tokens) - back]))
        result = (result + shifted + np.uint64(1)) * MULTIPLIER
        result ^= result >> np.uint64(29)
    return result


@dataclass(frozen=True)
class Order:
    """One order n: counts of n-grams, and per context the total, the three discounts' mass over it."""

    grams: Hashes  # sorted
    gram_counts: Counts
    contexts: Hashes  # sorted
    context_counts: Counts
    leftover: Floats  # probability mass per context that goes to the next lower order
    discounts: tuple[float, float, float]


@dataclass(frozen=True)
class NGram:
    """An interpolated model; `orders[n - 1]` predicts from n - 1 bytes."""

    orders: tuple[Order, ...]


def _discounts(counts: Counts) -> tuple[float, float, float]:
    n = [max(int((counts == c).sum()), 1) for c in (1, 2, 3, 4)]
    y = n[0] / (n[0] + 2 * n[1])
    one, two, three = (c - (c + 1) * y * n[c] / n[c - 1] for c in (1, 2, 3))
    return min(max(one, 0.05), 1.0), min(max(two, 0.05), 2.0), min(max(three, 0.05), 3.0)


def _order(tokens: Hashes, n: int, highest: bool) -> Order:
    ends = np.arange(n - 1 if highest else n, len(tokens))
    if not highest:  # one end per distinct (n + 1)-gram: counts become numbers of distinct predecessors
        ends = ends[np.unique(hashes(tokens, n + 1)[ends], return_index=True)[1]]
    grams, first, gram_counts = np.unique(hashes(tokens, n)[ends], return_index=True, return_counts=True)
    discounts = _discounts(gram_counts)
    context_of_gram = _contexts(tokens, n)[ends[first]]
    contexts, inverse = np.unique(context_of_gram, return_inverse=True)
    totals = np.bincount(inverse, weights=gram_counts)
    removed = np.bincount(inverse, weights=np.array((0.0, *discounts))[np.minimum(gram_counts, 3)])
    return Order(grams, gram_counts, contexts, totals.astype(np.int64), removed / totals, discounts)


def _contexts(tokens: Hashes, n: int) -> Hashes:
    if n == 1:
        return np.zeros(len(tokens), np.uint64)
    return np.concatenate((np.zeros(1, np.uint64), hashes(tokens, n - 1)[:-1]))


def fit(tokens: torch.Tensor, n: int) -> NGram:
    """The model of order `n` (it sees n - 1 bytes) of `tokens` uint8 [length]."""
    array = tokens.numpy().astype(np.uint64)
    return NGram(tuple(_order(array, k, k == n) for k in range(1, n + 1)))


def _look_up(keys: Hashes, values: npt.NDArray[np.generic], wanted: Hashes) -> tuple[Floats, npt.NDArray[np.bool_]]:
    at = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    found = keys[at] == wanted
    return np.where(found, values[at], 0).astype(np.float64), found


def probabilities(model: NGram, tokens: torch.Tensor) -> Floats:
    """p(byte | what stands before it) of each byte of `tokens` uint8 [length], float64 [length]."""
    array = tokens.numpy().astype(np.uint64)
    p = np.full(len(array), 1.0 / VOCAB)
    for n, order in enumerate(model.orders, start=1):
        counts, _ = _look_up(order.grams, order.gram_counts, hashes(array, n))
        contexts = _contexts(array, n)
        totals, known = _look_up(order.contexts, order.context_counts, contexts)
        leftover, _ = _look_up(order.contexts, order.leftover, contexts)
        known &= np.arange(len(array)) >= n - 1
        discounted = counts - np.array((0.0, *order.discounts))[np.minimum(counts, 3).astype(np.int64)]
        p = np.where(known, discounted / np.maximum(totals, 1) + leftover * p, p)
    return p


def bits_per_byte(model: NGram, tokens: torch.Tensor) -> float:
    """Mean of -log2 p over all bytes of `tokens` but the first."""
    return float(-np.log(probabilities(model, tokens)[1:]).mean() / math.log(2))


def fit_best(train: torch.Tensor, validation: torch.Tensor, highest: int = 24) -> tuple[int, NGram]:
    """The order at which bits per byte on `validation` stop falling, and its model fitted on `train`."""
    array = train.numpy().astype(np.uint64)
    lower: list[Order] = []
    best, bits = NGram(()), math.inf
    for n in range(1, highest + 1):
        model = NGram((*lower, _order(array, n, highest=True)))
        measured = bits_per_byte(model, validation)
        if measured >= bits:
            return n - 1, best
        best, bits = model, measured
        lower.append(_order(array, n, highest=False))
    return highest, best

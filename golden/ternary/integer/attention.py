# SPDX-License-Identifier: Apache-2.0
"""Attention over an int8 cache: one pass over K, one over V, and no law that depends on the order of positions.

Pass one reads K and both exponents, makes scores, keeps them, and finds two maxima of whole numbers for each query:
of the score, and of score plus value exponent. Pass two reads V and makes from each kept score the exponential that
joins the denominator and the one that weighs V. Both sums are exact, so they are the same for any number of lanes, any
tiling of positions, prefill or decode, with a shared prefix or without.

A part of the cache that several requests share is read once for all their rows, which are masked where they do not see
it.

Letters: R rows of queries that read the same keys, J key/value heads, N positions, P head width.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from golden.ternary.integer import functions
from golden.ternary.integer.model import LayerCache
from golden.ternary.integer.profile import TernaryProfile
from golden.ternary.integer.taps import Tap


@dataclass(frozen=True)
class Part:
    """Some positions of a cache, and which of them each row sees: bool [R, N]."""

    cache: LayerCache
    seen: Tensor


def attend(q: Tensor, q_exp: Tensor, parts: Sequence[Part], frac: int, p: TernaryProfile, tap: Tap) -> Tensor:
    """softmax(q k) v for rows that see positions of some parts of the cache.

    Args:
        q: [J, R, P] int64; q_exp: [J, R] int64. Value q 2^q_exp, log2(e) / sqrt(P) included.
        parts: the cache in pieces; their order changes nothing.
        frac: fraction bits of the result.

    Returns:
        [J, R, P] int64 Q.frac.
    """
    t = torch.cat([_scores(q, q_exp, part.cache, p, tap) for part in parts], -1)  # [J, R, N]
    seen = torch.cat([part.seen for part in parts], -1)
    v_exp = torch.cat([part.cache.v_exp for part in parts], -1).long().unsqueeze(1)
    share, top = functions.exponentials(t, torch.zeros_like(v_exp), seen, p)
    weight, weight_top = functions.exponentials(t, v_exp, seen, p)
    total = tap("softmax_sum", tap("softmax", share).sum(-1))
    acc = weighted(tap("softmax_weight", weight), parts)
    drop = p.cache_bits - 8  # what the evaluated wider cache has over the format of hardware
    return tap("attention", functions.divide(tap("attention_acc", acc) >> drop, total, weight_top - top + drop, frac))


def products(q: Tensor, k: Tensor) -> Tensor:
    """q [..., R, P], k [..., N, P] -> int64 [..., R, N]. The float64 product is exact: at most 2^15 2^15 P < 2^53."""
    return (q.double() @ k.double().transpose(-1, -2)).to(torch.int64)


def _scores(q: Tensor, q_exp: Tensor, cache: LayerCache, p: TernaryProfile, tap: Tap) -> Tensor:
    """Scores of one part: [J, R, N] Q.score_frac."""
    exponent = q_exp.unsqueeze(-1) + cache.k_exp.long().unsqueeze(1)
    return tap("score", functions.scores(tap("score_acc", products(q, cache.k)), exponent, p))


def weighted(weight: Tensor, parts: Sequence[Part]) -> Tensor:
    """Sum of weight v over all parts: [J, R, P]. The float64 product is exact: at most 2^24 2^15 N < 2^53."""
    weights = torch.split(weight, [len(part.cache) for part in parts], -1)
    sums = [w.double() @ part.cache.v.double() for w, part in zip(weights, parts, strict=True)]
    return torch.stack(sums).sum(0).to(torch.int64)

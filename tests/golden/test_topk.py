# SPDX-License-Identifier: Apache-2.0
"""The greatest logits in order, ties to the lower index."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from golden.errors import InputError
from golden.topk import argmax, topk

LOGITS = st.lists(st.integers(-3, 3) | st.integers(-(1 << 31), (1 << 31) - 1), min_size=1, max_size=30)


@given(LOGITS, st.data())
def test_topk_is_the_sorted_list(logits: list[int], data: st.DataObject) -> None:
    """Equal to Python's sort by (greatest first, lower index first), for any k; argmax is its first."""
    k = data.draw(st.integers(1, len(logits)))
    expected = sorted(range(len(logits)), key=lambda i: (-logits[i], i))[:k]
    index, value = topk(torch.tensor(logits), k)
    assert index.tolist() == expected
    assert value.tolist() == [logits[i] for i in expected]
    assert int(argmax(torch.tensor(logits))) == expected[0]


def test_a_large_vocabulary_of_ties() -> None:
    """Ties stay in order also where a sort works in pieces: 50288 equal logits, batched."""
    index, _ = topk(torch.zeros(2, 50288, dtype=torch.int64), 50288)
    assert torch.equal(index, torch.arange(50288).expand(2, -1))


@pytest.mark.parametrize("k", [0, -1, 6])
def test_k_out_of_range_is_refused(k: int) -> None:
    """k is 1 up to the number of logits."""
    with pytest.raises(InputError, match=rf"k is {k}; expected 1\.\.5"):
        topk(torch.zeros(5, dtype=torch.int64), k)

# SPDX-License-Identifier: Apache-2.0
"""Step by step: the records that whole starts give, for one text, a text that goes on, and texts behind a prefix."""

from itertools import islice

import pytest
import torch

from golden.errors import InputError
from golden.ternary.accel.decode import Decoder
from golden.ternary.accel.outcome import Outcome, outcome
from golden.ternary.integer import block
from golden.ternary.integer.generate import greedy
from golden.ternary.integer.model import LayerCache, Requests, empty_cache
from tests.golden.ternary.integer.models import SHAPES, random_model

MODELS = {name: random_model(name) for name in SHAPES}
MODEL = MODELS[next(iter(MODELS))]
SHARED = [3, 1, 4]
PROMPTS = [[*SHARED, 1, 5], [*SHARED, 9], [*SHARED, 2, 6, 5, 3]]


def records(found: Outcome, text: int = 0) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """What a start has in memory of a text, step by step."""
    pairs = zip(found.index[:, text].tolist(), found.value[:, text].tolist(), strict=True)
    return [(tuple(index), tuple(value)) for index, value in pairs]


def equal(a: LayerCache, b: LayerCache) -> bool:
    return all(torch.equal(x, y) for x, y in zip(vars(a).values(), vars(b).values(), strict=True))


@pytest.mark.parametrize("name", list(MODELS))
def test_a_text_that_goes_on(name: str) -> None:
    """Records of a start, then of one behind its cache; the cache is that of the starts."""
    model = MODELS[name]
    fresh = Requests(empty_cache(model), (empty_cache(model),))
    decoder = Decoder(model)
    first = outcome(model, PROMPTS[2], 4, 4, fresh)
    assert [best for (best,) in islice(decoder.steps([PROMPTS[2]]), 4)] == records(first)
    follow = [first.tokens[0][-1], 7, 8]
    second = outcome(model, follow, 3, 4, first.requests)
    assert [best for (best,) in islice(decoder.steps([follow], keep=True), 3)] == records(second)
    assert decoder.requests is not None
    assert all(map(equal, decoder.requests.own[0], second.requests.own[0]))
    again = next(decoder.steps([PROMPTS[2]]))
    assert again == (records(first)[0],)


@pytest.mark.parametrize("name", list(MODELS))
def test_texts_behind_a_prefix(name: str) -> None:
    """Each text gets what `greedy` chooses for it; all go on together from where they are."""
    model = MODELS[name]
    expected = greedy(model, [torch.tensor(each) for each in PROMPTS], 6, shared=3)
    decoder = Decoder(model)
    found = list(islice(decoder.steps(PROMPTS, shared=3), 4))
    assert [[index[0] for index, _ in step] for step in found] == expected[:, :4].T.tolist()
    assert decoder.requests is not None
    assert [len(own[0]) for own in decoder.requests.own] == [len(each) - 3 + 3 for each in PROMPTS]
    assert len(decoder.requests.prefix[0]) == 3
    more = list(islice(decoder.steps([[int(row[3])] for row in expected], keep=True), 2))
    assert [[index[0] for index, _ in step] for step in more] == expected[:, 4:].T.tolist()


def test_nothing_is_computed_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step is computed when it is asked for: a record is compared as soon as it comes."""
    calls: list[int] = []
    step = block.decode
    monkeypatch.setattr("golden.ternary.accel.decode.decode", lambda *a: (calls.append(1), step(*a))[1])
    steps = Decoder(MODEL).steps([PROMPTS[0]])
    next(steps)
    assert not calls
    next(steps)
    assert len(calls) == 1


def test_prompts_that_cannot_be_read() -> None:
    """A prefix that is not shared, a text without a token of its own, texts that are not there."""
    for prompts, shared in (([[1, 2], [3, 2]], 1), ([[1], [1, 2]], 1), ([], 0)):
        with pytest.raises(InputError, match="expected the first"):
            next(Decoder(MODEL).steps(prompts, shared))
    decoder = Decoder(MODEL)
    with pytest.raises(InputError, match="1 texts are to go on, there are 0"):
        next(decoder.steps([[1]], keep=True))
    next(decoder.steps([[1]]))
    with pytest.raises(InputError, match="2 texts are to go on, there are 1"):
        next(decoder.steps([[1], [2]], keep=True))

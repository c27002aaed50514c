# SPDX-License-Identifier: Apache-2.0
"""What a start of ternary_accel gives: golden's text, and every stream value by value in its place."""

import pytest
import torch
from torch import Tensor

from golden.errors import InputError
from golden.ternary.accel.outcome import Outcome, outcome
from golden.ternary.integer.block import prefill
from golden.ternary.integer.generate import greedy
from golden.ternary.integer.model import IntegerModel, LayerCache, Requests, empty_cache
from golden.ternary.integer.taps import checking
from golden.topk import argmax
from tests.golden.ternary.integer.models import SHAPES, random_model

MODELS = {name: random_model(name) for name in SHAPES}
NAMES = list(MODELS)
PROMPT = [3, 1, 4, 1, 5, 9, 2, 6, 5]


def fresh(model: IntegerModel, texts: int = 1) -> Requests:
    return Requests(empty_cache(model), (empty_cache(model),) * texts)


def equal(a: LayerCache, b: LayerCache) -> bool:
    return all(torch.equal(x, y) for x, y in zip(vars(a).values(), vars(b).values(), strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_a_text_is_goldens(name: str) -> None:
    """Read in one start or in two, behind nothing or a prefix: the tokens of `greedy`, and their logits' order."""
    model = MODELS[name]
    expected = greedy(model, [torch.tensor(PROMPT)], 4)[0].tolist()
    whole = outcome(model, PROMPT, 4, 4, fresh(model))
    assert whole.tokens == (tuple(expected),)
    first = outcome(model, PROMPT[:4], 0, 4, fresh(model))
    assert first.tokens == ((),)
    second = outcome(model, PROMPT[4:], 4, 3, first.requests)
    assert second.tokens == whole.tokens
    assert torch.equal(second.value, whole.value)
    behind = Requests(first.requests.own[0], (empty_cache(model),))
    third = outcome(model, PROMPT[4:], 4, 4, behind)
    assert third.tokens == whole.tokens
    assert all(map(equal, second.requests.own[0], whole.requests.own[0]))
    joined = [a.join(b) for a, b in zip(third.requests.prefix, third.requests.own[0], strict=True)]
    assert all(map(equal, joined, whole.requests.own[0]))
    assert len(whole.requests.own[0][0]) == len(PROMPT) + 3


@pytest.mark.parametrize("name", NAMES)
def test_a_batch_is_goldens(name: str) -> None:
    """Texts of different lengths behind one prefix: each gets the tokens that `greedy` chooses for it."""
    model = MODELS[name]
    prompts = [PROMPT[:3] + rest for rest in ([7], [8, 1], [8, 2, 8, 1])]
    expected = greedy(model, [torch.tensor(text) for text in prompts], 4, shared=3)
    prefix = outcome(model, PROMPT[:3], 0, 4, fresh(model)).requests.own[0]
    read = [outcome(model, text[3:], 1, 4, Requests(prefix, (empty_cache(model),))) for text in prompts]
    requests = Requests(prefix, tuple(each.requests.own[0] for each in read))
    found = outcome(model, [each.tokens[0][0] for each in read], 3, 4, requests)
    assert [read[b].tokens[0] + found.tokens[b] for b in range(3)] == [tuple(text) for text in expected.tolist()]
    assert found.index.shape == found.value.shape == (3, 3, 8)


def values(model: IntegerModel, tokens: list[int]) -> dict[str, list[Tensor]]:
    """Every intermediate of a text that is read at once."""
    tap = checking(model, ("*",))
    prefill(torch.tensor(tokens), model, tap=tap)
    return tap.kept


def beats(x: list[list[int]], first: int, columns: int) -> list[list[int]]:
    """A chunk of values [token][row] as the README has them: of 8 rows every token."""
    rows, tokens = range(0, len(x[0]), 8), range(first, first + columns)
    return [(x[token][row : row + 8] + [0] * 8)[:8] for row in rows for token in tokens]


def by_turns(gate: list[int], up: list[int]) -> list[int]:
    return [value for at in range(0, len(gate), 8) for half in (gate, up) for value in half[at : at + 8]]


def by_heads(y: list[list[list[int]]], tokens: int, first: int, columns: int) -> list[list[int]]:
    """Attention [KV head][row][dimension], rows of a head being its query heads' tokens in turn."""
    found = []
    for kv_head in y:
        for query in range(0, len(kv_head), tokens):
            for row in kv_head[query + first : query + first + columns]:
                found += [(row[at : at + 8] + [0] * 8)[:8] for at in range(0, len(row), 8)]
    return found


def expected_streams(
    model: IntegerModel, tokens: list[int], chunks: list[tuple[int, int, bool]]
) -> list[list[list[int]]]:
    """Each stream, number by number; a chunk is its first token, how many, and whether the head follows."""
    kept, linear, residual, vector = values(model, tokens), [], [], []
    for first, columns, head in chunks:
        for layer in range(model.cfg.num_hidden_layers):
            at = {key.split(".", 2)[2]: x for key, x in kept.items() if key.startswith(f"layers.{layer}.")}
            q, k, v, o, gate, up, down = (
                at[f"{name}_proj"][0].tolist() for name in ("q", "k", "v", "o", "gate", "up", "down")
            )
            linear += beats([a + b + c for a, b, c in zip(q, k, v, strict=True)], first, columns)
            vector += by_heads(at["attention"][0].tolist(), len(tokens), first, columns)
            linear += beats(o, first, columns)
            residual += beats(at["residual"][0].tolist(), first, columns)
            linear += beats([by_turns(a, b) for a, b in zip(gate, up, strict=True)], first, columns)
            vector += beats(at["product"][0].tolist(), first, columns)
            linear += beats(down, first, columns)
            residual += beats(at["residual"][1].tolist(), first, columns)
        if head:
            linear += beats(kept["logits"][0].tolist(), first + columns - 1, 1)
    return [linear, residual, vector]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("t_cols", [1, 4, 16])
def test_every_value_has_its_place(name: str, t_cols: int) -> None:
    """The three captured streams of a start that reads a prompt in chunks and chooses three tokens."""
    model = MODELS[name]
    found = outcome(model, PROMPT[:5], 3, t_cols, fresh(model))
    text = PROMPT[:5] + list(found.tokens[0][:2])
    cuts = [(first, min(t_cols, 5 - first), first + t_cols >= 5) for first in range(0, 5, t_cols)]
    expected = expected_streams(model, text, [*cuts, (5, 1, True), (6, 1, True)])
    for stream, rows in zip(found.streams, expected, strict=True):
        assert stream.tolist() == rows


def test_a_batch_stands_side_by_side() -> None:
    """A step's beats of 8 rows come text by text; each text's are those that it has alone."""
    model = MODELS[NAMES[0]]
    read = [outcome(model, PROMPT[b : b + 3], 1, 4, fresh(model)) for b in range(3)]
    requests = Requests(empty_cache(model), tuple(each.requests.own[0] for each in read))
    tokens = [each.tokens[0][0] for each in read]
    found = outcome(model, tokens, 1, 4, requests)
    alone = [outcome(model, [tokens[b]], 1, 4, Requests(empty_cache(model), (requests.own[b],))) for b in range(3)]
    for point in (0, 1):
        beats = [each.streams[point] for each in alone]
        assert torch.equal(found.streams[point], torch.stack(beats, 1).flatten(0, 1))
    assert torch.equal(found.value, torch.cat([each.value for each in alone], 1))


def test_a_batch_needs_a_token_each() -> None:
    """Several texts and a number of tokens that is not theirs is a wrong start."""
    model = MODELS[NAMES[0]]
    with pytest.raises(InputError, match="a batch of 2 texts with 3 tokens"):
        outcome(model, PROMPT[:3], 1, 4, fresh(model, 2))


def test_logits_are_the_best() -> None:
    """Records hold the eight greatest logits behind the last token."""
    model = MODELS[NAMES[0]]
    found: Outcome = outcome(model, PROMPT, 1, 4, fresh(model))
    logits, _ = prefill(torch.tensor(PROMPT), model)
    assert found.tokens[0][0] == int(argmax(logits[-1]))
    best = logits[-1].sort(descending=True).values[:8]
    assert torch.equal(found.value[0, 0], best)
    assert torch.equal(logits[-1][found.index[0, 0]], best)

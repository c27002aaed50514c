# SPDX-License-Identifier: Apache-2.0
"""Jobs of a start: every token passes every layer once and in order, and states are handed on in token order."""

import pytest

from golden.errors import InputError
from golden.schedule import Job, Kind, jobs

LAYERS = range(1, 4)


def made(kind: Kind, order: list[Job]) -> list[Job]:
    return [job for job in order if job.kind is kind]


@pytest.mark.parametrize("slots", [1, 2])
@pytest.mark.parametrize("prompt", [1, 4, 5, 8, 9, 13])
@pytest.mark.parametrize("generate", [0, 1, 3])
def test_laws_of_the_order(slots: int, prompt: int, generate: int) -> None:
    """Rows before layers, layers in order, a gate before what follows it; a state from token to token."""
    order = list(jobs(prompt, generate, LAYERS, 4, slots))
    total = prompt + max(generate - 1, 0)
    chunks = [(job.first, job.tokens) for job in made(Kind.EMBED, order)]
    assert [first for first, _ in chunks] == [sum(n for _, n in chunks[:k]) for k in range(len(chunks))]
    assert sum(n for _, n in chunks) == total
    for first, tokens in chunks:
        mine = [job for job in order if job.first == first and job.kind is not Kind.HEAD]
        assert [(job.kind, job.layer) for job in mine[1:]] == [
            step for layer in LAYERS for step in ((Kind.IN, layer), (Kind.OUT, layer))
        ]
        assert {(job.tokens, job.slot) for job in mine} == {(tokens, mine[0].slot)}
    for layer in LAYERS:
        passes = [job for job in made(Kind.IN, order) if job.layer == layer]
        assert [job.first for job in passes] == [first for first, _ in chunks]
        assert [job.fresh for job in passes] == [True] + [False] * (len(passes) - 1)
    heads = made(Kind.HEAD, order)
    assert [job.first for job in heads] == list(range(prompt - 1, prompt - 1 + generate))
    assert [job.feedback for job in heads] == [True] * (generate - 1) + [False] * bool(generate)


def test_two_chunks_alternate() -> None:
    """Between the two halves of a layer of one chunk stands a half of the other one, wherever there is one."""
    order = [job for job in jobs(8, 0, LAYERS, 4, 2) if job.kind is not Kind.EMBED]
    assert [(job.slot, job.kind, job.layer) for job in order[:6]] == [
        (0, Kind.IN, 1),
        (1, Kind.IN, 1),
        (0, Kind.OUT, 1),
        (0, Kind.IN, 2),
        (1, Kind.OUT, 1),
        (1, Kind.IN, 2),
    ]


def test_states_may_go_on() -> None:
    """A start that continues another one has no fresh job."""
    assert not any(job.fresh for job in jobs(5, 2, LAYERS, 4, 2, carry=True))


def test_a_batch_takes_a_token_of_each_text() -> None:
    """Every step has as many tokens as there are texts, and the head all of them; one text is as before."""
    order = list(jobs(3, 3, LAYERS, 4, 1, batch=3))
    assert {job.tokens for job in order} == {3}
    assert [job.first for job in made(Kind.EMBED, order)] == [0, 3, 6]
    assert [job.first for job in made(Kind.HEAD, order)] == [0, 3, 6]
    assert [job.feedback for job in made(Kind.EMBED, order)] == [False, True, True]
    assert [job.layer for job in made(Kind.OUT, order)] == list(LAYERS) * 3
    assert list(jobs(1, 3, LAYERS, 4, 1)) == list(jobs(1, 3, LAYERS, 4, 1, batch=1))


@pytest.mark.parametrize(("prompt", "batch", "t_cols"), [(2, 3, 4), (4, 2, 4), (5, 5, 4)])
def test_a_batch_reads_one_chunk(prompt: int, batch: int, t_cols: int) -> None:
    """Prompts are read text by text, and a chunk holds the whole batch."""
    with pytest.raises(InputError, match=f"a batch of {batch} texts with {prompt} tokens in chunks of {t_cols}"):
        list(jobs(prompt, 1, LAYERS, t_cols, 1, batch=batch))

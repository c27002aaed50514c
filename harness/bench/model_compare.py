# SPDX-License-Identifier: Apache-2.0
"""Results of a start of a whole model against the golden outcome: which differs first, in the order of the work."""

from collections.abc import Callable, Iterable, Sequence
from itertools import chain
from typing import Protocol

from torch import Tensor

from golden.schedule import Job, Kind

GROUP = 8
RESIDUAL = 1
"""Index of the residual's stream among an outcome's."""
Best = tuple[Sequence[int], Sequence[int]]
"""Indices and values of the greatest logits of a chosen token."""


class Expected(Protocol):
    """What golden computed, as far as the kernels of whole models have it in common."""

    @property
    def index(self) -> Tensor:
        """Of the greatest logits of each chosen token: int64 [generated, 8], of several texts [generated, B, 8]."""

    @property
    def value(self) -> Tensor:
        """These logits, of the same shape."""

    @property
    def streams(self) -> tuple[Tensor, ...]:
        """What the tap points capture, int64 [beats, 8] each."""


def _plain(layer: int) -> str:
    return f"layer {layer}"


def divergence(
    expected: Expected,
    order: Iterable[Job],
    width: int,
    taps: Tensor,
    best: Sequence[Best],
    layer: Callable[[int], str] = _plain,
) -> str:
    """Return a line about the first result that differs, "" when all agree.

    Args:
        expected: what golden computed.
        order: the jobs of the start.
        width: D, of the residual stream.
        taps: captured residuals behind every layer, int64 [beats, 8].
        best: records of the chosen tokens, step by step, and of each step text by text.
        layer: what a job's layer is called.
    """
    return _residuals(expected.streams[RESIDUAL], order, width, taps, layer) or _records(expected, best)


def _residuals(wanted: Tensor, order: Iterable[Job], width: int, found: Tensor, layer: Callable[[int], str]) -> str:
    if found.shape != wanted.shape:
        return f"residuals: found {len(found)} beats of 8, golden has {len(wanted)}"
    wrong = (found != wanted).flatten().nonzero().flatten()
    if not len(wrong):
        return ""
    beat, lane = divmod(int(wrong[0]), GROUP)
    job, inside = _job_at(order, beat, width)
    row, token = divmod(inside, job.tokens)
    return (
        f"residual behind {layer(job.layer)}, token {job.first + token}, element {row * GROUP + lane}: "
        f"golden {int(wanted[beat, lane])}, board {int(found[beat, lane])}; {len(wrong)} of {wanted.numel()} differ"
    )


def _job_at(order: Iterable[Job], beat: int, width: int) -> tuple[Job, int]:
    """The OUT job that captured a beat, and the beat's number in it."""
    for job in order:
        beats = job.tokens * (width // GROUP) if job.kind is Kind.OUT else 0
        if beat < beats:
            return job, beat
        beat -= beats
    raise IndexError(beat)


def _records(expected: Expected, best: Sequence[Best]) -> str:
    texts = expected.index.shape[1] if expected.index.ndim == 3 else 1
    indices, values = (each.reshape(-1, each.shape[-1]).tolist() for each in (expected.index, expected.value))
    if len(best) != len(indices):
        return f"chosen tokens: found {len(best)}, golden has {len(indices)}"
    for number, (index, value) in enumerate(best):
        wanted = list(chain(indices[number], values[number]))
        got = [*index, *value]
        if got != wanted:
            place = next(at for at, (a, b) in enumerate(zip(got, wanted, strict=True)) if a != b)
            what = "index" if place < GROUP else "logit"
            step, text = divmod(number, texts)
            where = f"chosen token {step}{f' of text {text}' if texts > 1 else ''}"
            return f"{where}, {what} of rank {place % GROUP}: golden {wanted[place]}, board {got[place]}"
    return ""


def compared(expected: Expected) -> int:
    """Return how many values `divergence` compares."""
    return expected.streams[RESIDUAL].numel() + expected.index.numel() + expected.value.numel()

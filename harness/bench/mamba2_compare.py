# SPDX-License-Identifier: Apache-2.0
"""Results of a start of `mamba2_accel` against the golden outcome: which differs first, in the order of the work."""

from collections.abc import Iterable, Sequence
from itertools import chain

from torch import Tensor

from golden.mamba2.accel.outcome import Outcome
from golden.schedule import Job, Kind

GROUP = 8
RESIDUAL = 1
"""Index of the residual's stream among an outcome's."""
Best = tuple[Sequence[int], Sequence[int]]
"""Indices and values of the greatest logits of a chosen token."""


def divergence(expected: Outcome, order: Iterable[Job], width: int, taps: Tensor, best: Sequence[Best]) -> str:
    """Return a line about the first result that differs, "" when all agree.

    Args:
        expected: what golden computed.
        order: the jobs of the start.
        width: D, of the residual stream.
        taps: captured residuals behind every layer, int64 [beats, 8].
        best: records of the chosen tokens.
    """
    return _residuals(expected.streams[RESIDUAL], order, width, taps) or _records(expected, best)


def _residuals(wanted: Tensor, order: Iterable[Job], width: int, found: Tensor) -> str:
    if found.shape != wanted.shape:
        return f"residuals: found {len(found)} beats of 8, golden has {len(wanted)}"
    wrong = (found != wanted).flatten().nonzero().flatten()
    if not len(wrong):
        return ""
    beat, lane = divmod(int(wrong[0]), GROUP)
    job, inside = _job_at(order, beat, width)
    row, token = divmod(inside, job.tokens)
    return (
        f"residual behind layer {job.layer}, token {job.first + token}, element {row * GROUP + lane}: "
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


def _records(expected: Outcome, best: Sequence[Best]) -> str:
    if len(best) != len(expected.tokens):
        return f"chosen tokens: found {len(best)}, golden has {len(expected.tokens)}"
    for step, (index, value) in enumerate(best):
        wanted = list(chain(expected.index[step].tolist(), expected.value[step].tolist()))
        got = [*index, *value]
        if got != wanted:
            place = next(at for at, (a, b) in enumerate(zip(got, wanted, strict=True)) if a != b)
            what = "index" if place < GROUP else "logit"
            rank = place % GROUP
            return f"chosen token {step}, {what} of rank {rank}: golden {wanted[place]}, board {got[place]}"
    return ""


def compared(expected: Outcome) -> int:
    """Return how many values `divergence` compares."""
    return expected.streams[RESIDUAL].numel() + expected.index.numel() + expected.value.numel()

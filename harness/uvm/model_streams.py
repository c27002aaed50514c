# SPDX-License-Identifier: Apache-2.0
"""Captured streams of accelerators of whole models: what each job adds, what the arguments ask for, what is where."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor

from golden.beats import no_beats
from golden.schedule import Job

LINEAR, RESIDUAL, VECTOR = 1, 2, 3
"""Points to copy at: sums, the residual stream, what the second linear layer gets."""


@dataclass(frozen=True)
class Segment:
    """Beats that one job adds to a stream; `captured` if the arguments ask for them. The job's layer is `layer`."""

    job: Job
    layer: int
    beats: int
    captured: bool


S = TypeVar("S", bound=Segment)


def captured(stream: Tensor, segments: Iterable[Segment]) -> Tensor:
    """What is copied of a stream of all layers, int64 [beats, 8]."""
    parts = list(segments)
    pieces = torch.split(stream, [part.beats for part in parts])
    return torch.cat([no_beats(), *(piece for part, piece in zip(parts, pieces, strict=True) if part.captured)])


def find(segments: Iterable[S], beat: int) -> tuple[S | None, int]:
    """The segment that a captured beat belongs to, and its place there."""
    for segment in segments:
        if segment.captured and beat < segment.beats:
            return segment, beat
        beat -= segment.beats * segment.captured
    return None, beat


def steps_before(job: Job, prompt: int, batch: int = 1) -> int:
    """How many tokens each text has chosen in front of a job: what it does may follow from them."""
    return max((job.first - prompt) // batch + 1, 0)

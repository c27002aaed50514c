# SPDX-License-Identifier: Apache-2.0
"""Captured streams of accelerators of whole models: what each job adds, what the arguments ask for, what is where."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from golden.beats import no_beats
from golden.schedule import Job
from harness.uvm.model_start import ModelStimulus

LINEAR, RESIDUAL, VECTOR = 1, 2, 3
"""Points to copy at: sums, the residual stream, what the second linear layer gets."""


@dataclass(frozen=True)
class Segment(ABC):
    """Beats that one job adds to a stream; `captured` if the arguments ask for them. The job's layer is `layer`."""

    job: Job
    layer: int
    beats: int
    captured: bool

    @abstractmethod
    def place(self, beat: int, lane: int, s: Any) -> tuple[str, int]:
        """Return where a value of the segment belongs, and the fraction bits that it has."""


Segments = Callable[[Any], Iterable[Segment]]
"""The segments of a start."""


def captured(stream: Tensor, segments: Iterable[Segment]) -> Tensor:
    """What is copied of a stream of all layers, int64 [beats, 8]."""
    parts = list(segments)
    pieces = torch.split(stream, [part.beats for part in parts])
    return torch.cat([no_beats(), *(piece for part, piece in zip(parts, pieces, strict=True) if part.captured)])


def find(segments: Iterable[Segment], beat: int) -> tuple[Segment | None, int]:
    """The segment that a captured beat belongs to, and its place there."""
    for segment in segments:
        if segment.captured and beat < segment.beats:
            return segment, beat
        beat -= segment.beats * segment.captured
    return None, beat


def locate(segments: Segments, s: ModelStimulus, beat: int, lane: int) -> tuple[str, int]:
    """Return where a value of the captured stream belongs, and its fraction bits."""
    segment, at = find(segments(s), beat)
    return segment.place(at, lane, s) if segment else ("behind the last job", 0)


def chosen(segments: Segments, s: ModelStimulus, beat: int) -> int:
    """Return how many tokens each text has chosen in front of a captured beat: what it holds may follow from them."""
    segment, _ = find(segments(s), beat)
    if segment is None:
        return int(s.legal.generate)
    return max((segment.job.first - int(s.legal.prompt)) // s.batch + 1, 0)

# SPDX-License-Identifier: Apache-2.0
"""What a start of `mamba2_accel` must give: tokens, the best logits of each step, captured streams, states."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor

from golden.beats import no_beats, row_groups
from golden.mamba2.accel.layout import GROUP, in_proj_rows
from golden.mamba2.config import Mamba2Config
from golden.mamba2.integer.block import forward
from golden.mamba2.integer.model import IntegerModel, IntegerState
from golden.mamba2.integer.taps import checking
from golden.schedule import Job, Kind, jobs
from golden.topk import topk

BEST = 8
"""Logits of a token record."""
TAPPED = ("in_proj", "out_proj", "logits", "residual", "gate")


class Schedule(Protocol):
    """What the order of the work depends on."""

    @property
    def t_cols(self) -> int:
        """Most tokens of a chunk."""

    @property
    def slots(self) -> int:
        """Chunks that are worked on in turn."""


@dataclass(frozen=True)
class Outcome:
    """A start's results; T = prompt + generated - 1 tokens went through the layers.

    Attributes:
        tokens: the generated ones.
        index, value: int64 [generated, BEST], of the greatest logits Q.proj_frac.
        streams: what the tap points 1, 2 and 3 capture, int64 [beats, 8] each.
        states: after the last token.
    """

    tokens: tuple[int, ...]
    index: Tensor
    value: Tensor
    streams: tuple[Tensor, ...]
    states: tuple[IntegerState, ...]


def outcome(
    model: IntegerModel,
    prompt: Sequence[int],
    generate: int,
    machine: Schedule,
    states: Sequence[IntegerState] | None = None,
) -> Outcome:
    """Run the integer block as the accelerator is asked to: `prompt`, then `generate` tokens greedily.

    Raises:
        InputError: see `topk`, where the vocabulary is smaller than BEST.
    """
    tap = checking(model, TAPPED)
    logits, after = forward(torch.tensor([list(prompt)]), model, states, tap)
    steps = []
    for step in range(generate):
        steps.append(topk(logits[0, -1], BEST))
        if step + 1 < generate:
            logits, after = forward(steps[-1][0][None, :1], model, after, tap)
    kept = {name: torch.cat(parts, dim=1)[0] for name, parts in tap.kept.items()}
    order = list(jobs(len(prompt), generate, range(len(model.layers)), machine.t_cols, machine.slots, bool(states)))
    streams = [torch.cat([point(job, kept, model.cfg) for job in order]) for point in (_linear, _residual, _gate)]
    index, value = (torch.stack([_NONE, *best])[1:] for best in zip(*steps or [(_NONE, _NONE)], strict=True))
    return Outcome(tuple(index[:generate, 0].tolist()), index[:generate], value[:generate], tuple(streams), after)


_NONE = torch.zeros(BEST, dtype=torch.int64)
Kept = Mapping[str, Tensor]
"""Captured values [tokens, width] by name."""


def _linear(job: Job, kept: Kept, cfg: Mamba2Config) -> Tensor:
    """Results of the matrix product in the order of rows and, inside a group of 8 rows, of tokens."""
    if job.kind is Kind.IN:
        order = in_proj_rows(cfg)
        values = _of(job, kept[f"layers.{job.layer}.in_proj"])
        return row_groups(values[:, order.clamp(min=0)].masked_fill(order < 0, 0))
    if job.kind is Kind.OUT:
        return row_groups(_of(job, kept[f"layers.{job.layer}.out_proj"]))
    return row_groups(_of(job, kept["logits"])) if job.kind is Kind.HEAD else no_beats()


def _residual(job: Job, kept: Kept, cfg: Mamba2Config) -> Tensor:
    """The residual stream behind a layer, ordered as out_proj's results."""
    return row_groups(_of(job, kept[f"layers.{job.layer}.residual"])) if job.kind is Kind.OUT else no_beats()


def _gate(job: Job, kept: Kept, cfg: Mamba2Config) -> Tensor:
    """The gated values, head by head and token by token."""
    if job.kind is not Kind.IN:
        return no_beats()
    values = _of(job, kept[f"layers.{job.layer}.gate"])
    return values.reshape(job.tokens, cfg.nheads, -1).transpose(0, 1).reshape(-1, GROUP)


def _of(job: Job, values: Tensor) -> Tensor:
    return values[job.first : job.first + job.tokens]

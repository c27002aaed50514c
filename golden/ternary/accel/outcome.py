# SPDX-License-Identifier: Apache-2.0
"""What a start of `ternary_accel` must give: tokens, the best logits of each step, captured streams, caches."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import pad

from golden.beats import VALUES, no_beats, row_groups
from golden.schedule import Job, Kind, jobs
from golden.ternary.accel.layout import gate_up
from golden.ternary.config import BitNetConfig
from golden.ternary.integer import functions
from golden.ternary.integer.block import decode, prefill
from golden.ternary.integer.model import IntegerModel, Requests
from golden.ternary.integer.taps import Tap, checking
from golden.topk import topk

BEST = 8
"""Logits of a token record."""
HALVES = 2
"""Layers of jobs in a layer of the model: attention, then MLP."""
SUMS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


@dataclass(frozen=True)
class Outcome:
    """A start's results for B texts.

    Attributes:
        tokens: the generated ones of each text.
        index, value: int64 [generated, B, BEST], of the greatest logits Q.logit_frac.
        streams: what the tap points 1, 2 and 3 capture, int64 [beats, 8] each.
        requests: with what joined each text's cache.
    """

    tokens: tuple[tuple[int, ...], ...]
    index: Tensor
    value: Tensor
    streams: tuple[Tensor, ...]
    requests: Requests


def outcome(model: IntegerModel, prompt: Sequence[int], generate: int, t_cols: int, requests: Requests) -> Outcome:
    """Run the integer block as the accelerator is asked to.

    One text reads `prompt` behind its cache, several a token of it each; then all choose `generate` tokens greedily.

    Raises:
        InputError: as many tokens as there are not texts; and as `topk`, `prefill` and `decode`.
    """
    batch, tokens = len(requests), torch.tensor(list(prompt))
    order = list(jobs(len(prompt), generate, range(HALVES * len(model.layers)), t_cols, 1, batch=batch))
    tap = checking(model, (*SUMS, "residual", "attention", "product", "logits"))
    read = _read if batch == 1 else decode
    logits, requests = read(tokens, model, requests, tap)
    index, value = (torch.zeros(generate, batch, BEST, dtype=torch.int64) for _ in range(2))
    for step in range(generate):
        index[step], value[step] = topk(logits[-batch:], BEST)
        if step + 1 < generate:
            logits, requests = decode(index[step, :, 0], model, requests, tap)
    kept = _Kept(tap.kept, model.cfg)
    streams = [torch.cat([point(job, kept) for job in order]) for point in (_linear, _residual, _vector)]
    return Outcome(tuple(map(tuple, index[:, :, 0].T.tolist())), index, value, tuple(streams), requests)


def _read(tokens: Tensor, model: IntegerModel, requests: Requests, tap: Tap) -> tuple[Tensor, Requests]:
    """A text of any length behind the prefix and its own cache: its logits [L, V], and the request with it in."""
    before = tuple(shared.join(own) for shared, own in zip(requests.prefix, requests.own[0], strict=True))
    logits, after = prefill(tokens, model, before, tap)
    own = tuple(layer.behind(len(requests.prefix[0])) for layer in after)
    return logits, Requests(requests.prefix, (own,))


# ---- captured streams


@dataclass(frozen=True)
class _Kept:
    """Captured values by name, a tensor for each time that they were made."""

    values: Mapping[str, Sequence[Tensor]]
    cfg: BitNetConfig

    def of(
        self, job: Job, name: str, times: slice = slice(None), turn: Callable[[Tensor], Tensor] | None = None
    ) -> Tensor:
        """Values [tokens of the job, width]; `times` chooses tensors, `turn` makes them [tokens, width]."""
        whole = torch.cat([turn(x) if turn else x for x in self.values[name][times]])
        return whole[job.first : job.first + job.tokens]


def _linear(job: Job, kept: _Kept) -> Tensor:
    """Sums of the linear layers, or logits, in the order of rows and, inside a group of 8 rows, of tokens."""
    if job.kind is Kind.HEAD:
        return row_groups(kept.of(job, "logits"))
    if job.kind is Kind.EMBED:
        return no_beats()
    layer, mlp = divmod(job.layer, HALVES)
    names = {
        (Kind.IN, 0): ("q_proj", "k_proj", "v_proj"),
        (Kind.OUT, 0): ("o_proj",),
        (Kind.IN, 1): ("gate_proj", "up_proj"),
        (Kind.OUT, 1): ("down_proj",),
    }[job.kind, mlp]
    parts = [kept.of(job, f"layers.{layer}.{name}") for name in names]
    if len(parts) == 2:
        return row_groups(gate_up(parts[0].T, parts[1].T).T)
    return row_groups(torch.cat(parts, dim=1))


def _residual(job: Job, kept: _Kept) -> Tensor:
    """The residual stream behind each half of a layer, ordered as the sums that joined it."""
    if job.kind is not Kind.OUT:
        return no_beats()
    layer, mlp = divmod(job.layer, HALVES)
    return row_groups(kept.of(job, f"layers.{layer}.residual", slice(mlp, None, HALVES)))


def _vector(job: Job, kept: _Kept) -> Tensor:
    """What the second linear layer's norm gets: attention by heads, then tokens; products ordered as their sums."""
    if job.kind is not Kind.IN:
        return no_beats()
    layer, mlp = divmod(job.layer, HALVES)
    if mlp:
        return row_groups(kept.of(job, f"layers.{layer}.product"))
    heads = kept.cfg.num_attention_heads

    def turn(y: Tensor) -> Tensor:
        """[J, R, P] -> [T, D]."""
        return functions.columns_of(y, y.shape[0] * y.shape[1] // heads)

    y = kept.of(job, f"layers.{layer}.attention", turn=turn).reshape(job.tokens, heads, -1)
    return pad(y, (0, -y.shape[2] % VALUES)).transpose(0, 1).reshape(-1, VALUES)

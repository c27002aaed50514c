# SPDX-License-Identifier: Apache-2.0
"""Loss and greedy tokens of a BitNet checkpoint in integers beside the float model, on the same windows of a text.

Profiles are named "ternary-b158" or "ternary-b158:choice=value,..." (a 16-bit cache: "cache_bits=16").
"""

import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from golden import text as texts
from golden import windows
from golden.checkpoints import content_hash
from golden.errors import InputError
from golden.ternary import model as floats
from golden.ternary.integer import profile as profiles
from golden.ternary.integer.block import prefill
from golden.ternary.integer.model import IntegerModel
from golden.ternary.integer.profile import TernaryProfile
from golden.ternary.integer.quantize import quantize
from golden.ternary.integer.store import resident
from golden.windows import Logits, Progress, Windows
from golden.zoo import corpus

SCHEMA = 1
GOAL_MODEL, GOAL_LOSS, GOAL_GREEDY = "bitnet-tiny", 1.0, 95.0
"""What the unchanged profile may lose of this model's bits per byte, and share of equal greedy tokens, in percent."""
DEFAULT = (profiles.NAME, f"{profiles.NAME}:cache_bits=16", f"{profiles.NAME}:cache_bits=16,query_bits=16")
"""The profile, and the wider cache that only the golden model has."""


@dataclass(frozen=True)
class Row:
    """One model on the text: its loss, how much it exceeds the float model's, and how often the best token is equal.

    stderr_percent is the loss's standard error over windows. The goals are None where none is stated.
    """

    name: str
    bits_per_byte: float
    loss_percent: float
    stderr_percent: float
    greedy_percent: float
    goal_loss_percent: float | None
    goal_greedy_percent: float | None
    seconds: float

    @property
    def met(self) -> bool | None:
        """Whether both goals are met; None without goals."""
        if self.goal_loss_percent is None or self.goal_greedy_percent is None:
            return None
        return self.loss_percent <= self.goal_loss_percent and self.greedy_percent >= self.goal_greedy_percent


@dataclass(frozen=True)
class Evaluation:
    """Everything that was found of one checkpoint, and on what: tokens are those whose loss counts."""

    schema: int
    checkpoint: str
    checkpoint_sha256: str
    text: str
    text_sha256: str
    context: int
    stride: int
    windows: int
    tokens: int
    whole: bool
    krait: str
    torch: str
    rows: tuple[Row, ...]

    @property
    def good(self) -> bool:
        """Whether no row misses its goals."""
        return all(row.met is not False for row in self.rows)

    def to_json(self) -> str:
        """Return the evaluation as JSON."""
        return json.dumps(asdict(self), indent=1, allow_nan=False) + "\n"


def parse_profile(name: str) -> TernaryProfile:
    """Profile from its name and settings. InputError for another name, an unknown choice or value."""
    plain, _, settings = name.partition(":")
    if plain != profiles.NAME:
        raise InputError(f"profile: found {plain!r}, expected {profiles.NAME}, the profile of BitNet models")
    changes: dict[str, int] = {}
    for setting in settings.split(",") if settings else ():
        key, _, value = setting.partition("=")
        if not key or not value.isdecimal():
            raise InputError(
                f"profile {plain}: found setting {setting!r}, expected CHOICE=NUMBER such as cache_bits=16"
            )
        changes[key] = int(value)
    return profiles.load(changes)


def evaluate(
    checkpoint: Path,
    names: Sequence[str] = DEFAULT,
    text: Path | None = None,
    context: int = 256,
    limit: int | None = 8192,
    tokenizer: Path | None = None,
    progress: Progress = lambda done, total: None,
) -> Evaluation:
    """Evaluate a float checkpoint in each profile.

    Args:
        checkpoint: directory of the checkpoint.
        names: profiles to measure.
        text: UTF-8 text; None takes the zoo's held-out text.
        context: tokens of a window, of which the second half counts.
        limit: about so many tokens count, in windows spread evenly over the text; None takes the whole text.
        tokenizer: a `tokenizer.json`, if not the checkpoint's own.
        progress: called with windows done and windows in all.

    Raises:
        InputError: checkpoint, text, tokenizer or a profile is at fault.
        CheckError: an integer model leaves a derived width.
    """
    chosen = [parse_profile(name) for name in names]
    source = floats.quantized(floats.load(checkpoint))
    content = texts.read(text or corpus.HELDOUT)
    found = texts.tokenize(content, source.config.vocab_size, checkpoint, tokenizer)
    cut = windows.cut(found, str(text or corpus.HELDOUT_NAME), context, max(context // 2, 1), limit)
    models = [(name, resident(quantize(source, p))) for name, p in zip(names, chosen, strict=True)]
    goals = text is None and checkpoint.resolve().name == GOAL_MODEL
    return Evaluation(
        schema=SCHEMA,
        checkpoint=checkpoint.name,
        checkpoint_sha256=checkpoint_hash(checkpoint),
        text=text.name if text else corpus.HELDOUT_NAME,
        text_sha256=found.sha256,
        context=context,
        stride=max(context // 2, 1),
        windows=len(cut),
        tokens=int(cut.tokens.sum()),
        whole=cut.whole,
        krait=metadata.version("krait"),
        torch=torch.__version__,
        rows=_rows(lambda tokens: floats.forward(source, tokens), models, cut, goals, progress),
    )


def integer_logits(model: IntegerModel, tokens: Tensor) -> Tensor:
    """Logits of the integer model as real numbers, float64: tokens int64 [L] -> [L, V]."""
    return prefill(tokens, model)[0].double() / 2.0**model.profile.logit_frac


def _rows(
    reference: Logits, models: Sequence[tuple[str, IntegerModel]], cut: Windows, goals: bool, progress: Progress
) -> tuple[Row, ...]:
    """The float model's row and one for each of `models`, window by window."""
    subjects: list[tuple[str, Logits]] = [("float", reference)]
    subjects += [(name, lambda tokens, model=model: integer_logits(model, tokens)) for name, model in models]  # type: ignore[misc]  # a lambda with a default
    losses = torch.zeros(len(subjects), len(cut), dtype=torch.float64)
    greedy, seconds = torch.zeros(len(subjects)), [0.0] * len(subjects)
    for index in range(len(cut)):
        best = torch.empty(0)
        for place, (_, logits) in enumerate(subjects):
            started = time.perf_counter()
            with torch.no_grad():
                found = logits(cut.inputs[index])
            counted = cut.counted[index]
            losses[place, index] = functional.cross_entropy(
                found[counted], cut.targets[index][counted], reduction="sum"
            )
            top = found[counted].argmax(-1)
            best = top if place == 0 else best
            greedy[place] += (top == best).sum()
            seconds[place] += time.perf_counter() - started
        progress(index + 1, len(cut))
    share = 100 * greedy / float(cut.tokens.sum())
    rows = []
    for place, (name, _) in enumerate(subjects):
        percent, stderr = windows.relative(losses[place], losses[0])
        goal = goals and name == profiles.NAME
        rows.append(
            Row(
                name=name,
                bits_per_byte=windows.bits_per_byte(losses[place], cut),
                loss_percent=percent,
                stderr_percent=stderr,
                greedy_percent=float(share[place]),
                goal_loss_percent=GOAL_LOSS if goal else None,
                goal_greedy_percent=GOAL_GREEDY if goal else None,
                seconds=seconds[place],
            )
        )
    return tuple(rows)


def checkpoint_hash(checkpoint: Path) -> str:
    """sha256 over names and contents of config and weight files: all `.json`, then `.bin`, then `.safetensors`."""
    patterns = ("*.json", "*.bin", "*.safetensors")
    return content_hash(path for pattern in patterns for path in sorted(checkpoint.glob(pattern)))

# SPDX-License-Identifier: Apache-2.0
"""Evaluate a checkpoint: the same windows of the same text through the float model, every scheme and every profile."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from functools import partial
from pathlib import Path

from torch import Tensor

from golden import windows
from golden.fixed.errors import error_table
from golden.mamba2 import checkpoint as checkpoints
from golden.mamba2 import fake
from golden.mamba2.accuracy import basis, signals, sources, study
from golden.mamba2.accuracy.linears import with_linears
from golden.mamba2.accuracy.options import GOAL_MODEL, GOALS, Named, Options, Quantizer, Subject, parse_profile
from golden.mamba2.accuracy.quantized import ready
from golden.mamba2.accuracy.records import SCHEMA, Evaluation, FunctionRow, Kind, LossRow, Setting, SignalRow, Study
from golden.mamba2.config import Mamba2Config, ModelWeights
from golden.mamba2.integer import profile as profiles
from golden.mamba2.integer.profile import Mamba2Profile
from golden.mamba2.model import forward
from golden.mamba2.schemes import SCHEMES, Scheme
from golden.windows import Logits, Windows
from golden.zoo import corpus

Progress = Callable[[int, int], None]
INTEGER_COST, SIGNAL_COST, STUDY_COST = 40, 80, 200
"""Steps of a window of an integer model, of one whose tensors are compared, and of a row of the study: a float model's
window is one step. For the progress only."""

LINEARS, LINEARS_DOC = ", linear layers only", "the integer model's linear layers, the rest float"


@dataclass
class Steps:
    """Progress over parts that count their own steps."""

    total: int
    report: Progress
    done: int = 0

    @contextmanager
    def part(self, cost: int) -> Iterator[Progress]:
        """Yield the progress of a part that is worth `cost` steps."""
        start = self.done
        yield lambda done, total: self.report(start + cost * done // max(total, 1), self.total)
        self.done = start + cost
        self.report(self.done, self.total)


@dataclass(frozen=True)
class Job:
    """What all rows share: the float model, the windows, its losses [n] on them, the calibration tokens."""

    cfg: Mamba2Config
    weights: ModelWeights
    windows: Windows
    calibration: Tensor
    options: Options
    steps: Steps


@dataclass(frozen=True)
class Entry:
    """A model to measure on the text: its row's name, kind and description, its logits, what a window costs."""

    name: str
    kind: Kind
    doc: str
    logits: Logits
    cost: int = 1
    goal: float | None = None
    choices: tuple[Setting, ...] = ()


def evaluate(
    checkpoint: Path,
    profile_names: Sequence[str],
    text: Path | None,
    options: Options,
    quantize: Quantizer,
    progress: Progress = lambda done, total: None,
) -> Evaluation:
    """Evaluate a float checkpoint in each profile: name, "name:choice=value,..." or folder of an integer model of it.

    Args:
        checkpoint: directory of the checkpoint.
        profile_names: profiles to measure.
        text: UTF-8 text; None takes the zoo's held-out text.
        options: what is measured, and on how much.
        quantize: makes an integer model of float weights.
        progress: called with steps done and steps in all.

    Raises:
        InputError: checkpoint, text, tokenizer or a profile is at fault; see their loaders.
        CheckError: an integer model leaves a derived width.
    """
    chosen = [parse_profile(name) for name in profile_names]
    cfg, lazy = checkpoints.load(checkpoint)
    for each in chosen:
        profiles.check(cfg, each.profile)
    found = sources.read_text(checkpoint, text, cfg, options)
    cut = windows.cut(found, str(text or corpus.HELDOUT_NAME), options.context, options.stride, options.limit)
    calibration = sources.calibration_tokens(checkpoint, cfg, options)
    steps = Steps(_cost(len(cut), len(chosen), options), progress)
    job = Job(cfg, checkpoints.in_memory(lazy), cut, calibration, options, steps)
    goals = text is None and checkpoint.resolve().name == GOAL_MODEL
    losses, noise = _rows(job, chosen, goals, quantize)
    made_by = sources.provenance(checkpoint, text, found, cut, calibration, options)
    return Evaluation(SCHEMA, made_by, losses, noise, function_rows(cfg.d_model), _study(job, chosen, quantize))


def function_rows(width: int) -> tuple[FunctionRow, ...]:
    """Errors of the integer functions; the norms' at the model's `width`, and where their tables were published."""
    return tuple(FunctionRow(**asdict(row)) for row in error_table(tuple(sorted({width, 2560}))))


def _cost(count: int, chosen: int, options: Options) -> int:
    schemes = len(SCHEMES) if options.ablation else 0
    integer = count * (INTEGER_COST + 1) + options.signal_windows * SIGNAL_COST
    studied = len(options.study_seeds) * STUDY_COST * (1 + chosen)
    return count * (1 + schemes) + chosen * integer + studied


def _rows(
    job: Job, chosen: Sequence[Named], goals: bool, quantize: Quantizer
) -> tuple[tuple[LossRow, ...], tuple[SignalRow, ...]]:
    plain = Entry("float", "float", "the published block in float32", lambda t: forward(t, job.weights, job.cfg)[0])
    reference = _losses(job, plain)
    schemes = [(scheme.name, scheme) for scheme in (SCHEMES if job.options.ablation else ())]
    rows = [_row(job, plain, reference, reference), *(_row(job, _fake(job, *each), reference) for each in schemes)]
    noise: list[SignalRow] = []
    for each in chosen:
        subject = _subject(job, each, quantize)
        weights = basis.like(subject.model, job.weights, subject.rotation)
        rows.append(_row(job, _linears(each, subject, weights), reference))
        rows.append(_row(job, _integer(each, subject, goals), reference))
        noise.extend(_noise(job, each, subject, weights))
    return tuple(rows), tuple(noise)


def _subject(job: Job, each: Named, quantize: Quantizer) -> Subject:
    if each.path is not None:
        return ready(each.path, job.cfg, job.weights)
    return quantize(job.cfg, job.weights, each.profile, job.calibration)


def _linears(each: Named, subject: Subject, weights: ModelWeights) -> Entry:
    """The float model with the integer model's linear layers."""
    return Entry(f"{each.name}{LINEARS}", "fake", LINEARS_DOC, with_linears(subject.model, weights).logits)


def _fake(job: Job, name: str, scheme: Scheme) -> Entry:
    return Entry(name, "fake", scheme.doc, fake.prepare(job.weights, job.cfg, scheme, job.calibration).logits)


def _integer(each: Named, subject: Subject, goals: bool) -> Entry:
    names = [field.name for field in fields(Mamba2Profile) if field.name != "name"]
    choices = tuple(Setting(name, str(getattr(each.profile, name))) for name in names)
    goal = GOALS.get(each.profile.name) if goals and not each.changed else None
    logits = partial(study.integer_logits, subject.model)
    return Entry(each.name, "integer", study.INTEGER_DOC, logits, INTEGER_COST, goal, choices)


def _losses(job: Job, entry: Entry) -> Tensor:
    """Losses [n] of the entry's model on the windows."""
    with job.steps.part(entry.cost * len(job.windows)) as progress:
        return windows.losses(entry.logits, job.windows, job.options.batch, progress)


def _row(job: Job, entry: Entry, reference: Tensor, loss: Tensor | None = None) -> LossRow:
    started = time.perf_counter()
    loss = _losses(job, entry) if loss is None else loss
    percent, stderr = windows.relative(loss, reference)
    return LossRow(
        name=entry.name,
        kind=entry.kind,
        doc=entry.doc,
        bits_per_byte=windows.bits_per_byte(loss, job.windows),
        perplexity=windows.perplexity(loss, job.windows),
        loss_percent=percent,
        stderr_percent=stderr,
        goal_percent=entry.goal,
        seconds=time.perf_counter() - started,
        choices=entry.choices,
    )


def _noise(job: Job, each: Named, subject: Subject, weights: ModelWeights) -> tuple[SignalRow, ...]:
    """Errors by tensor on the first windows."""
    count = job.options.signal_windows
    if not count:
        return ()
    with job.steps.part(count * SIGNAL_COST) as progress:
        rows = signals.measure(subject.model, weights, job.windows.inputs[:count], progress)
    return tuple(replace(row, model=each.name) for row in rows)


def _study(job: Job, chosen: Sequence[Named], quantize: Quantizer) -> Study | None:
    """Schemes and profiles on generated checkpoints."""
    seeds = job.options.study_seeds
    if not seeds:
        return None
    with job.steps.part(len(seeds) * STUDY_COST * (1 + len(chosen))) as progress:
        return study.outlier_study(seeds=seeds, integers=chosen, quantize=quantize, progress=progress)

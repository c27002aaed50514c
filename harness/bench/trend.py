# SPDX-License-Identifier: Apache-2.0
"""What of a record is followed over revisions: figures of which less is better, and what has to be equal to compare."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.bench import energy
from harness.bench.baseline_record import BaselineRecord
from harness.bench.driver_overhead import OverheadRecord
from harness.bench.energy_record import GPU, HOST, EnergyRecord
from harness.bench.history import Entry
from harness.bench.measured import CaseRecord, ModelStart
from harness.bench.model_record import ModelRecord
from harness.bench.record import Kind, Record
from harness.bench.speed import SpeedRecord
from harness.bench.statistics import LEVEL, Interval, median_interval
from harness.provenance import Provenance

JOULES = "J/token"
"""Unit of energy, of which one says less and more; of everything else, faster and slower."""


@dataclass(frozen=True)
class Figure:
    """A figure of one record.

    `subject`, `place` and `name` say what is followed: the workload, where it ran, and which figure of it. `work` must
    be equal or two figures are of different things; so must `host`, the machine, where the figure is of its clock.
    `samples` are what was measured, one number where it is exact; `known` is the interval where no samples can be
    resampled. `note` says why it does not count, empty where it does. `judged`: a worse one fails a comparison.
    """

    subject: str
    place: str
    name: str
    unit: str
    source: Kind
    made: Provenance
    work: str = ""
    host: str = ""
    samples: tuple[float, ...] = ()
    known: Interval | None = None
    note: str = ""
    judged: bool = True

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes figures of several records points of one line."""
        return self.subject, self.place, self.name

    @property
    def exact(self) -> bool:
        """Whether the same revision always gives the same number: counted in a simulation."""
        return self.source == "simulated" and len(set(self.samples)) == 1

    @property
    def interval(self) -> Interval | None:
        """The figure with its interval; None where there is none."""
        if self.known is not None or not self.samples:
            return self.known
        first = self.samples[0]
        return Interval(first, first, first, LEVEL) if self.exact else median_interval(self.samples)


def figures(entry: Entry) -> tuple[Figure, ...]:
    """Return the figures of an entry; none where nothing was measured."""
    return tuple(_OF[entry.family](entry.record))


def _replay(r: Record) -> Iterator[Figure]:
    yield Figure(
        subject=r.workload,
        place=f"{r.board} {r.config}, {r.memory} memory",
        name="cycles",
        unit="cycles",
        source=r.kind,
        made=r.provenance,
        work=f"{len(r.samples)} starts, {r.macs} multiplications",
        samples=(float(r.cycles),),
        note="" if r.exact else "its results differ from golden's",
    )


def _model(r: ModelRecord) -> Iterator[Figure]:
    decode = r.work == "decode"
    yield Figure(
        subject=r.title,
        place=f"{r.board} {r.config}, {r.memory} memory",
        name="cycles a token" if decode else "cycles to the first token",
        unit="cycles",
        source=r.kind,
        made=r.provenance,
        work=f"{r.prompt} and {r.generated} tokens, {r.texts} texts of {r.shape}",
        samples=(r.step_cycles / r.texts if decode else float(r.counters.first_token),),
        note="" if r.exact else f"its results differ from golden's: {r.divergence}",
    )


def _case(r: CaseRecord) -> Iterator[Figure]:
    good = r.verdict == "exact"
    kernel = Figure(
        subject=f"{r.asked.workload}, {r.title}" if r.case else r.asked.workload,
        place=f"{r.asked.board} {r.asked.config}",
        name="cycles",
        unit="cycles",
        source=r.asked.kind,
        made=r.provenance,
        work=f"{r.macs} multiplications" if r.start is None else _started(r.start),
        samples=tuple(float(each.cycles) for each in r.samples) if good else (),
        note="" if good else f"{r.verdict}: {r.detail}",
    )
    yield kernel
    if good:
        yield Figure(
            subject=kernel.subject,
            place=kernel.place,
            name="host's time from start to done",
            unit="s",
            source="measured",
            made=r.provenance,
            work=kernel.work,
            host=_host(r.provenance),
            samples=tuple(each.kernel_s for each in r.samples),
        )


def _started(s: ModelStart) -> str:
    return f"{s.prompt} and {s.generated} tokens, {s.texts} texts of {s.own} positions behind {s.prefix}"


def _energy(r: EnergyRecord) -> Iterator[Figure]:
    """Yield J/token; of PyTorch on this machine it is told beside the boards', and fails nothing."""
    beside = r.board in (HOST, GPU)
    found = energy.figures(r)
    problems = energy.problems(r)
    if found is None and not problems:
        return
    yield Figure(
        subject=f"{r.workload} ({r.work})",
        place=f"{r.board}, {'n/a' if r.source is None else r.source.name}",
        name="energy",
        unit=JOULES,
        source=r.kind,
        made=r.provenance,
        work=f"{r.tokens // r.inferences} tokens",
        host=_host(r.provenance) if beside else "",
        known=None if problems or found is None else found.per_token,
        note=f"INVALID: {problems[0]}" if problems else "",
        judged=not beside,
    )


def _baseline(r: BaselineRecord) -> Iterator[Figure]:
    """Yield PyTorch's time: told beside the others, but somebody else's, so that it fails nothing."""
    if r.kind != "measured":
        return
    yield Figure(
        subject=f"{r.model} {r.workload} in PyTorch",
        place=f"{r.device}, {r.dtype}, {r.threads} threads",
        name="time a token",
        unit="s",
        source="measured",
        made=r.provenance,
        work=f"{r.prompt} and {r.tokens} tokens, {r.library}",
        host=f"{_host(r.provenance)}, {r.device_name}",
        samples=tuple(each / r.tokens for each in r.samples),
        note="" if r.good else "its tokens differ from golden's",
        judged=False,
    )


def _speed(r: SpeedRecord) -> Iterator[Figure]:
    """Yield the time of our way, of that of the other for the same work: runs of both alternate."""
    yield Figure(
        subject=r.name,
        place=f"{r.ours_name} over {r.theirs_name}",
        name="time, over that of the other",
        unit="x",
        source="measured",
        made=r.provenance,
        host=_host(r.provenance),
        samples=tuple(theirs / ours for ours, theirs in zip(r.ours, r.theirs, strict=True)),
    )


def _overhead(r: OverheadRecord) -> Iterator[Figure]:
    """Yield the entries, which are counted, and the host's time: only told, as a busy machine has it twice over."""
    yield Figure(
        subject=r.name,
        place="virtual board",
        name="entries into the simulation a call",
        unit="entries",
        source="simulated",
        made=r.provenance,
        samples=(r.entries,),
    )
    yield Figure(
        subject=r.name,
        place="virtual board",
        name="host's time a call beyond the simulation",
        unit="us",
        source="measured",
        made=r.provenance,
        host=_host(r.provenance),
        samples=r.samples_us,
        judged=False,
    )


def _host(made: Provenance) -> str:
    return f"{made.machine}, {made.cores} cores, {made.cpu}"


_OF: Mapping[str, Callable[[Any], Iterator[Figure]]] = {
    "records": _replay,
    "mamba2": _model,
    "ternary": _model,
    "measured": _case,
    "energy": _energy,
    "baseline": _baseline,
    "speed": _speed,
    "overhead": _overhead,
}

# SPDX-License-Identifier: Apache-2.0
"""Measures cases of a bundle, or workloads of a model, on a board: every result checked, hangs survived.

Each is repeated until its median is known.
"""

import time
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

import torch

from golden.errors import CheckError, KraitError, MachineError
from golden.vectors import Bundle, Case
from harness.bench.measured import SCHEMA, Asked, CaseRecord, ModelStart, Preflight, Times, Verdict
from harness.bench.model_record import ModelCounters
from harness.bench.record import Counters
from harness.bench.statistics import Interval, Rule, repeat
from harness.provenance import Provenance


@dataclass(frozen=True)
class Timed:
    """One repetition: results int32 [rows, vectors], counters, and where the time went."""

    y: torch.Tensor
    counters: Counters
    times: Times


class MeasuredTarget(Protocol):
    """A board with the kernel on it, which tells where the time of a start goes."""

    def load(self, name: str, weights: torch.Tensor, rows: int, cols: int) -> None:
        """Place packed weights uint8 [beats, WIDE] of a rows x cols matrix, unless the name is there already."""

    def timed(self, weights: str, x: torch.Tensor, vectors: int) -> Timed:
        """Run one start on loaded weights and packed activations uint8 [beats, WIDE]."""

    def recover(self) -> None:
        """Bring the board back after a start that did not end; weights are gone. MachineError: it does not come."""


@dataclass(frozen=True)
class Once:
    """One repetition whose results were exact: the kernel's counters, and where the time went."""

    counters: Counters | ModelCounters
    times: Times


class Subject(Protocol):
    """What is repeated on a board as one case."""

    @property
    def name(self) -> str:
        """Of the case."""

    @property
    def macs(self) -> int:
        """Useful multiplications of one repetition."""

    @property
    def start(self) -> ModelStart | None:
        """What of a whole model it is."""

    def place(self) -> None:
        """Bring onto the board what is the same in every repetition."""

    def once(self) -> Once:
        """Run once. CheckError: a result differs."""


@dataclass(frozen=True)
class BundleCase:
    """A case of a bundle on a target."""

    target: MeasuredTarget
    bundle: Bundle
    case: Case
    start: ModelStart | None = None

    @property
    def name(self) -> str:
        """The case's."""
        return self.case.name

    @property
    def macs(self) -> int:
        """Of the product."""
        return self.case.rows * self.case.cols * self.case.vectors

    def place(self) -> None:
        """Load the weights."""
        case = self.case
        self.target.load(case.weights, self.bundle.tensors[case.weights], case.rows, case.cols)

    def once(self) -> Once:
        """Run one start. CheckError: an element differs."""
        case = self.case
        found = self.target.timed(case.weights, self.bundle.tensors[case.x], case.vectors)
        expected = self.bundle.tensors[case.y]
        wrong = (found.y != expected).nonzero()
        if len(wrong):
            row, vector = (int(i) for i in wrong[0])
            raise CheckError(
                f"tensor {case.y}: row {row}, vector {vector}: golden {int(expected[row, vector])}, found "
                f"{int(found.y[row, vector])}; {len(wrong)} of {expected.numel()} elements differ"
            )
        return Once(found.counters, found.times)


@dataclass
class _Ran:
    """A case while it is measured."""

    subject: Subject
    times: list[Times] = field(default_factory=list)
    counters: Counters | ModelCounters | None = None
    verdict: Verdict = "exact"
    detail: str = ""
    ended: str = ""
    lost: bool = False

    def run(self, rule: Rule, clock: Callable[[], float]) -> None:
        """Repeat the case as the rule says. What goes wrong becomes the verdict; `lost`: the board has to be reset."""
        try:
            self.subject.place()
            self.ended = repeat(self._once, rule, clock=clock).ended
        except CheckError as error:
            self.verdict, self.detail = "differs", f"repetition {len(self.times)}, {error}"
        except KraitError as error:
            self.verdict, self.detail, self.lost = "failed", str(error), isinstance(error, MachineError)

    def _once(self) -> float:
        """Run once, keep its times, return the seconds from start to done."""
        found = self.subject.once()
        self.counters = self.counters or found.counters
        self.times.append(found.times)
        return found.times.kernel_s


def measure(
    subjects: Iterable[Subject],
    asked: Asked,
    preflight: Preflight,
    provenance: Provenance,
    recover: Callable[[], None],
    done: Collection[str] = (),
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[CaseRecord]:
    """Yield a record for each case that is not done, as it ends. A case that fails does not end the others.

    `recover` brings the board back after a start that did not end; what was placed on it is gone.

    Raises:
        MachineError: the board did not come back after a start that hung; the case's record was yielded before.
    """
    for subject in subjects:
        if subject.name in done:
            continue
        ran = _Ran(subject)
        ran.run(asked.rule, clock)
        yield _record(ran, asked, preflight, provenance)
        if ran.lost:
            recover()


def _record(ran: _Ran, asked: Asked, preflight: Preflight, provenance: Provenance) -> CaseRecord:
    start, counters = ran.subject.start, ran.counters
    return CaseRecord(
        schema=SCHEMA,
        run=asked.run,
        asked=asked,
        case=ran.subject.name,
        macs=ran.subject.macs,
        verdict=ran.verdict,
        detail=ran.detail,
        preflight=preflight,
        counters=counters if isinstance(counters, Counters) else None,
        warm_up=tuple(ran.times[: asked.rule.warm_up]),
        samples=tuple(ran.times[asked.rule.warm_up :]),
        ended=ran.ended,
        provenance=provenance,
        start=start.counted(counters) if start and isinstance(counters, ModelCounters) else start,
    )


def invalid(asked: Asked, reason: str, provenance: Provenance) -> CaseRecord:
    """Return the record of a run whose board is not the declared one."""
    return CaseRecord(SCHEMA, asked.run, asked, "", 0, "invalid", reason, None, None, (), (), "", provenance)


def lines(record: CaseRecord) -> list[str]:
    """Return what a record says, for people; host time, copies and the kernel's own cycles apart."""
    lead = f"{record.title or record.asked.workload}, {record.asked.board}"
    if record.verdict != "exact":
        return [f"{lead}: {record.verdict.upper()}: {record.detail}"]
    assert record.preflight is not None
    device, kernel, copies = record.device_s, record.kernel_s, record.copies_s
    cycles = f"{device.value * record.hertz:,.0f} cycles"
    values = "" if record.start is None else f" ({record.start.compared} values)"
    count = len(record.warm_up) + len(record.samples)
    rate = f"{record.macs / device.value / 1e9:.2f} GMAC/s" if record.start is None else model_rate(record)
    return [
        f"{lead}: exact{values} in {count} repetitions (ended: {record.ended})",
        f"  kernel  {cycles} = {_micro(device)} at {record.preflight.clock_measured_mhz:.2f} MHz, {rate} "
        f"[{record.asked.kind}]",
        f"  host    {_micro(kernel)} from start to done, {_micro(copies)} of copies [measured]",
    ]


def model_rate(record: CaseRecord) -> str:
    """Return tokens a second of a model's record, and what they are of; the LM head is always in them."""
    assert record.start is not None
    if record.start.work == "prefill":
        first = f"first token after {record.first_s.value * record.hertz:,.0f} cycles"
        return f"{first}, {record.rate.value:,.2f} tok/s of the prompt, LM head in"
    step = f"{record.step_s.value * record.hertz:,.0f} cycles a step"
    texts = f" of {record.start.texts} texts" if record.start.texts > 1 else ""
    return f"{step}{texts}, {record.rate.value:,.2f} tok/s, LM head in"


def _micro(interval: Interval) -> str:
    low, value, high = (f"{1e6 * each:,.1f}" for each in (interval.low, interval.value, interval.high))
    return f"{value} us [{low}, {high}]"

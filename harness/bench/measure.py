# SPDX-License-Identifier: Apache-2.0
"""Measures cases of a bundle on a board: every result checked, repeated until the median is known, hangs survived."""

import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from typing import Protocol

import torch

from golden.errors import CheckError, KraitError, MachineError
from golden.vectors import Bundle, Case
from harness.bench.measured import SCHEMA, Asked, CaseRecord, Preflight, Times, Verdict
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


@dataclass
class _Case:
    """A case while it is measured."""

    target: MeasuredTarget
    bundle: Bundle
    case: Case
    times: list[Times] = field(default_factory=list)
    counters: Counters | None = None
    verdict: Verdict = "exact"
    detail: str = ""
    ended: str = ""
    lost: bool = False

    def run(self, rule: Rule, clock: Callable[[], float]) -> None:
        """Repeat the case as the rule says. What goes wrong becomes the verdict; `lost`: the board has to be reset."""
        case = self.case
        try:
            self.target.load(case.weights, self.bundle.tensors[case.weights], case.rows, case.cols)
            self.ended = repeat(self._once, rule, clock=clock).ended
        except CheckError as error:
            self.verdict, self.detail = "differs", str(error)
        except KraitError as error:
            self.verdict, self.detail, self.lost = "failed", str(error), isinstance(error, MachineError)

    def _once(self) -> float:
        """Run once, keep its times, return the seconds from start to done. CheckError: an element differs."""
        case = self.case
        found = self.target.timed(case.weights, self.bundle.tensors[case.x], case.vectors)
        self.counters = self.counters or found.counters
        expected = self.bundle.tensors[case.y]
        wrong = (found.y != expected).nonzero()
        if len(wrong):
            row, vector = (int(i) for i in wrong[0])
            raise CheckError(
                f"repetition {len(self.times)}, tensor {case.y}: row {row}, vector {vector}: golden "
                f"{int(expected[row, vector])}, found {int(found.y[row, vector])}; {len(wrong)} of "
                f"{expected.numel()} elements differ"
            )
        self.times.append(found.times)
        return found.times.kernel_s


def measure(
    target: MeasuredTarget,
    bundle: Bundle,
    asked: Asked,
    preflight: Preflight,
    provenance: Provenance,
    done: Collection[str] = (),
    clock: Callable[[], float] = time.monotonic,
) -> Iterator[CaseRecord]:
    """Yield a record for each case that is not done, as it ends. A case that fails does not end the others.

    Raises:
        MachineError: the board did not come back after a start that hung; the case's record was yielded before.
    """
    for case in bundle.manifest.cases:
        if case.name in done:
            continue
        ran = _Case(target, bundle, case)
        ran.run(asked.rule, clock)
        warm = asked.rule.warm_up
        yield CaseRecord(
            schema=SCHEMA,
            run=asked.run,
            asked=asked,
            case=case.name,
            macs=case.rows * case.cols * case.vectors,
            verdict=ran.verdict,
            detail=ran.detail,
            preflight=preflight,
            counters=ran.counters,
            warm_up=tuple(ran.times[:warm]),
            samples=tuple(ran.times[warm:]),
            ended=ran.ended,
            provenance=provenance,
        )
        if ran.lost:
            target.recover()


def invalid(asked: Asked, reason: str, provenance: Provenance) -> CaseRecord:
    """Return the record of a run whose board is not the declared one."""
    return CaseRecord(SCHEMA, asked.run, asked, "", 0, "invalid", reason, None, None, (), (), "", provenance)


def lines(record: CaseRecord) -> list[str]:
    """Return what a record says, for people; host time, copies and the kernel's own cycles apart."""
    lead = f"{record.case or record.asked.workload}, {record.asked.board}"
    if record.verdict != "exact":
        return [f"{lead}: {record.verdict.upper()}: {record.detail}"]
    assert record.preflight is not None
    device, kernel, copies = record.device_s, record.kernel_s, record.copies_s
    cycles = f"{device.value * record.preflight.clock_measured_mhz * 1e6:,.0f} cycles"
    kind = record.asked.kind
    return [
        f"{lead}: exact in {len(record.warm_up) + len(record.samples)} repetitions (ended: {record.ended})",
        f"  kernel  {cycles} = {_micro(device)} at {record.preflight.clock_measured_mhz:.2f} MHz, "
        f"{record.macs / device.value / 1e9:.2f} GMAC/s [{kind}]",
        f"  host    {_micro(kernel)} from start to done, {_micro(copies)} of copies [measured]",
    ]


def _micro(interval: Interval) -> str:
    low, value, high = (f"{1e6 * each:,.1f}" for each in (interval.low, interval.value, interval.high))
    return f"{value} us [{low}, {high}]"

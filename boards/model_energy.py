# SPDX-License-Identifier: Apache-2.0
"""Energy of a model's workload in the run that measured it: the same start in a loop, a record beside the others."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from boards.power.energy import Timing, lines, measure
from boards.power.load import KernelLoad
from boards.power.source import PowerSource
from golden.errors import MachineError
from harness import console
from harness.bench import energy_record
from harness.bench.energy_record import EnergyRecord, unmeasured
from harness.bench.measured import Asked, CaseRecord


@dataclass(frozen=True)
class Metering:
    """A board's power: its source, or why there is none; `timing` as `boards.power.energy` takes it."""

    source: PowerSource | None
    reason: str = ""
    timing: Timing = field(default_factory=Timing)


NOTHING = Metering(None, "nobody asked for a sensor")


def metering(opening: Callable[[], PowerSource]) -> Metering:
    """Open a board's power source; where nothing measures, the reason is kept for the records."""
    try:
        return Metering(opening())
    except MachineError as error:
        return Metering(None, str(error))


class Repeatable(Protocol):
    """A case, as far as its energy needs it."""

    def untapped(self) -> Any:
        """Arguments of its start without what a check captures."""


class Target(Protocol):
    """A board on which a case was measured; the model, and what stands in front of the start, are still there."""

    @property
    def kernel(self) -> Any:
        """The driver."""

    @property
    def timeout_s(self) -> float:
        """Of a start."""

    def recover(self) -> None:
        """Bring the board back after a start that did not end."""


def follow(metering: Metering, target: Target, case: Repeatable, record: CaseRecord, path: Path) -> None:
    """Measure the energy of a case that was just measured, append the record to `path` and say what it holds.

    A start that fails is the record's reason; the board is then brought back for the next case.

    Raises:
        MachineError: the board does not come back.
    """
    try:
        found, lost = _measure(metering, target, case, record), False
    except MachineError as error:
        found, lost = _without(record, f"a start failed while power was read: {error}"), True
    energy_record.append(path, replace(found, run=record.run))
    for line in lines(found):
        console.say(f"  {line}")
    if lost:
        target.recover()


def _measure(metering: Metering, target: Target, case: Repeatable, record: CaseRecord) -> EnergyRecord:
    start = record.start
    assert start is not None
    if metering.source is None:
        return _without(record, metering.reason)
    load = KernelLoad(record.title, start.work, start.tokens, target.kernel, case.untapped(), target.timeout_s)
    asked = record.asked
    return measure(asked.board, asked.kind, metering.source, load, record.provenance, timing=metering.timing)


def _without(record: CaseRecord, reason: str) -> EnergyRecord:
    start, asked = record.start, record.asked
    assert start is not None
    return unmeasured(record.title, start.work, asked.board, asked.kind, start.tokens, record.provenance, reason)


def finished(records: Iterable[EnergyRecord], asked: Asked) -> frozenset[str]:
    """Return the titles of a run's cases whose energy was measured, or found to be n/a."""
    return frozenset(each.workload for each in records if each.run == asked.run)

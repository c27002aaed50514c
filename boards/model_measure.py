# SPDX-License-Identifier: Apache-2.0
"""`krait bench --kernel mamba2_accel|ternary_accel` on a physical board: whole models, with energy in the same run."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, Protocol

import torch

from boards import mamba2_measure, ternary_measure
from boards.drivers.model_accel import Best
from boards.measure import RULE, check, keep, opened
from boards.model_bench import check_room
from boards.model_energy import NOTHING, Metering, finished, follow
from boards.open import OpenBoard, open_board
from golden.errors import CheckError, InputError
from golden.spec import KernelConfig
from harness import console
from harness.bench import baseline_workloads, energy_record, measured, ternary_workloads
from harness.bench.energy_record import RECORDS as ENERGY
from harness.bench.measure import Once, measure
from harness.bench.measured import Asked, CaseRecord, ModelStart, Times
from harness.bench.model_record import ModelCounters
from harness.bench.model_workloads import ON_BOARDS
from harness.bench.record import Kind
from harness.bench.statistics import Rule
from harness.provenance import collect

TIMEOUT_S = 600.0
"""Of a start: 2.7B reads 1,024 tokens on VCK190 in a minute."""


class ModelCase(Protocol):
    """A workload of a model in a kernel's configuration; a start of it, and what must come."""

    @property
    def name(self) -> str:
        """The workload's."""

    @property
    def arena_bytes(self) -> int:
        """Of every port."""

    @property
    def macs(self) -> int:
        """Of the linear layers in the start."""

    @property
    def start(self) -> ModelStart:
        """What of the model it is."""

    @property
    def arguments(self) -> Any:
        """Of the start."""

    def untapped(self) -> Any:
        """Arguments of the same start without what the check captures."""

    def place(self, kernel: Any) -> None:
        """Copy to the arena what no start changes."""

    def before(self, kernel: Any, timeout_s: float) -> None:
        """Bring the kernel to where the start begins. MachineError: not done in time."""

    def write(self, kernel: Any) -> None:
        """Copy the start's tokens to the arena."""

    def differs(self, taps: torch.Tensor, best: Sequence[Best], counters: ModelCounters) -> str:
        """Return the first result that differs from golden's, as a line."""


@dataclass(frozen=True)
class Family:
    """What is measured of a kernel's models.

    Attributes:
        workload: reads a workload's name. InputError: it is none.
        configuration: of a board's tag and a model's name (None the tiny one): the configuration to look for, None for
            any. InputError: an unknown model, or the board has none for it.
        cases: of a model's name, an open kernel's configuration and a share of the layers: what makes a case of a
            workload's name.
    """

    workload: Callable[[str], object]
    configuration: Callable[[str, str | None], str | None]
    cases: Callable[[str | None, KernelConfig, int | None], Callable[[str], ModelCase]]


FAMILIES: Mapping[str, Family] = {
    "mamba2_accel": Family(baseline_workloads.workload, mamba2_measure.configuration, mamba2_measure.cases),
    "ternary_accel": Family(ternary_workloads.workload, ternary_measure.configuration, ternary_measure.cases),
}


def run(
    board: str,
    kernel: str,
    path: Path,
    model: str | None = None,
    work: str | None = None,
    overlay: Path | None = None,
    config: str | None = None,
    resume: bool = False,
    metering: Metering = NOTHING,
    layers: int | None = None,
) -> bool:
    """Measure workloads of a model on a physical board, append records to `path` and beside it; whether all was exact.

    Args:
        board: its tag.
        kernel: which of `FAMILIES`.
        path: of the records; those of energy lie beside it.
        model: its name; the tiny one without.
        work: workloads with commas between; without them those of llama-bench's names that fit.
        overlay: the overlay file; without it the newest that was built for the board, kernel and configuration.
        config: of the kernel; without it that of the overlay, or the board's for the model.
        resume: leave out what an earlier, interrupted run of the same measured to its end.
        metering: the board's power.
        layers: only the first of the model's layers; every record, line and table says so.

    Raises:
        InputError: model, workload or overlay do not fit. InvalidError: the board is not the declared one; a record
        says so. MachineError: it is absent, in use, or does not come back after a hang.
    """
    family = FAMILIES[kernel]
    for name in work.split(",") if work else ():
        family.workload(name)
    wanted = family.configuration(board, model)
    config = config or (None if overlay else wanted)
    with opened(board, path, lambda: open_board(board, config, kernel, overlay)) as found:
        return run_opened(found, path, model, work, resume=resume, metering=metering, layers=layers)


def run_opened(
    board: OpenBoard[Any],
    path: Path,
    model: str | None = None,
    work: str | None = None,
    rule: Rule = RULE,
    resume: bool = False,
    timeout_s: float = TIMEOUT_S,
    kind: Kind = "measured",
    metering: Metering = NOTHING,
    layers: int | None = None,
) -> bool:
    """Measure on a board that is open; as `run`. `kind` is what the kernel's cycles are."""
    torch.set_num_threads(1)
    cases = select(FAMILIES[board.kernel.KERNEL].cases(model, board.config, layers), work)
    size = max(case.arena_bytes for case in cases)
    check_room(size, board.facts)
    asked = asked_of(board, cases[0].start, kind, rule)
    power = path.with_name(ENERGY)
    done = _done(path, power, asked) if resume else frozenset()
    with closing(ModelTarget(board, size, timeout_s)) as target:
        provenance = collect({})
        checked = check(board, target.arena, asked, path, provenance)
        subjects, by_name = [TimedCase(target, case) for case in cases], {case.name: case for case in cases}

        def then(record: CaseRecord) -> None:
            follow(metering, target, by_name[record.case], record, power)

        found = measure(subjects, asked, checked, provenance, target.recover, done)
        return keep(path, asked, done, found, then)


def _done(path: Path, power: Path, asked: Asked) -> frozenset[str]:
    """Cases of a run that were measured to their end, energy included."""
    records, energies = measured.read(path), finished(energy_record.read(power), asked)
    exact = measured.finished(records, asked)
    return frozenset(each.case for each in records if each.case in exact and each.title in energies)


def select(made: Callable[[str], ModelCase], work: str | None) -> list[ModelCase]:
    """Return the cases of named workloads, else of those on boards that the model and its configuration take.

    Raises:
        InputError: an unknown workload, one that does not fit, or none that does.
    """
    if work is not None:
        return [made(name) for name in work.split(",")]
    found, refused = [], ""
    for name in ON_BOARDS:
        try:
            found.append(made(name))
        except InputError as error:
            refused = str(error)
            console.say(f"{name} is left out: {error}")
    if not found:
        raise InputError(f"--workload: none of {', '.join(ON_BOARDS)} fits: {refused}")
    return found


def asked_of(board: OpenBoard[Any], start: ModelStart, kind: Kind, rule: Rule) -> Asked:
    """Return what a measurement of a model on a board is of."""
    return Asked(
        workload=start.title,
        board=board.tag,
        kind=kind,
        config=board.config.name,
        config_hash=f"{board.config.config_hash:016x}",
        bitstream=board.bitstream,
        bundle=f"{start.title}, {start.origin}",
        rule=rule,
    )


class ModelTarget:
    """An open board with room for a model of any case.

    Args:
        opened: the board.
        arena_bytes: bytes a port.
        timeout_s: of a start.

    Attributes:
        kernel: its driver.
        arena: where the model lives, of all cases in turn.
    """

    def __init__(self, opened: OpenBoard[Any], arena_bytes: int, timeout_s: float) -> None:
        self._opened, self._bytes, self.timeout_s = opened, arena_bytes, timeout_s
        self.kernel: Any = opened.kernel
        self.arena = self.kernel.arena(arena_bytes)

    def recover(self) -> None:
        """Load the overlay again, after a start that did not end; the arena is new. MachineError: it fails."""
        self._opened.reload()
        self.arena.close()
        self.arena = self.kernel.arena(self._bytes)

    def close(self) -> None:
        """Free the arena; a buffer that is still allocated afterwards is an error."""
        self.arena.close()
        self._opened.device.check_leaks()


@dataclass(frozen=True)
class TimedCase:
    """A case on a target, for `harness.bench.measure`.

    Copies are those of a use: the prompt there, the chosen tokens' records back. What a check reads is not timed.
    """

    target: ModelTarget
    case: ModelCase

    @property
    def name(self) -> str:
        """The case's."""
        return self.case.name

    @property
    def macs(self) -> int:
        """The case's."""
        return self.case.macs

    @property
    def start(self) -> ModelStart:
        """The case's."""
        return self.case.start

    def place(self) -> None:
        """Copy the model, and fill where captured values go, so that none of an earlier case can pass."""
        kernel, a = self.target.kernel, self.case.arguments
        self.case.place(kernel)
        kernel.poison(a.tap_off, (a.arena_bytes - a.tap_off) // kernel.config.port_bytes)

    def once(self) -> Once:
        """Run one start. CheckError: a result differs. MachineError: not done in time."""
        kernel, case, a = self.target.kernel, self.case, self.case.arguments
        count = kernel.records_of(a)
        case.before(kernel, self.target.timeout_s)
        times = [time.perf_counter()]
        case.write(kernel)
        kernel.poison(a.out_off, count)
        times.append(time.perf_counter())
        kernel.begin(a)
        kernel.wait(self.target.timeout_s)
        times.append(time.perf_counter())
        best = tuple(kernel.records(a, 0, count))
        times.append(time.perf_counter())
        counters = kernel.counters()
        wrong = case.differs(kernel.taps(a), best, counters)
        if wrong:
            raise CheckError(wrong)
        copied, ran, returned = (after - before for before, after in pairwise(times))
        return Once(counters, Times(counters.cycles, copied, ran, returned, counters.first_token))

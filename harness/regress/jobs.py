# SPDX-License-Identifier: Apache-2.0
"""The jobs of a regression under way: builds, first runs, second runs of what failed, and what became of each."""

from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from golden.errors import InputError, KraitError
from harness import sources
from harness.build import IcarusBuild, VerilatorBuild, build
from harness.build.spec import Counted
from harness.build.waves import Window
from harness.coverage import units
from harness.regress import executor as executors
from harness.regress.executor import Executor
from harness.regress.results import Result
from harness.regress.signature import signature
from harness.regress.store import Store
from harness.regress.suites import Entry
from harness.regress.task import Outcome, Task
from harness.regress.waivers import Waiver
from harness.regress.waivers import find as find_waiver
from harness.sim.process import Limits
from harness.toolchain import find_icarus
from harness.uvm.job import CLOCK_NS
from harness.verilog import named_test

TIMEOUT_S = 600.0
MOST_WAVES = 5
"""Failures whose second run writes waves: their builds take as long as the first ones."""
WAVES_NS = (20_000 * CLOCK_NS, 100 * CLOCK_NS)
"""Time before and behind the first error that waves hold."""
Spec = VerilatorBuild | IcarusBuild
Watcher = Callable[[str, str, str], None]
"""Called with a job's name, its state ("building", "waiting", "running", "again", a status) and a reason."""


@dataclass(frozen=True)
class Options:
    """How a regression runs: see the options of the same names of `krait regress`; `bundle` makes the test vectors.

    Waves are those of failures without `waves`, of every run where it is true, of none where it is false.
    """

    jobs: int = 1
    timeout_s: float = TIMEOUT_S
    waves: bool | None = None
    cov: bool = False
    executor: str = "local"
    waivers: tuple[Waiver, ...] = ()
    fresh: bool = False
    bundle: Callable[[], Path] = Path

    def __post_init__(self) -> None:
        """Refuse an executor that does not exist."""
        executors.check(self.executor)

    @property
    def of_results(self) -> tuple[Any, ...]:
        """What results depend on."""
        return self.timeout_s, self.waves, self.cov


class Jobs:
    """Futures, each with what is done when it ends; one thread does it all but the builds and the tasks themselves."""

    def __init__(self, folder: Path, store: Store, options: Options, watch: Watcher) -> None:
        self._store = store
        self.kept = 0
        self._folder, self._options, self._watch = folder, options, watch
        self._results: dict[Entry, Result] = {}
        self._pending: dict[Future[Any], Callable[[Future[Any]], None]] = {}
        self._waves_left = MOST_WAVES
        self._executor: Executor

    def results(self, entries: tuple[Entry, ...]) -> tuple[Result, ...]:
        """Run the entries; return their results in the plan's order."""
        self._executor = executors.make(self._options.executor, self._options.jobs, self._started)
        builder = ThreadPoolExecutor(1)
        cancel = True
        try:
            for spec, members in self._builds(entries):
                self._pending[builder.submit(self._build, spec, members)] = partial(self._built, spec, members)
            while self._pending:
                for future in wait(self._pending, return_when=FIRST_COMPLETED).done:
                    self._pending.pop(future)(future)
            cancel = False
        finally:
            self._executor.close(cancel)
            builder.shutdown(cancel_futures=True)
        return tuple(self._results[entry] for entry in entries)

    def _builds(self, entries: tuple[Entry, ...]) -> Iterator[tuple[Spec, list[Entry]]]:
        """Yield each build that is needed with the entries that need it; settle those that are not to run."""
        found: dict[tuple[Any, ...], list[Entry]] = {}
        for entry in entries:
            known, missing = self._store.load(entry), _why_not(entry)
            if known is not None:
                self.kept += 1
                self._settle(entry, known)
            elif missing:
                self._settle(entry, _result(entry, self._folder, "NOT-RUN", Outcome("BLOCKED", missing)))
            else:
                found.setdefault((entry.kernel, entry.config, entry.transport, entry.simulator), []).append(entry)
        for (kernel, config, transport, simulator), members in found.items():
            spec = sources.cocotb_build(kernel, config, transport, simulator)
            spec = _traced(spec) if self._options.waves else spec
            yield _counting(spec, kernel) if self._options.cov else spec, members

    def _build(self, spec: Spec, members: list[Entry]) -> None:
        """Build, on a thread of its own."""
        for entry in members:
            self._watch(_label(entry), "building", "")
        build(spec)

    def _built(self, spec: Spec, members: list[Entry], future: Future[Any]) -> None:
        """Hand the entries of a build to the executor, or settle them as what became of it."""
        error = future.exception()
        for entry in members:
            if error is None:
                self._watch(_label(entry), "waiting", "")
                task = self._task(entry, spec)
                self._pending[self._executor.submit(task)] = partial(self._ran, entry, task)
            elif isinstance(error, KraitError | OSError):
                status = "FAIL" if isinstance(error, InputError) else "BLOCKED"
                self._finish(entry, _result(entry, self._folder, status, Outcome("FAIL", f"{error}")))
            else:
                raise error

    def _task(self, entry: Entry, spec: Spec) -> Task:
        place = self._folder / entry.folder
        bundle = str(self._options.bundle()) if entry.test == "BundleTest" else ""
        job = entry.job(str(place), bundle)
        limits = Limits(self._options.timeout_s)
        window = Window() if self._options.waves else None
        return Task(
            _label(entry), entry.seed, spec, entry.module, entry.test, job, place, limits, window, None, entry.power_up
        )

    def _started(self, task: Task) -> None:
        self._watch(task.name, "again" if task.folder.name == "again" else "running", "")

    def _ran(self, entry: Entry, task: Task, future: Future[Outcome]) -> None:
        """Settle a first run, or run it again where it failed."""
        outcome = _outcome(future)
        if outcome.verdict != "FAIL":
            self._finish(entry, _result(entry, self._folder, outcome.verdict, outcome))
            return
        second = self._again(task, outcome)
        self._pending[self._executor.submit(second)] = partial(self._reran, entry, outcome, second)

    def _again(self, task: Task, failed: Outcome) -> Task:
        """Return the second run of a task: the same seed, with waves of the time around the failure."""
        place = task.folder / "again"
        second = replace(task, folder=place, job=replace(task.job, out=str(place)))
        if self._options.waves is not None or not self._waves_left:
            return second
        self._waves_left -= 1
        return replace(second, spec=_traced(task.spec), plain=task.spec, window=_window(failed))

    def _reran(self, entry: Entry, first: Outcome, task: Task, future: Future[Outcome]) -> None:
        """Settle an entry by its two runs: FAIL if the second failed like the first, or could not run; else FLAKY."""
        second = _outcome(future)
        same = second.verdict == "FAIL" and signature(second.reason) == signature(first.reason)
        told = f"second run with the same seed: {'the same' if same else f'{second.verdict} {second.reason}'.strip()}"
        waves = second.waves or first.waves
        if second.waves and task.window:
            told += f"; waves: {task.window.text}"
        elif not second.waves and not second.note and self._options.waves is not False:
            told += "; no waves: " + ("it died" if task.window else f"{MOST_WAVES} other failures have some")
        both = replace(
            first,
            note="; ".join(filter(None, (told, second.note))),
            seconds=first.seconds + second.seconds,
            process_s=first.process_s + second.process_s,
            waves=waves,
        )
        status = "FAIL" if same or second.verdict in ("BLOCKED", "INVALID") else "FLAKY"
        self._finish(entry, _result(entry, self._folder, status, both))

    def _finish(self, entry: Entry, result: Result) -> None:
        """Keep a new result on disk, and settle it."""
        try:
            self._store.save(entry, result)
        except OSError as error:
            why = f"{self._folder / entry.folder}: the result cannot be written ({error.strerror})"
            result = replace(result, status="BLOCKED", reason=f"{why}; it was {result.status} {result.reason}".strip())
        self._settle(entry, result)

    def _settle(self, entry: Entry, result: Result) -> None:
        """Take a result into the regression, waived where a waiver covers it."""
        found = find_waiver(self._options.waivers, result.name, result.signature)
        if result.status == "FAIL" and found:
            note = f"waived until {found.expires}: {found.reason}"
            result = replace(result, status="WAIVED", note="; ".join(filter(None, (note, result.note))))
        self._results[entry] = result
        self._watch(_label(entry), result.status, result.reason)


def _window(failed: Outcome) -> Window:
    """Return the time around a failure: around its first error, else up to the end, else the whole run."""
    before, behind = WAVES_NS
    fault = int(failed.fault_ns)
    return Window(max(0, fault - before), fault + behind) if fault else Window(max(0, int(failed.sim_ns) - before))


def _label(entry: Entry) -> str:
    return f"{entry.name} --seed {entry.seed}"


def _traced(spec: Spec) -> Spec:
    """Return a build with waves."""
    return replace(spec, trace="fst")


def _counting(spec: Spec, kernel: str) -> Spec:
    """Return a build with code coverage where it is Verilator's: of the kernel, and what no other unit's tests see."""
    if not isinstance(spec, VerilatorBuild):
        return spec
    test = next(named_test(path) for path in spec.sources if path.stem == kernel)
    return replace(spec, coverage=True, counted=Counted(units.counted(kernel, spec.sources, test)))


def _why_not(entry: Entry) -> str:
    if entry.simulator == "icarus" and find_icarus() is None:
        return "Icarus Verilog is not on PATH; apt install iverilog"
    return ""


def _outcome(future: Future[Outcome]) -> Outcome:
    """Return what a task gave; a worker that was lost gave that."""
    error = future.exception()
    if error is not None:
        return Outcome("BLOCKED", f"the worker was lost: {type(error).__name__}: {error}")
    return future.result()


def _result(entry: Entry, folder: Path, status: str, outcome: Outcome) -> Result:
    reason = "" if status == "PASS" else outcome.reason
    return Result(
        name=entry.name,
        test=entry.test,
        config=entry.config,
        transport=entry.transport,
        simulator=entry.simulator,
        seed=entry.seed,
        items=entry.items,
        status=status,  # type: ignore[arg-type] # one of Status by construction
        reason=reason,
        signature=signature(reason),
        note=outcome.note,
        seconds=outcome.seconds,
        process_s=outcome.process_s,
        sim_ns=outcome.sim_ns,
        log=f"{entry.folder}/sim.log",
        waves=str(outcome.waves.relative_to(folder)) if outcome.waves else "",
        repeat=entry.repeat,
    )

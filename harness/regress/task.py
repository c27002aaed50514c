# SPDX-License-Identifier: Apache-2.0
"""One simulation from its build to its verdict. A task is all that is needed for it, so that it may run anywhere."""

import re
import shutil
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

from golden.errors import InputError, KraitError
from harness.build import IcarusBuild, VerilatorBuild, build
from harness.build.waves import FILE, Window
from harness.sim.process import Limits, Stop
from harness.sim.results import CocotbResult
from harness.sim.runner import run_cocotb
from harness.uvm.job import VARIABLE, Job

Spec = VerilatorBuild | IcarusBuild
Verdict = Literal["PASS", "FAIL", "KILLED", "BLOCKED", "INVALID"]

REASON = 1000
"""Characters of a reason that are kept; what floods a log floods it, too."""
LEAST_FREE = 1 << 20
"""Bytes; where a disk has fewer, a failure is blamed on it."""
FULL = r"No space left on device|Disk quota exceeded|Cannot allocate memory|MemoryError"
TOO_LARGE = r"File too large"


@dataclass(frozen=True)
class Task:
    """A simulation: its name, what is built and run, what the job file tells it, where it runs, what it may take.

    With a `window` its build writes waves. Where that cannot be made, `plain` is taken, and the outcome says so. With
    `power_up` registers begin with random values on Icarus, too. `arguments` are further ones of the simulator.
    """

    name: str
    seed: int
    spec: Spec
    module: str
    test: str
    job: Job
    folder: Path
    limits: Limits
    window: Window | None = None
    plain: Spec | None = None
    power_up: bool = False
    arguments: tuple[str, ...] = ()

    def execute(self, stop: Stop | None = None) -> "Outcome":
        """Run in the folder; whatever goes wrong is an outcome. `stop` ends it early, as BLOCKED."""
        started = time.monotonic()
        try:
            return _execute(self, stop, started)
        except (KraitError, OSError) as error:
            verdict: Verdict = "FAIL" if isinstance(error, InputError) else "BLOCKED"
            return Outcome(verdict, str(error)[:REASON], seconds=time.monotonic() - started)


@dataclass(frozen=True)
class Outcome:
    """What one run gave: verdict, reason, note; seconds of the whole and of the simulator's process; simulated ns.

    `fault_ns` is the simulated time of the first error in the log, 0 when there is none; `waves` their file, if any.
    """

    verdict: Verdict
    reason: str = ""
    note: str = ""
    seconds: float = 0.0
    process_s: float = 0.0
    sim_ns: float = 0.0
    fault_ns: float = 0.0
    waves: Path | None = None


def _execute(task: Task, stop: Stop | None, started: float) -> Outcome:
    task.folder.mkdir(parents=True, exist_ok=True)
    task.job.write(task.folder / "job.json")
    spec, note = _with_waves(task)
    arguments = (*task.arguments, *(task.window.plusargs() if task.window and not note else ()))
    environment = {VARIABLE: str(task.folder / "job.json"), "PYTHONWARNINGS": "ignore"}
    found = run_cocotb(
        spec, task.module, task.test, task.seed, environment, task.folder, arguments, task.limits, stop, task.power_up
    )
    seeds, sim_ns = _report(found.results_xml)
    verdict, reason = judge(found, task, seeds)
    waves = task.folder / FILE
    return Outcome(
        verdict,
        reason[:REASON],
        note,
        time.monotonic() - started,
        found.exit.seconds,
        sim_ns,
        fault_time(found.log),
        waves if seeds and waves.is_file() else None,  # a crash leaves a file that nothing can read
    )


def _with_waves(task: Task) -> tuple[Spec, str]:
    """Return the build to run: the one with waves if it can be made, else the plain one and why."""
    if task.plain is not None:
        try:
            build(task.spec)
        except KraitError as error:
            return task.plain, f"no waves: {error}"
    return task.spec, ""


def judge(found: CocotbResult, task: Task, seeds: set[str]) -> tuple[Verdict, str]:
    """Return verdict and reason of a run whose report tells `seeds`."""
    reason = "" if found.ok else found.failed[0].line
    if seeds - {str(task.seed)}:
        return "INVALID", f"ran with seed {', '.join(sorted(seeds))}, expected {task.seed}"
    if found.ok:
        return "PASS", ""
    if found.exit.timed_out or found.exit.flooded:
        return "KILLED", reason
    if -found.exit.code == signal.SIGXFSZ or re.search(TOO_LARGE, reason):
        return "KILLED", f"a file passed {task.limits.file_bytes / (1 << 20):g} MiB: {reason}"
    if -found.exit.code in (signal.SIGKILL, signal.SIGTERM):
        return "BLOCKED", f"killed by something else, perhaps for want of memory: {reason}"
    if re.search(FULL, reason):
        return "BLOCKED", reason
    if shutil.disk_usage(task.folder).free < LEAST_FREE:
        return "BLOCKED", f"{task.folder}: the disk is full; make room or choose another --out: {reason}"
    return "FAIL", reason


def _report(results_xml: Path) -> tuple[set[str], float]:
    """Return the seeds and the end of the simulated time that cocotb's report tells; nothing when there is none."""
    try:
        found = list(ElementTree.parse(results_xml).iter("property"))
    except (OSError, ElementTree.ParseError):
        return set(), 0.0
    values = {item.get("name"): item.get("value", "0") for item in found}
    seeds = {item.get("value", "") for item in found if item.get("name") == "random_seed"}
    return seeds, float(values.get("sim_time_stop") or values.get("sim_time_duration") or 0)


def fault_time(log: Path) -> float:
    """Return the simulated time, in ns, of the first error in a cocotb log, 0 without one."""
    with log.open("rb") as handle:
        matches = (re.match(rb"\s*(\d+\.\d+)ns (?:ERROR|CRITICAL) ", line) for line in handle)
        return next((float(match[1]) for match in matches if match), 0.0)

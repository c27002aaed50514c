# SPDX-License-Identifier: Apache-2.0
"""What the runner itself costs: `python -m harness.regress.overhead` runs small jobs, one and two at a time.

It prints the seconds of a job beyond those of its simulator's process (median), those of the whole run beyond all of
its processes, and how much faster two at a time are. Figures of a machine that does other work are of that machine.
"""

import statistics
import tempfile
from dataclasses import dataclass
from pathlib import Path

import typer

from golden.errors import CheckError
from harness import console
from harness.regress.jobs import Options
from harness.regress.plan import plan
from harness.regress.results import Regression
from harness.regress.run import run
from harness.regress.suites import Entry

TEST = "registers"
"""The shortest of the simulations: a walk through the registers and one start."""
JOBS = 8
GOAL_S = 0.5


@dataclass(frozen=True)
class Overhead:
    """Seconds of each job beyond its process, of the run beyond all of them for each job; two at a time over one."""

    jobs: tuple[float, ...]
    run: float
    speedup: float

    @property
    def median(self) -> float:
        """The median job's."""
        return statistics.median(self.jobs)


def measure(count: int = JOBS) -> Overhead:
    """Run `count` small jobs one at a time, then two. CheckError where one fails; MachineError where a tool is missing.

    A first job, which does not count, makes or finds the build.
    """
    entries = plan([TEST], None, count)
    _regression(entries[:1], 1)
    one, two = (_regression(entries, jobs) for jobs in (1, 2))
    return overhead(one, two)


def overhead(one: Regression, two: Regression) -> Overhead:
    """Return what a run of one job at a time cost, and how much faster one of two at a time was."""
    process_s = sum(result.process_s for result in one.results)
    return Overhead(
        tuple(result.seconds - result.process_s for result in one.results),
        (one.seconds - process_s) / len(one.results),
        one.seconds / two.seconds,
    )


def _regression(entries: tuple[Entry, ...], jobs: int) -> Regression:
    with tempfile.TemporaryDirectory(prefix="krait-overhead-") as folder:
        found = run(entries, Path(folder), Options(jobs=jobs), lambda *_: None)
    bad = next((result for result in found.results if result.status != "PASS"), None)
    if bad is not None:
        raise CheckError(f"overhead: {bad.name} was {bad.status}: {bad.reason}; run {bad.repeat}")
    return found


def main(count: int = JOBS) -> None:
    """Measure and print."""
    found = measure(count)
    verdict = "met" if found.run <= GOAL_S else "missed"
    console.say(f"{count} jobs ({TEST}), seconds of each beyond its process: median {found.median:.3f} [measured]")
    console.say(
        f"of the whole run beyond its processes, for each job: {found.run:.3f}, goal {GOAL_S}: {verdict} [measured]"
    )
    console.say(f"two at a time over one: {found.speedup:.2f} [measured]")


if __name__ == "__main__":
    typer.run(main)

# SPDX-License-Identifier: Apache-2.0
"""What the runner itself costs: `python -m harness.regress.overhead` runs small jobs, one and two at a time.

It prints the seconds of a job beyond those of its simulator's process (median), those of the whole run beyond all of
its processes, how much faster two at a time are, and how much longer the same two at a time take on a Dask cluster of
two workers of this machine. Of the second it tells why: how many processes ran at a time, which is the runner's part,
and how much longer a process took beside another than alone, which is the machine's: two processors share its memory
and its last cache. Figures of a machine that does other work are of that machine.
"""

import logging
import statistics
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import typer

from golden.errors import CheckError, MachineError
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
GOAL_SPEEDUP = 1.8
GOAL_CLUSTER = 1.05


@dataclass(frozen=True)
class Overhead:
    """Seconds of each job beyond its process, of the run beyond all of them for each job; ratios of whole runs.

    `speedup` is one at a time over two, `cluster` two at a time on a cluster over two here. Of the run of two at a time
    `busy` is the mean number of processes at a time, `stretch` their seconds over those of the same processes alone.
    """

    jobs: tuple[float, ...]
    run: float
    speedup: float
    cluster: float
    busy: float
    stretch: float

    @property
    def median(self) -> float:
        """The median job's."""
        return statistics.median(self.jobs)


def measure(count: int = JOBS) -> Overhead:
    """Run `count` small jobs one at a time, two, and two on a cluster.

    A first job, which does not count, makes or finds the build.

    Raises:
        CheckError: a job failed.
        MachineError: a tool is missing, Dask's among them.
    """
    entries = plan([TEST], None, count)
    _regression(entries[:1], 1)
    one, two = (_regression(entries, jobs) for jobs in (1, 2))
    with local_cluster() as executor:
        _regression(entries[:2], 2, executor)  # its workers import what tasks need
        return overhead(one, two, _regression(entries, 2, executor))


@contextmanager
def local_cluster() -> Iterator[str]:
    """Run a Dask cluster of two workers, processes of this machine, and yield its executor's name. MachineError."""
    try:
        from distributed import LocalCluster
    except ImportError as error:
        raise MachineError(f"overhead: no Dask ({error}); pip install 'krait[dask]'") from error
    quiet = logging.CRITICAL
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=quiet) as cluster:
        yield str(cluster.scheduler_address).replace("tcp", "dask")


def overhead(one: Regression, two: Regression, cluster: Regression) -> Overhead:
    """Return what runs cost of which one job is run at a time, two, and two on a cluster."""
    process_s, beside_s = (sum(result.process_s for result in each.results) for each in (one, two))
    return Overhead(
        tuple(result.seconds - result.process_s for result in one.results),
        (one.seconds - process_s) / len(one.results),
        one.seconds / two.seconds,
        cluster.seconds / two.seconds,
        beside_s / two.seconds,
        beside_s / process_s,
    )


def _regression(entries: tuple[Entry, ...], jobs: int, executor: str = "local") -> Regression:
    with tempfile.TemporaryDirectory(prefix="krait-overhead-") as folder:
        found = run(entries, Path(folder), Options(jobs=jobs, executor=executor), lambda *_: None)
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
    verdict = "met" if found.speedup >= GOAL_SPEEDUP else "missed"
    console.say(
        f"one at a time over two: {found.speedup:.2f}, goal {GOAL_SPEEDUP}: {verdict}; {found.busy:.2f} processes at a "
        f"time, each {found.stretch:.2f} times as long as alone [measured]"
    )
    verdict = "met" if found.cluster <= GOAL_CLUSTER else "missed"
    console.say(f"on a cluster over here: {found.cluster:.2f}, goal {GOAL_CLUSTER}: {verdict} [measured]")


if __name__ == "__main__":
    typer.run(main)

# SPDX-License-Identifier: Apache-2.0
"""Where tasks run. An executor takes a task and promises its outcome; the regression knows nothing else of it.

Whoever writes another one calls a task's `execute` over there. A future that ends with an exception is a worker that
was lost: the regression makes the task BLOCKED.
"""

import re
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol

from golden.errors import InputError
from harness.regress.task import Outcome
from harness.sim.process import Stop


class Work(Protocol):
    """What an executor runs, as a simulation of a regression is; it travels pickled."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def folder(self) -> Path:
        """Its own folder, where it runs and leaves what it found."""

    def execute(self, stop: Stop | None = None) -> Outcome:
        """Run to a verdict; whatever goes wrong is one, too. `stop` ends it early, as BLOCKED."""


Started = Callable[[Any], None]
"""Called when a task starts to run, on an executor's thread."""


class Executor(Protocol):
    """Runs tasks, several at a time."""

    def submit(self, task: Work) -> Future[Outcome]:
        """Run a task soon."""

    def close(self, cancel: bool) -> None:
        """Wait for what runs, or end it and leave out what waits."""


class LocalExecutor:
    """Runs tasks on this machine: each simulation is a process of its own, a thread waits for it."""

    def __init__(self, address: str, jobs: int, started: Started) -> None:
        self._pool = ThreadPoolExecutor(max_workers=jobs)
        self._stop = threading.Event()
        self._started = started

    def submit(self, task: Work) -> Future[Outcome]:
        """Run a task as soon as one of the threads is free."""
        return self._pool.submit(self._run, task)

    def close(self, cancel: bool) -> None:
        """Wait for what runs; with `cancel` kill it first."""
        if cancel:
            self._stop.set()
        self._pool.shutdown(wait=True, cancel_futures=cancel)

    def _run(self, task: Work) -> Outcome:
        self._started(task)
        return task.execute(self._stop)


def _dask(address: str, jobs: int, started: Started) -> Executor:
    from harness.regress.cluster import DaskExecutor

    return DaskExecutor(address, started)


EXECUTORS: dict[str, Callable[[str, int, Started], Executor]] = {"local": LocalExecutor, "dask": _dask}
"""By name: made with what follows `name://`, the number of tasks at a time, and who wants to know that one starts."""


def check(name: str) -> None:
    """Raise InputError when there is no executor of that name."""
    kind, _, address = name.partition("://")
    if kind not in EXECUTORS or (kind == "dask") != bool(re.fullmatch(r"[^\s/:]+:\d{1,5}", address)):
        raise InputError(f"--executor: found {name!r}, expected local or dask://HOST:PORT")


def make(name: str, jobs: int, started: Started) -> Executor:
    """Return the executor `name`. MachineError when it cannot be reached."""
    kind, _, address = name.partition("://")
    return EXECUTORS[kind](address, jobs, started)

# SPDX-License-Identifier: Apache-2.0
"""Runs tasks on a Dask cluster: as many at a time as its workers have threads.

Scheduler and workers are the user's, and so is their network, which Dask does not protect. Sources, build cache and the
folder of the results must be the same files there under the same paths: a shared file system, or one machine.
"""

from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from golden.errors import MachineError
from harness.regress.executor import Started, Work
from harness.regress.store import SOURCES, fingerprint
from harness.regress.task import Outcome

CONNECT_S = 10
TOPIC = "krait-started"
STOP, TAKEN = "stop", "taken"
"""Files in a task's folder: its simulation shall end; a worker has begun with it."""


@dataclass(frozen=True)
class FileStop:
    """A wish to stop that reaches other machines: set as soon as the file is there."""

    path: Path

    def is_set(self) -> bool:
        """Return whether the file is there."""
        return self.path.exists()


class DaskExecutor:
    """Runs tasks on the workers of a scheduler."""

    def __init__(self, address: str, started: Started) -> None:
        """Connect to the scheduler at HOST:PORT.

        Raises:
            MachineError: Dask is not installed, nothing answers, there is no worker, or one has other sources.
        """
        self._started = started
        self._tasks: dict[str, Work] = {}
        self._client = _connect(address)
        try:
            _same_sources(self._client)
        except BaseException:
            self._client.close()
            raise
        self._client.subscribe_topic(TOPIC, self._told)
        self._pool = self._client.get_executor(pure=False, retries=0)

    def submit(self, task: Work) -> Future[Outcome]:
        """Run a task as soon as a thread of a worker is free."""
        task.folder.mkdir(parents=True, exist_ok=True)
        for name in (STOP, TAKEN):
            (task.folder / name).unlink(missing_ok=True)
        self._tasks[str(task.folder)] = task
        found: Future[Outcome] = self._pool.submit(run_there, task)
        return found

    def close(self, cancel: bool) -> None:
        """Wait for what runs; with `cancel` end it and leave out what waits."""
        if cancel:
            for task in self._tasks.values():
                with suppress(OSError):
                    (task.folder / STOP).touch()
        self._pool.shutdown(wait=not cancel)
        self._client.close()

    def _told(self, event: tuple[float, str]) -> None:
        task = self._tasks.get(event[1])
        if task is not None:  # else it is another regression's
            self._started(task)


def run_there(task: Work) -> Outcome:
    """Run a task on a worker."""
    from distributed import get_worker

    try:
        (task.folder / TAKEN).open("x").close()
    except FileExistsError:  # Dask gives the tasks of a lost worker to another; what it began may still run
        return Outcome("BLOCKED", "a worker was lost while it ran")
    except OSError as error:
        return Outcome("BLOCKED", f"{task.folder}: not there on the worker's machine ({error.strerror}); share it")
    get_worker().log_event(TOPIC, str(task.folder))
    return task.execute(FileStop(task.folder / STOP))


def _connect(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError as error:
        raise MachineError(f"--executor: no Dask ({error}); pip install 'krait[dask]'") from error
    try:
        client = Client(f"tcp://{address}", timeout=CONNECT_S, set_as_default=False)
    except (OSError, TimeoutError) as error:
        raise MachineError(f"--executor: no scheduler answers at {address}; start one with `dask scheduler`") from error
    if not client.scheduler_info()["workers"]:
        client.close()
        raise MachineError(f"--executor: the scheduler has no worker; start some with `dask worker {address}`")
    return client


def _same_sources(client: Any) -> None:
    """Raise MachineError where a worker would run something else than this process."""
    here = fingerprint(SOURCES)
    for worker, found in client.run(partial(fingerprint, SOURCES), on_error="return").items():
        if found != here:
            why = f"{type(found).__name__}: {found}" if isinstance(found, Exception) else "other files"
            raise MachineError(
                f"--executor: worker {worker} does not have the sources below {SOURCES[0].parent} ({why})"
            )

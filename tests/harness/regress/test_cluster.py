# SPDX-License-Identifier: Apache-2.0
"""Regressions on a Dask cluster: a real scheduler and two workers, processes of this machine, run the toys."""

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from golden.errors import MachineError
from harness.regress import cluster as under_test
from harness.regress.cluster import STOP, DaskExecutor, FileStop
from harness.regress.jobs import Options
from harness.regress.overhead import local_cluster
from harness.regress.results import Regression
from harness.regress.run import run
from harness.regress.task import Task
from tests.harness.regress import toys
from tests.harness.regress.test_executor import task

pytestmark = pytest.mark.icarus


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with local_cluster() as executor:
        yield executor.removeprefix("dask://")


def told(names: tuple[str, ...], folder: Path, executor: str) -> Regression:
    with toys.kernel():
        entries = tuple(toys.entry(name) for name in names)
        return run(entries, folder, Options(jobs=2, waves=False, executor=executor), lambda *_: None)


def test_a_cluster_says_what_this_machine_says(address: str, tmp_path: Path) -> None:
    """Statuses, signatures and second runs are the same wherever tasks run."""
    names = ("passes", "fails", "fails_once")
    here, there = (
        told(names, tmp_path / name, executor) for name, executor in (("a", "local"), ("b", f"dask://{address}"))
    )
    assert [(r.name, r.status, r.signature) for r in there.results] == [
        (r.name, r.status, r.signature) for r in here.results
    ]
    assert {r.status for r in there.results} == {"PASS", "FAIL", "FLAKY"}
    assert there.exit_code == here.exit_code == 1


def test_both_workers_run_and_tell_that_they_begin(address: str, tmp_path: Path) -> None:
    """Two tasks that wait run at once on two workers of a thread each; the regression is told when."""
    begun: list[str] = []
    both = threading.Event()

    def started(task: Task) -> None:
        begun.append(task.name)
        if len(begun) == 2:
            both.set()

    executor = DaskExecutor(address, started)
    try:
        futures = [executor.submit(task("hangs", tmp_path / str(i))) for i in range(2)]
        assert both.wait(60), begun
    finally:
        executor.close(cancel=True)
    assert all(future.cancelled() or future.result(0).verdict == "BLOCKED" for future in futures)
    ended([tmp_path / str(i) / "hangs" for i in range(2)])


def test_a_lost_worker_is_blocked(address: str, tmp_path: Path) -> None:
    """Dask hands the task of a worker that died to another one, but what the first began may go on: not judged."""
    running = threading.Event()
    executor = DaskExecutor(address, lambda _: running.set())
    try:
        future = executor.submit(task("hangs", tmp_path))
        assert running.wait(60)
        client = executor._client
        pids = client.run(os.getpid)
        os.kill(next(pids[worker] for worker, keys in client.processing().items() if keys), signal.SIGKILL)
        outcome = future.result(60)
        assert (outcome.verdict, outcome.reason) == ("BLOCKED", "a worker was lost while it ran")
    finally:
        executor.close(cancel=True)


def test_other_sources_are_refused(address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that would run another checkout ends the regression before anything runs."""
    monkeypatch.setattr(under_test, "fingerprint", lambda folders: str(os.getpid()))
    with pytest.raises(MachineError, match=r"--executor: worker tcp://.* does not have the sources below "):
        DaskExecutor(address, lambda _: None)


def test_nobody_answers() -> None:
    """A port that nobody listens at is the machine's fault, and one line."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    with pytest.raises(MachineError, match=f"no scheduler answers at 127.0.0.1:{port}"):
        DaskExecutor(f"127.0.0.1:{port}", lambda _: None)


def test_a_folder_that_is_not_shared(tmp_path: Path) -> None:
    """Where the folder of the results is another machine's, nothing is run."""
    outcome = under_test.run_there(task("passes", tmp_path / "elsewhere"))
    assert outcome.verdict == "BLOCKED"
    assert "not there on the worker's machine" in outcome.reason


def test_a_stop_is_a_file(tmp_path: Path) -> None:
    stop = FileStop(tmp_path / STOP)
    assert not stop.is_set()
    (tmp_path / STOP).touch()
    assert stop.is_set()


def ended(folders: list[Path]) -> None:
    """Wait until no simulation runs in the folders any more."""
    end = time.monotonic() + 20
    while any(_runs_in(folder) for folder in folders):
        assert time.monotonic() < end, "a simulation goes on"
        time.sleep(0.05)


def _runs_in(folder: Path) -> bool:
    return any(os.path.realpath(path) == str(folder) for path in Path("/proc").glob("[0-9]*/cwd"))

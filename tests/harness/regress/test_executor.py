# SPDX-License-Identifier: Apache-2.0
"""The seam between a regression and where its tasks run: what is lost there is BLOCKED, what is stopped is dead."""

import pickle
import threading
from concurrent.futures import Future
from pathlib import Path

import pytest

from golden.errors import InputError
from harness.regress import executor
from harness.regress.executor import LocalExecutor
from harness.regress.jobs import Options
from harness.regress.run import run
from harness.regress.task import Outcome, Task
from harness.sim.process import Limits
from harness.uvm.job import Job
from tests.harness.regress import toys

pytestmark = pytest.mark.icarus


def task(name: str, folder: Path) -> Task:
    place = folder / name
    job = Job("toy", "beat", 7, 1, "", str(place), "toy")
    return Task(name, 7, toys.spec(), toys.MODULE, name, job, place, Limits())


class Lossy:
    """A fake of an executor on other machines: every worker dies before it answers."""

    def __init__(self, address: str, jobs: int, started: executor.Started) -> None:
        self.closed = False

    def submit(self, task: Task) -> Future[Outcome]:
        future: Future[Outcome] = Future()
        future.set_exception(ConnectionError("no heartbeat"))
        return future

    def close(self, cancel: bool) -> None:
        self.closed = True


def test_a_lost_worker_is_blocked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is known of the test: exit code 3, and the reason says what became of the worker."""
    monkeypatch.setitem(executor.EXECUTORS, "lossy", Lossy)
    with toys.kernel():
        done = run((toys.entry("passes"),), tmp_path, Options(executor="lossy"), lambda *_: None)
    assert (done.results[0].status, done.exit_code) == ("BLOCKED", 3)
    assert "the worker was lost: ConnectionError: no heartbeat" in done.results[0].reason


def test_a_stop_kills_what_runs_and_leaves_out_what_waits(tmp_path: Path) -> None:
    """An interrupt does not wait for ten minutes."""
    running = threading.Event()
    local = LocalExecutor("", 1, lambda _: running.set())
    hanging, waiting = (local.submit(task(name, tmp_path)) for name in ("hangs", "passes"))
    assert running.wait(60)
    local.close(cancel=True)
    assert hanging.result(0).verdict == "BLOCKED"
    assert "stopped before its end" in hanging.result(0).reason
    assert waiting.cancelled()


def test_a_task_can_travel(tmp_path: Path) -> None:
    """It is all that the other side needs."""
    one = task("passes", tmp_path)
    assert pickle.loads(pickle.dumps(one)) == one


@pytest.mark.parametrize("name", ["slurm", "dask", "dask://host", "dask://host:port", "local://host:1", "dask://a:1/b"])
def test_another_executor_is_refused(name: str) -> None:
    """What is no executor, or none with an address, ends before anything is built."""
    with pytest.raises(InputError, match=f"--executor: found '{name}', expected local or dask://HOST:PORT"):
        Options(executor=name)

# SPDX-License-Identifier: Apache-2.0
"""The verdict of a run, from what its process left."""

import signal
from collections import namedtuple
from dataclasses import replace
from pathlib import Path

import pytest

from golden.errors import InputError, MachineError
from harness.build.waves import Window
from harness.regress import task as tasks
from harness.regress.task import Task, fault_time, judge
from harness.sim.process import Exit, Limits
from harness.sim.results import CocotbResult, Failure
from harness.uvm.job import Job
from tests.harness.regress import toys

Usage = namedtuple("Usage", "free")


@pytest.fixture
def one(tmp_path: Path) -> Task:
    job = Job("toy", "beat", 7, 1, "", str(tmp_path), "toy")
    return Task("passes", 7, toys.spec(), toys.MODULE, "passes", job, tmp_path, Limits())


def ended(line: str, code: int = 0, **how: bool) -> CocotbResult:
    failed = (Failure("t", line),) if line else ()
    return CocotbResult(
        () if line else ("t",), failed, Path("x"), Path("y"), "", Exit(code, how.pop("timed", False), **how)
    )


@pytest.mark.parametrize(
    ("found", "verdict"),
    [
        (ended(""), "PASS"),
        (ended("tensor y"), "FAIL"),
        (ended("died", -signal.SIGABRT), "FAIL"),
        (ended("limit", -signal.SIGKILL, timed=True), "KILLED"),
        (ended("log", -signal.SIGKILL, flooded=True), "KILLED"),
        (ended("size", -signal.SIGXFSZ), "KILLED"),
        (ended("OSError [Errno 27] File too large"), "KILLED"),
        (ended("died", -signal.SIGKILL), "BLOCKED"),
        (ended("died", -signal.SIGTERM), "BLOCKED"),
        (ended("OSError [Errno 28] No space left on device: 'x'"), "BLOCKED"),
        (ended("MemoryError"), "BLOCKED"),
    ],
)
def test_each_end_has_its_verdict(found: CocotbResult, verdict: str, one: Task) -> None:
    """Only what the design or its test did is a failure; what a limit or the machine did is told apart."""
    assert judge(found, one, {"7"} if found.ok else set())[0] == verdict


@pytest.mark.parametrize("line", ["", "tensor y"])
def test_another_seed_is_invalid(line: str, one: Task) -> None:
    """What ran is not what was asked for, whatever it gave."""
    assert judge(ended(line), one, {"8"}) == ("INVALID", "ran with seed 8, expected 7")


def test_a_full_disk_is_blamed(one: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that left no results on a full disk is not at fault."""
    monkeypatch.setattr(tasks.shutil, "disk_usage", lambda path: Usage(tasks.LEAST_FREE - 1))
    verdict, reason = judge(ended("ended without a results file"), one, set())
    assert verdict == "BLOCKED"
    assert "the disk is full" in reason
    assert judge(ended(""), one, {"7"})[0] == "PASS"


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (InputError("x.v:1: syntax error"), "FAIL"),
        (MachineError("no Icarus"), "BLOCKED"),
        (OSError(13, "no"), "BLOCKED"),
    ],
)
def test_what_does_not_even_start(error: Exception, verdict: str, one: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sources that do not build are at fault themselves; a missing tool or a folder is the machine's fault."""

    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr(tasks, "run_cocotb", fail)
    found = one.execute()
    assert (found.verdict, found.reason) == (verdict, str(error))


def test_without_a_build_with_waves_the_plain_one_runs(one: Task, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second run takes place in any case, and says why it has no waves."""
    traced = replace(toys.spec(), trace="fst")
    ran = []

    def fail(spec: object) -> None:
        assert spec == traced
        raise MachineError("no zlib")

    def simulate(spec: object, *arguments: object) -> CocotbResult:
        ran.append((spec, arguments[5]))
        log = one.folder / "sim.log"
        log.write_text("")
        return replace(ended("tensor y"), log=log)

    monkeypatch.setattr(tasks, "build", fail)
    monkeypatch.setattr(tasks, "run_cocotb", simulate)
    found = replace(one, spec=traced, plain=toys.spec(), window=Window(5)).execute()
    assert ran == [(toys.spec(), ())]
    assert (found.verdict, found.note) == ("FAIL", "no waves: no zlib")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 0.0),
        ("no times\n", 0.0),
        ("    10.00ns INFO     a\n    20.50ns ERROR    b\n    30.00ns ERROR    c\n", 20.5),
        ("    10.00ns INFO     a\n    20.00ns CRITICAL b\n", 20.0),
        ("     -.--ns INFO     gpi\n    10.00ns INFO     an ERROR\n", 0.0),
    ],
)
def test_the_time_of_the_fault(text: str, expected: float, tmp_path: Path) -> None:
    """The first error's; a word in a message is none."""
    (tmp_path / "sim.log").write_text(text)
    assert fault_time(tmp_path / "sim.log") == expected

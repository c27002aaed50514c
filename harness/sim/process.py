# SPDX-License-Identifier: Apache-2.0
"""Runs one simulator process with limits of time, log and file size that reach all of its children."""

import contextlib
import os
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from golden.errors import MachineError

LOOK_S = 0.2
"""How often a running process's log and the wish to stop are looked at."""


class Stop(Protocol):
    """A wish to stop, as of a threading.Event."""

    def is_set(self) -> bool:
        """Return whether to stop."""


@dataclass(frozen=True)
class Limits:
    """What a simulation may take: seconds of wall-clock time, bytes of its log, bytes of each file that it writes."""

    seconds: float = 300
    log_bytes: int = 64 << 20
    file_bytes: int = 8 << 30


@dataclass(frozen=True)
class Exit:
    """How a process ended: its exit status (negative: the signal), which limit killed it, and how long it ran."""

    code: int
    timed_out: bool
    flooded: bool = False
    seconds: float = 0.0


def run_limited(
    command: Sequence[str],
    cwd: Path,
    env: Mapping[str, str],
    log: Path,
    limits: Limits,
    stop: Stop | None = None,
) -> Exit:
    """Run a command with both streams into `log`; kill its whole process group at a limit or on an exception.

    Nothing that the command started outlives it. A log that passed its limit is cut to it.

    Raises:
        MachineError: `stop` was set meanwhile.
    """
    started = time.monotonic()
    with log.open("wb") as handle:
        process = subprocess.Popen(
            command, cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL, stdout=handle, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        try:
            _limit_files(process.pid, limits.file_bytes)
            timed_out = _watch(process, log, limits, stop or threading.Event())
        finally:
            _kill(process)
            code = process.wait()
    flooded = log.stat().st_size > limits.log_bytes
    if flooded:
        os.truncate(log, limits.log_bytes)
    return Exit(code, timed_out, flooded, time.monotonic() - started)


def _watch(process: "subprocess.Popen[bytes]", log: Path, limits: Limits, stop: Stop) -> bool:
    """Wait for the end of a process or for a limit; return whether that was the limit of time."""
    end = time.monotonic() + limits.seconds
    while True:
        left = end - time.monotonic()
        try:
            process.wait(max(0.0, min(LOOK_S, left)))
            return False
        except subprocess.TimeoutExpired:
            if stop.is_set():
                raise MachineError(f"{log.parent}: the simulation was stopped before its end") from None
            if left <= LOOK_S and time.monotonic() >= end:
                return True
            if log.stat().st_size > limits.log_bytes:
                return False


def _limit_files(pid: int, most: int) -> None:
    """Let no file of a process, and of what it starts, grow beyond `most` bytes."""
    with contextlib.suppress(ProcessLookupError):  # it has ended already
        hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)[1]
        least = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (least, hard))


def _kill(process: "subprocess.Popen[bytes]") -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)

# SPDX-License-Identifier: Apache-2.0
"""Runs one simulator process with a wall-clock limit that reaches all of its children."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Exit:
    """How a process ended: its exit status (negative: the signal), and whether the limit killed it."""

    code: int
    timed_out: bool


def run_limited(command: Sequence[str], cwd: Path, env: Mapping[str, str], log: Path, timeout_s: float) -> Exit:
    """Run a command with both streams into `log`; kill its whole process group at the limit or on an exception."""
    with log.open("wb") as handle:
        process = subprocess.Popen(
            command, cwd=cwd, env=dict(env), stdin=subprocess.DEVNULL, stdout=handle, stderr=subprocess.STDOUT,
            start_new_session=True,
        )  # fmt: skip
        try:
            return Exit(process.wait(timeout_s), False)
        except subprocess.TimeoutExpired:
            _kill(process)
            return Exit(process.wait(), True)
        except BaseException:
            _kill(process)
            process.wait()
            raise


def _kill(process: "subprocess.Popen[bytes]") -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)

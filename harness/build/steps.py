# SPDX-License-Identifier: Apache-2.0
"""Runs the steps of a build: a command with its log, and several at once."""

import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from golden.errors import InputError, KraitError
from harness.paths import build_dir

Command = Sequence[str | Path]


def run(command: Command, cwd: Path, log: Path, what: str, error: type[KraitError] = InputError) -> None:
    """Run a command with both streams into a log.

    Raises:
        InputError: (or `error`) it failed; the message holds the first error line and the path of a kept log.
    """
    words = [str(word) for word in command]
    with log.open("a") as handle:
        handle.write(f"$ {shlex.join(words)}\n")
        handle.flush()
        code = subprocess.run(words, cwd=cwd, stdout=handle, stderr=subprocess.STDOUT, check=False).returncode
    if code:
        raise error(f"{what}: {first_error(log, code)} (log: {_keep(log)})")


def run_all(
    commands: Sequence[tuple[Command, Path]], cwd: Path, what: str, error: type[KraitError] = InputError
) -> None:
    """Run commands, each with its log, on all processors; the first failure is raised."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for job in [pool.submit(run, command, cwd, log, what, error) for command, log in commands]:
            job.result()


def first_error(log: Path, code: int) -> str:
    """Return the line of a log that says what went wrong."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if not line.startswith("$ ")]
    for pattern in (r"%Error(?!: Exiting)", r"\b(fatal )?error\b", r"undefined reference|cannot find"):
        match = next((line for line in lines if re.search(pattern, line)), None)
        if match:
            return match
    return next((line for line in reversed(lines) if line), f"exit status {code} without a message")


def _keep(log: Path) -> Path:
    """Copy a log out of the temporary folder that a failed build removes."""
    folder = build_dir() / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    kept = folder / f"{log.parent.name.lstrip('.')}-{log.name}"
    shutil.copyfile(log, kept)
    return kept

# SPDX-License-Identifier: Apache-2.0
"""Who made a result: source revision, tools, machine, time. Goes into every record, JUnit file and report."""

import os
import platform
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import version
from pathlib import Path

from harness.paths import ROOT


@dataclass(frozen=True)
class Provenance:
    """Where a result came from. `revision` is a git commit, `dirty` says that files differed from it."""

    time_utc: str
    revision: str
    dirty: bool
    krait: str
    python: str
    machine: str
    cpu: str
    cores: int
    tools: dict[str, str]


def collect(tools: dict[str, str]) -> Provenance:
    """Return the provenance of a result that is being made now with `tools` (name to version)."""
    revision, dirty = source_revision()
    return Provenance(
        time_utc=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        revision=revision,
        dirty=dirty,
        krait=version("krait"),
        python=platform.python_version(),
        machine=f"{platform.system()} {platform.machine()}",
        cpu=_cpu_model(),
        cores=os.cpu_count() or 1,
        tools=tools | {name: version(name) for name in ("cocotb", "pyuvm", "pynq", "torch")},
    )


def source_revision() -> tuple[str, bool]:
    """Return the commit that is checked out and whether files differ from it; ("unknown", True) outside of git."""
    head = _git("rev-parse", "HEAD")
    if head is None:
        return "unknown", True
    return head, bool(_git("status", "--porcelain"))


def commits(name: str, ancestors: bool = False) -> tuple[str, ...]:
    """Return the commit that a name stands for, or with `ancestors` its branch, newest first; none if there is none."""
    commit = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
    if commit is None or not ancestors:
        return () if commit is None else (commit,)
    return tuple((_git("rev-list", "--first-parent", commit) or commit).split())


def _git(*arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, timeout=30, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.strip()


@cache
def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        lines = []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or "unknown"

# SPDX-License-Identifier: Apache-2.0
"""Copies of the tree for tests that plant a fault in one, and the regression there."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from harness.paths import ROOT, build_dir


def copy_tree(target: Path) -> None:
    """Copy what git would: tracked files and those it does not ignore."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    for name in listed.stdout.splitlines():
        if (ROOT / name).is_file() and not name.startswith("tests/"):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, target / name)


def regress(tree: Path, out: Path, name: str, *more: str) -> subprocess.CompletedProcess[str]:
    """Run one test of the tree at hand, with the caches of the build folder."""
    command = [sys.executable, "-c", "from harness.cli import main; main()"]
    arguments = ["regress", name, "--seed", "3", "--jobs", "1", "--out", str(out), *more]
    environment = {**os.environ, "KRAIT_BUILD": str(build_dir()), "PYTHONPATH": str(tree)}
    return subprocess.run(
        [*command, *arguments], cwd=tree, env=environment, capture_output=True, text=True, timeout=900, check=False
    )

# SPDX-License-Identifier: Apache-2.0
"""`krait lint` on Tcl and constraints, by tclint, which is configured in pyproject.toml."""

import subprocess
from pathlib import Path

from golden.errors import MachineError
from harness.paths import ROOT
from harness.toolchain import find_tclint

FOLDERS = ("boards", "harness")


def lint_tcl(root: Path = ROOT) -> list[str] | None:
    """Return what tclint says about the Tcl below `root`, None without it. MachineError: it does not start."""
    tool = find_tclint()
    if tool is None:
        return None
    folders = [folder for folder in FOLDERS if (root / folder).is_dir()]
    try:
        done = subprocess.run([str(tool), *folders], cwd=root, capture_output=True, text=True, check=False)
    except OSError as error:
        raise MachineError(f"{tool}: does not start ({error.strerror})") from error
    lines = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.strip()]
    if done.returncode and not lines:
        lines.append(f"{tool}: exit status {done.returncode} without a message")
    return lines if done.returncode else []

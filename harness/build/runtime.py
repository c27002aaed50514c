# SPDX-License-Identifier: Apache-2.0
"""The Verilator runtime, compiled once for each set of flags and shared by all models: archive and header."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from golden.errors import MachineError
from harness.atomic import publish_dir
from harness.build.steps import Command, run, run_all
from harness.paths import build_dir
from harness.toolchain import Compiler, Toolchain

# vpi, dpi and cov are in every model's reach: an archive member that nothing refers to is not linked.
UNITS = (
    "verilated.cpp",
    "verilated_vpi.cpp",
    "verilated_dpi.cpp",
    "verilated_threads.cpp",
    "verilated_random.cpp",
    "verilated_cov.cpp",
    "verilated_probdist.cpp",
    "verilated_profiler.cpp",
)
TRACE_UNITS = {"": (), "vcd": ("verilated_vcd_c.cpp",), "fst": ("verilated_fst_c.cpp",)}
HEADER = "krait_model.h"


@dataclass(frozen=True)
class Runtime:
    """A compiled runtime.

    Attributes:
        folder: holds libverilated.a and the precompiled header.
        compile_flags: what every file of a model is compiled with, optimization apart.
        link: arguments that end a link command.
    """

    folder: Path
    compile_flags: tuple[str, ...]
    link: tuple[str, ...]


def flags(verilator: Toolchain, coverage: bool, trace: str) -> tuple[str, ...]:
    """Return the flags that decide how the runtime and a model fit together."""
    return (
        "-std=gnu++20",
        "-fPIC",
        "-fno-gnu-unique",  # else inline statics of two models loaded into one process become one object
        "-pthread",
        "-w",
        f"-I{verilator.include}",
        f"-I{verilator.include}/vltstd",
        "-DVERILATOR=1",
        f"-DVM_COVERAGE={int(coverage)}",
        "-DVM_SC=0",
        "-DVM_TIMING=0",
        f"-DVM_TRACE={int(bool(trace))}",
        f"-DVM_TRACE_FST={int(trace == 'fst')}",
        f"-DVM_TRACE_VCD={int(trace == 'vcd')}",
        "-DVM_TRACE_SAIF=0",
    )


def runtime(verilator: Toolchain, compiler: Compiler, coverage: bool, trace: str, opt: str) -> Runtime:
    """Return the runtime for a set of flags, compiled now or earlier.

    Raises:
        MachineError: the compiler rejects the runtime, e.g. because it is too old for C++20.
    """
    common = tuple(f for f in flags(verilator, coverage, trace) if compiler.kind == "gcc" or f != "-fno-gnu-unique")
    identity = repr((1, str(verilator.root), verilator.version, compiler, common, opt))
    folder = build_dir() / "sim-cache" / f"runtime-{hashlib.sha256(identity.encode()).hexdigest()[:16]}"
    publish_dir(folder, lambda work: _compile(work, verilator, compiler, common, opt, trace))
    libraries = ("-llz4", "-lz") if trace == "fst" else ()
    return Runtime(folder, common, (str(folder / "libverilated.a"), *libraries, "-pthread"))


def _compile(
    work: Path, verilator: Toolchain, compiler: Compiler, common: tuple[str, ...], opt: str, trace: str
) -> None:
    units = (*UNITS, *TRACE_UNITS[trace])
    header = work / HEADER
    traced = {"": "", "vcd": '#include "verilated_vcd_c.h"\n', "fst": '#include "verilated_fst_c.h"\n'}[trace]
    header.write_text(
        '#include "verilated.h"\n#include "verilated_cov.h"\n#include "verilated_dpi.h"\n#include "verilated_vpi.h"\n'
        + traced
    )
    jobs: list[tuple[Command, Path]] = [
        (
            [compiler.path, *common, *opt.split(), "-x", "c++-header", header.name, "-o", f"{header.name}.gch"],
            work / "pch.log",
        )
    ]
    for unit in units:
        source = verilator.include / unit
        jobs.append(
            ([compiler.path, *common, "-O2", "-c", source, "-o", f"{source.stem}.o"], work / f"{source.stem}.log")
        )
    run_all(jobs, work, "compiling the Verilator runtime", MachineError)
    objects = [f"{Path(unit).stem}.o" for unit in units]
    run(["ar", "rcs", "libverilated.a", *objects], work, work / "ar.log", "archiving the runtime", MachineError)
    for name in objects:
        (work / name).unlink()

# SPDX-License-Identifier: Apache-2.0
"""Builds Verilated models: Verilator, then our own compile step against the shared runtime."""

from collections.abc import Sequence
from pathlib import Path

from golden.errors import InputError
from harness.atomic import publish_dir
from harness.build import waves
from harness.build.runtime import archive, compile_flags, header
from harness.build.spec import TIMESCALE, VerilatorBuild, inputs, key, literal
from harness.build.steps import Command, run, run_all
from harness.paths import build_dir
from harness.toolchain import Compiler, Toolchain, find_compiler, find_verilator

CLOCK_HEADER = waves.CPP / "clock.h"
PORTS_KNOWN = (5, 48)  # tested; for an older one all signals of the top (not below) are made visible
UNITY_LIMIT = 400_000  # bytes of generated C++ up to which one compilation is faster than several
EDGES = "--coverage-toggle"
COVERAGE = ("--coverage-line", EDGES, "--coverage-expr", "--coverage-user")
# Not --coverage: its FSM part ends 5.048 in an internal error where a part of a vector is assigned, as in axil_regs.
MONITORS = "machines.sv"  # counts states and arcs instead, in builds with coverage
SYMBOLS = "Vtop__Syms__ctor"
"""Units that enter visible signals into the table of symbols, once. Where all are visible, GCC 12 optimizes one of them
for more than three minutes, and compiles it in two seconds without."""
PLAIN_UNITY_LIMIT = 8_000_000  # the same for -O0, where reading headers takes longer than compiling; 400 MB of memory


def build_verilator(spec: VerilatorBuild) -> Path:
    """Return the executable or .so of a model; see `harness.build.build`."""
    verilator, compiler = find_verilator(), find_compiler()
    tools = [repr(verilator), repr(compiler), *compile_flags(verilator, compiler)]
    tools += [header.read_text() for header in _headers(spec)]
    tools += [*COVERAGE, _monitors(spec)] if spec.coverage else []
    name = key(spec, [*tools, _cocotb_version() if spec.kind == "cocotb" else ""])
    folder = build_dir() / "sim-cache" / f"{spec.top}-{name}"
    publish_dir(folder, lambda work: _build(spec, verilator, compiler, work))
    return folder / _result(spec)


def _result(spec: VerilatorBuild) -> str:
    return f"lib{spec.top}.so" if spec.kind == "shared" else spec.top


def _trace(spec: VerilatorBuild) -> str:
    return "vcd" if spec.trace is True else spec.trace or ""


def _headers(spec: VerilatorBuild) -> list[Path]:
    """Return what cocotb's main program is compiled behind."""
    return [*([waves.HEADER] if _trace(spec) == "fst" else []), *([CLOCK_HEADER] if spec.clock else [])]


def _cocotb_version() -> str:
    from importlib.metadata import version

    return version("cocotb")


def _build(spec: VerilatorBuild, verilator: Toolchain, compiler: Compiler, work: Path) -> None:
    (work / "public.vlt").write_text(_public(spec, verilator.version))
    if spec.coverage:
        (work / MONITORS).write_text(_monitors(spec))
    run(_verilate(spec, verilator), work, work / "verilator.log", f"verilating {spec.top}")
    _check_inputs(spec, verilator, work)
    objects = _compile(spec, verilator, compiler, work)
    libraries = archive(verilator, compiler, _trace(spec) == "fst")
    run(_link(spec, compiler, objects, libraries), work, work / "link.log", f"linking {spec.top}")
    for name in objects:
        (work / name).unlink()


def _monitors(spec: VerilatorBuild) -> str:
    from harness.coverage import machines

    return machines.monitors(spec.counted.files if spec.counted else spec.sources)


def _public(spec: VerilatorBuild, version: tuple[int, int]) -> str:
    """Return the control file: the top's ports and parameters, and named signals, are visible to VPI; what counts."""
    lines = ["`verilator_config"]
    if spec.kind == "cocotb" and version >= PORTS_KNOWN:
        lines += [f'public_flat_rw -module "{spec.top}" -port "*"', f'public_flat_rd -module "{spec.top}" -param "*"']
    elif spec.kind == "cocotb":
        lines.append(f'public_flat_rw -module "{spec.top}" -var "*"')
    for item in () if spec.public == "ports" else spec.public:
        module, _, signal = item.rpartition(".")
        lines.append(f'public_flat_rw -module "{module or spec.top}" -var "{signal}"')
    if spec.coverage and spec.counted:
        lines += [f'coverage_off -file "{path}"' for path in spec.sources if path not in spec.counted.files]
    return "\n".join(lines) + "\n"


def _verilate(spec: VerilatorBuild, verilator: Toolchain) -> Command:
    trace = {"": (), "vcd": ("--trace",), "fst": ("--trace-fst",)}[_trace(spec)]
    return [
        "env",
        f"VERILATOR_ROOT={verilator.root}",
        verilator.verilator_bin,
        *("--cc", "--prefix", "Vtop", "--Mdir", "obj", "--top-module", spec.top, "--no-timing"),
        *("--timescale", TIMESCALE, "-Wno-fatal", "--assert", "--x-initial", "unique", "--x-assign", "unique"),
        *(("--vpi",) if spec.kind == "cocotb" else ()),
        *_coverage(spec),
        *trace,
        *(f"-D{name}={value}" if value else f"-D{name}" for name, value in spec.defines.items()),
        *(f"+incdir+{folder}" for folder in spec.includes),
        *(f"-G{name}={literal(value)}" for name, value in spec.params.items()),
        *spec.flags,
        "public.vlt",
        *spec.sources,
        *((MONITORS,) if spec.coverage else ()),
    ]


def _coverage(spec: VerilatorBuild) -> Sequence[str]:
    """Return the arguments that name the kinds of coverage."""
    if not spec.coverage:
        return ()
    return [kind for kind in COVERAGE if kind != EDGES or not spec.counted or spec.counted.edges]


def _check_inputs(spec: VerilatorBuild, verilator: Toolchain, work: Path) -> None:
    """Refuse a design that reads files outside the key, or it would stay cached when they change."""
    known = {path.resolve() for path in (*inputs(spec), work / MONITORS)}
    words = (work / "obj" / "Vtop__ver.d").read_text().replace("\\\n", " ").partition(":")[2].split()
    read = {(work / word).resolve() for word in words if word.endswith((".v", ".sv", ".vh", ".svh"))}
    unknown = sorted(path for path in read - known if not path.is_relative_to(verilator.root.resolve()))
    if unknown:
        raise InputError(
            f"build of {spec.top}: it also reads {unknown[0]}; list that in sources, or its folder in includes"
        )


def _compile(spec: VerilatorBuild, verilator: Toolchain, compiler: Compiler, work: Path) -> list[str]:
    """Compile the model, its main and the C++ files given; return the names of the objects."""
    model = [path.relative_to(work) for path in sorted((work / "obj").glob("*.cpp"))]
    if spec.kind == "cocotb":
        (work / "main.cpp").write_text(_main(spec))
        model.append(Path("main.cpp"))
    if sum((work / path).stat().st_size for path in model) <= (PLAIN_UNITY_LIMIT if spec.opt == "-O0" else UNITY_LIMIT):
        (work / "unity.cpp").write_text("".join(f'#include "{path}"\n' for path in model))
        model = [Path("unity.cpp")]
    flags = [*compile_flags(verilator, compiler), *spec.opt.split(), *header(verilator, compiler, spec.opt), "-Iobj"]
    user = [*flags, *_macros(spec), *(f"-I{folder}" for folder in sorted({path.parent for path in spec.cpp}))]
    plain = [*flags, "-O0"]
    units = [
        *((unit, plain if unit.name.startswith(SYMBOLS) else flags) for unit in model),
        *((unit, user) for unit in spec.cpp),
    ]
    jobs: list[tuple[Command, Path]] = [
        ([compiler.path, *arguments, "-c", unit, "-o", f"{index}.o"], work / f"compile-{index}-{unit.stem}.log")
        for index, (unit, arguments) in enumerate(units)
    ]
    run_all(jobs, work, f"compiling the model of {spec.top}")
    return [f"{index}.o" for index in range(len(units))]


def _macros(spec: VerilatorBuild) -> list[str]:
    """Return the macros by which main programs written for Verilator's makefiles learn the options of the build."""
    trace = _trace(spec)
    return [
        *(["-DVM_COVERAGE=1"] if spec.coverage else []),
        *(["-DVM_TRACE=1", f"-DVM_TRACE_{trace.upper()}=1"] if trace else []),
    ]


def _main(spec: VerilatorBuild) -> str:
    """Return cocotb's main program under the macros of the build."""
    import cocotb_tools.config as config

    defines = [macro.removeprefix("-D").replace("=", " ") for macro in _macros(spec)]
    if spec.clock:
        defines += [f"KRAIT_CLOCK {spec.clock.port}", f"KRAIT_CLOCK_HALF_PS {spec.clock.period_ns * 500}"]
    sources = [*_headers(spec), Path(config.share_dir) / "lib" / "verilator" / "verilator.cpp"]
    return "".join([*(f"#define {define}\n" for define in defines), *(f'#include "{path}"\n' for path in sources)])


def _link(spec: VerilatorBuild, compiler: Compiler, objects: list[str], libraries: tuple[str, ...]) -> Command:
    command: list[str | Path] = [compiler.path, *objects, "-o", _result(spec)]
    command += libraries
    if spec.kind == "shared":
        return [*command, "-shared", "-Wl,-Bsymbolic"]
    if spec.kind == "cocotb":
        import cocotb_tools.config as config

        command += [f"-L{config.libs_dir}", f"-Wl,-rpath,{config.libs_dir}", "-lcocotbvpi_verilator"]
    return [*command, "-rdynamic"]

# SPDX-License-Identifier: Apache-2.0
"""Builds a design and runs cocotb tests on it, under Verilator or Icarus.

Own code instead of cocotb_tools.runner: that one takes simulators from PATH only, rebuilds the runtime for every
design, makes every signal public, has no time limit, and passes a run in which no test was executed.
"""

import hashlib
import os
import re
import shlex
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from golden.errors import InputError, MachineError
from harness.build import Counted, IcarusBuild, Param, VerilatorBuild, build
from harness.paths import INCLUDES, ROOT, build_dir
from harness.sim.process import Limits, Stop, run_limited
from harness.sim.results import POWER_UP, CocotbResult, judge
from harness.toolchain import find_icarus

SELECTING = ("COCOTB_TEST", "COCOTB_PLUSARGS", "COCOTB_LIST_TESTS", "COCOTB_RANDOM_TEST_ORDER", "GPI_")
DEFAULT_LIMITS = Limits()
POWER_UP_VARIABLE = "KRAIT_POWER_UP"
COVERAGE_VARIABLE = "KRAIT_COVERAGE"
NO_EDGES_VARIABLE = "KRAIT_COVERAGE_NO_EDGES"
Spec = VerilatorBuild | IcarusBuild


def simulate(
    top: str,
    sources: Sequence[Path | str],
    params: Mapping[str, Param] | None = None,
    test_module: str = "",
    testcase: str | None = None,
    sim: Literal["verilator", "icarus"] = "verilator",
    seed: int | None = None,
    includes: Sequence[Path] = INCLUDES,
    defines: Mapping[str, str] | None = None,
    env: Mapping[str, str] | None = None,
    workdir: Path | None = None,
    plusargs: Sequence[str] = (),
    cpp: Sequence[Path] = (),
    public: Literal["ports"] | tuple[str, ...] = "ports",
    trace: bool = False,
    opt: str = "-O2",
    timeout_s: float = 300,
    coverage: bool = False,
) -> CocotbResult:
    """Build a design, run the cocotb tests of a module on it, and raise unless all of them pass.

    Args:
        top: top module.
        sources: every Verilog file; relative paths count from the repository.
        params: parameters of the top.
        test_module: dotted name of the module with the cocotb tests, importable from the repository.
        testcase: name of one test (its tail), or several with commas; all without it.
        sim: "verilator" or "icarus".
        seed: of this run; without it derived from KRAIT_SEED (default 1) and the names of top and tests.
        includes: folders of Verilog headers; those that do not exist are left out.
        defines: macros.
        env: further environment of the simulation; parametrized tests read their case from it.
        workdir: where the simulation runs; a fresh folder below the build folder without it.
        plusargs: further arguments of the simulator.
        cpp: C++ files compiled in (Verilator only).
        public: "ports" or further signals that the tests touch, as "module.signal" (Verilator only).
        trace: write waveforms into the work folder.
        opt: optimization flags of the model's compilation (Verilator only).
        timeout_s: wall-clock limit of the simulation; the build is not limited.
        coverage: write code coverage into the work folder (Verilator only). Without it, a simulation of Verilator
            that passed leaves that of the units under test to `harness.coverage.units` where it is told to keep some.

    Raises:
        CheckError: a test failed, none ran, or the simulation crashed, hung or left no results.
        InputError: the design does not build.
        MachineError: a tool is missing or too old.
    """
    files = tuple((ROOT / source).resolve() for source in sources)
    folders = tuple(folder.resolve() for folder in includes if folder.is_dir())
    keep = _Kept.of(top, files, test_module) if sim == "verilator" and not coverage else None
    spec: Spec
    if sim == "verilator":
        spec = VerilatorBuild(
            top,
            files,
            dict(params or {}),
            dict(defines or {}),
            folders,
            cpp=tuple(cpp),
            public=public,
            coverage=coverage or keep is not None,
            counted=keep.counted if keep else None,
            trace=trace,
            opt=opt,
        )
    elif sim == "icarus":
        spec = IcarusBuild(top, files, dict(params or {}), dict(defines or {}), folders, trace=trace)
    else:
        raise InputError(f"simulator {sim!r} is unknown; expected verilator or icarus")
    seed = derive_seed(f"{top}/{test_module}/{testcase or ''}") if seed is None else seed
    result = run_cocotb(spec, test_module, testcase, seed, env or {}, workdir, plusargs, Limits(timeout_s))
    result.check()
    if keep:
        keep.keep(result)
    return result


@dataclass(frozen=True)
class _Kept:
    """A simulation whose coverage is kept as a run of the test that starts it, and what counts in it."""

    test: str
    counted: Counted

    @classmethod
    def of(cls, top: str, files: Sequence[Path], test_module: str) -> "_Kept | None":
        """Return what is kept of a simulation; None where nothing is wanted."""
        if not os.environ.get(COVERAGE_VARIABLE):
            return None
        from harness.coverage import units

        test = os.environ.get("PYTEST_CURRENT_TEST", f"{top} ").rpartition(" ")[0]  # parameters have spaces
        counted = Counted(units.counted(top, files, test), edges=not os.environ.get(NO_EDGES_VARIABLE))
        return cls(f"{test}/{test_module.rpartition('.')[2]}", counted)

    def keep(self, result: CocotbResult) -> None:
        """Keep what a simulation that passed left. MachineError if it cannot be kept."""
        from harness.coverage import collect, units

        units.keep(result, self.test, run_seed(None), collect.sources())


def run_seed(given: int | None, otherwise: int = 1) -> int:
    """Return a run's seed: the one that is given, else KRAIT_SEED, else `otherwise`.

    Raises:
        InputError: KRAIT_SEED is no number from 0 on.
    """
    if given is not None:
        return given
    text = os.environ.get("KRAIT_SEED", str(otherwise))
    if not text.isdecimal():
        raise InputError(f"KRAIT_SEED: found {text!r}, expected a number from 0 on")
    return int(text)


def derive_seed(name: str, whole: int | None = None) -> int:
    """Return the seed of a named run from the whole run's (KRAIT_SEED without it): new tests shift no other's."""
    base = os.environ.get("KRAIT_SEED", "1") if whole is None else whole
    return int.from_bytes(hashlib.sha256(f"{base}/{name}".encode()).digest()[:4], "big") >> 1 or 1


def run_cocotb(
    spec: Spec,
    test_module: str,
    testcase: str | None = None,
    seed: int = 1,
    env: Mapping[str, str] | None = None,
    workdir: Path | None = None,
    plusargs: Sequence[str] = (),
    limits: Limits = DEFAULT_LIMITS,
    stop: Stop | None = None,
    power_up: bool = False,
) -> CocotbResult:
    """Run cocotb tests on a build; see `simulate` for the arguments. Call `check()` on the result.

    Args:
        spec, test_module, testcase, seed, env, workdir, plusargs: as of `simulate`.
        limits: of the simulation; the build is not limited.
        stop: ends the simulation when it is set.
        power_up: registers begin with random values on Icarus, too; also with KRAIT_POWER_UP.

    Raises:
        InputError: the design does not build, or no test module is named.
        MachineError: a tool is missing or too old, or `stop` was set.
    """
    if not test_module:
        raise InputError(f"simulation of {spec.top}: no test module given")
    binary = build(spec)
    folder = _fresh(workdir, spec.top)
    results, log = folder / "results.xml", folder / "sim.log"
    settings = _settings(spec, test_module, testcase, seed, results) | dict(env or {})
    if isinstance(spec, IcarusBuild) and (power_up or os.environ.get(POWER_UP_VARIABLE)):
        settings |= _power_up(settings)
    command = _command(spec, binary, seed, plusargs)
    repeat = _write_repeat(folder, settings, command)
    exit_ = run_limited(command, folder, _environment(settings), log, limits, stop)
    return judge(results, log, exit_, limits, repeat)


def _fresh(workdir: Path | None, top: str) -> Path:
    """Return an empty work folder; results of an earlier run in a given one are removed."""
    if workdir is None:
        parent = build_dir() / "runs"
        parent.mkdir(parents=True, exist_ok=True)
        return Path(tempfile.mkdtemp(prefix=f"{top}-", dir=parent))
    folder = workdir.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    for stale in ("results.xml", "sim.log", "coverage.dat", "dump.vcd", "dump.fst"):
        (folder / stale).unlink(missing_ok=True)
    return folder


def _settings(spec: Spec, test_module: str, testcase: str | None, seed: int, results: Path) -> dict[str, str]:
    """Return what cocotb 2.1 reads from the environment (source: cocotb_tools/runner.py)."""
    import cocotb_tools.config as config
    import find_libpython

    libpython = find_libpython.find_libpython()
    if libpython is None:
        raise MachineError(f"{sys.executable}: no libpython found; cocotb needs a Python built with --enable-shared")
    settings = {
        "GPI_USERS": f"{libpython};{config.pygpi_entry_point()}",
        "PYGPI_PYTHON_BIN": sys.executable,
        "PYTHONPATH": os.pathsep.join([str(ROOT), *(p for p in sys.path if p and p != str(ROOT))]),
        "COCOTB_TOPLEVEL": spec.top,
        "COCOTB_TEST_MODULES": test_module,
        "COCOTB_RESULTS_FILE": str(results),
        "COCOTB_RANDOM_SEED": str(seed),
        "TOPLEVEL_LANG": "verilog",
        "COCOTB_REWRITE_ASSERTION_FILES": "cocotb_*.py",  # of every file it costs more than importing pyuvm
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",  # cocotb wants pytest for its assertions alone
    }
    if testcase:
        names = "|".join(rf".*{re.escape(name.strip())}" for name in testcase.split(","))
        settings["COCOTB_TEST_FILTER"] = rf"\.({names})$"
    if isinstance(spec, VerilatorBuild):
        settings["COCOTB_TRUST_INERTIAL_WRITES"] = "1"
    return settings


def _power_up(settings: Mapping[str, str]) -> dict[str, str]:
    """Return what makes the test that gives registers values the first one."""
    found = {"COCOTB_TEST_MODULES": f"{POWER_UP},{settings['COCOTB_TEST_MODULES']}"}
    if "COCOTB_TEST_FILTER" in settings:
        found["COCOTB_TEST_FILTER"] = rf"^{re.escape(POWER_UP)}\.|{settings['COCOTB_TEST_FILTER']}"
    return found


def _environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Return the settings over the caller's environment, without what would select other tests or libraries."""
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(SELECTING)}
    return inherited | dict(settings)


def _command(spec: Spec, binary: Path, seed: int, plusargs: Sequence[str]) -> list[str]:
    if isinstance(spec, VerilatorBuild):
        random_state = ["+verilator+rand+reset+2", f"+verilator+seed+{seed % (2**31 - 1) + 1}"]
        return [str(binary), *(["--trace"] if spec.trace else []), *random_state, *plusargs]
    import cocotb_tools.config as config

    icarus = find_icarus()
    if icarus is None:
        raise MachineError("no Icarus Verilog: iverilog or vvp not found on PATH; apt install iverilog (11 or later)")
    module = config.lib_name_path("vpi", "icarus")
    waves = {False: "-none", "fst": "-fst"}.get(spec.trace, "-vcd")
    return [str(icarus.vvp), "-n", "-m", str(module), str(binary), waves, *plusargs]


def _write_repeat(folder: Path, settings: Mapping[str, str], command: Sequence[str]) -> str:
    """Write a script that repeats the run, with waveforms going to the same folder; return the command to call it."""
    lines = ["#!/bin/sh", f"cd {shlex.quote(str(folder))} || exit 3"]
    lines += [f"export {key}={shlex.quote(value)}" for key, value in sorted(settings.items())]
    script = folder / "repeat.sh"
    script.write_text("\n".join([*lines, f"exec {shlex.join(command)}", ""]))
    return f"sh {script}"

# SPDX-License-Identifier: Apache-2.0
"""The simulations by which tests judge a unit, each once, and run on another source."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from harness.build import IcarusBuild, Param, VerilatorBuild
from harness.mutate.units import Unit
from harness.paths import ROOT
from harness.sim.process import Limits
from harness.sim.results import CocotbResult

Simulator = Literal["icarus", "verilator"]


@dataclass(frozen=True)
class Simulation:
    """What a test hands to `harness.sim.runner`; `plain` says that either simulator can do it."""

    test: str
    sim: Simulator
    top: str
    sources: tuple[str, ...]
    params: dict[str, int | str | bool]
    defines: dict[str, str]
    includes: tuple[str, ...]
    test_module: str
    testcase: str
    seed: int
    env: dict[str, str]
    plusargs: tuple[str, ...]
    plain: bool

    @staticmethod
    def of(
        spec: VerilatorBuild | IcarusBuild,
        test: str,
        test_module: str,
        testcase: str,
        seed: int,
        env: Mapping[str, str],
        plusargs: Iterable[str] = (),
    ) -> "Simulation":
        """Return the simulation of a build by a test."""
        return Simulation(
            test=test,
            sim="icarus" if isinstance(spec, IcarusBuild) else "verilator",
            top=spec.top,
            sources=tuple(map(str, spec.sources)),
            params=dict(spec.params),
            defines=dict(spec.defines),
            includes=tuple(map(str, spec.includes)),
            test_module=test_module,
            testcase=testcase,
            seed=seed,
            env=dict(env),
            plusargs=tuple(plusargs),
            plain=isinstance(spec, IcarusBuild) or _is_plain(spec),
        )

    @property
    def identity(self) -> str:
        """Return what tells simulations apart: everything but seed, paths and simulator; of vectors their contents."""
        told = (self.top, sorted(self.params.items()), sorted(self.defines.items()), self.test_module, self.testcase)
        return hashlib.sha256(repr((told, self.vectors)).encode()).hexdigest()[:20]

    @property
    def vectors(self) -> tuple[str, ...]:
        """Return hashes of the files that the environment names as vectors."""
        named = [json.loads(value).get("vectors") for value in self.env.values() if value.startswith("{")]
        return tuple(hashlib.sha256(Path(name).read_bytes()).hexdigest() for name in named if name)

    @property
    def shape(self) -> tuple[tuple[str, Param], ...]:
        """Return the parameters, which make the netlist."""
        return tuple(sorted(self.params.items()))

    def with_source(self, replaced: Path) -> tuple[Path, ...]:
        """Return the sources, with the file `replaced` in the place of the one of its name."""
        return tuple(replaced if Path(path).name == replaced.name else Path(path) for path in self.sources)

    def run(
        self, replaced: Path, sim: Simulator, plusargs: Iterable[str], workdir: Path, seconds: float
    ) -> CocotbResult:
        """Simulate with the file `replaced` in the place of the one of its name; stop at the first failing test.

        Raises:
            InputError: the design does not build.
            MachineError: a tool is missing.
        """
        from harness.sim.runner import run_cocotb

        files = self.with_source(replaced)
        folders = tuple(map(Path, self.includes))
        spec: VerilatorBuild | IcarusBuild
        if sim == "icarus":
            spec = IcarusBuild(self.top, files, self.params, self.defines, folders)
        else:
            spec = VerilatorBuild(self.top, files, self.params, self.defines, folders, opt="-O0")
        return run_cocotb(
            spec,
            self.test_module,
            self.testcase or None,
            self.seed,
            self.env | {"COCOTB_MAX_FAILURES": "1"},
            workdir,
            (*self.plusargs, *plusargs),
            Limits(seconds, log_bytes=4 << 20, file_bytes=1 << 30),
        )


def _is_plain(spec: VerilatorBuild) -> bool:
    """Whether a build takes nothing that only Verilator has: C++, signals below the top."""
    return not spec.cpp and not spec.flags and spec.public == "ports"


def distinct(simulations: Iterable[Simulation], unit: Unit, sim: Simulator) -> tuple[Simulation, ...]:
    """Return those of a unit that `sim` can do, each once; where both simulators were recorded, the one for `sim`.

    They are those with the unit as the top, or if there are none, those that have it inside.
    """
    able = [each for each in simulations if each.plain or each.sim == sim]
    every = [each for each in able if unit.source in map(Path, each.sources)]
    within = [each for each in every if each.top == unit.name] or every
    chosen: dict[str, Simulation] = {}
    for each in within:
        if each.identity not in chosen or each.sim == sim:
            chosen[each.identity] = each
    return tuple(chosen.values())


def around(simulations: Iterable[Simulation], unit: Unit) -> tuple[str, ...]:
    """Return the Verilog that stands around and below a unit, and that a verdict on it depends on."""
    paths = sorted({Path(path) for each in simulations for path in each.sources} - {unit.source})
    return tuple(path.read_text() for path in paths)


def cocotb_files(simulations: Iterable[Simulation]) -> set[Path]:
    """Return the modules with the cocotb tests."""
    names = {each.test_module for each in simulations}
    return {ROOT / (re.sub(r"\.", "/", name) + ".py") for name in names}

# SPDX-License-Identifier: Apache-2.0
"""The simulations by which a unit's tests judge it: recorded from the tests, each once, and run on another source."""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from golden.errors import CheckError, MachineError
from golden.spec.strict import decode
from harness.build import IcarusBuild, Param, VerilatorBuild
from harness.mutate.units import Unit, fingerprint, sources
from harness.paths import ROOT
from harness.sim.process import Limits
from harness.sim.results import CocotbResult

FILE = "simulations.json"
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

    def run(
        self, replaced: Path, sim: Simulator, plusargs: Iterable[str], workdir: Path, seconds: float
    ) -> CocotbResult:
        """Simulate with the file `replaced` in the place of the one of its name; stop at the first failing test.

        Raises:
            InputError: the design does not build.
            MachineError: a tool is missing.
        """
        from harness.sim.runner import run_cocotb

        files = tuple(replaced if Path(path).name == replaced.name else Path(path) for path in self.sources)
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


@dataclass(frozen=True)
class Recorded:
    """All simulations of a unit's tests."""

    simulations: tuple[Simulation, ...]


def record(unit: Unit, folder: Path) -> tuple[Simulation, ...]:
    """Return the simulations of a unit's tests, recorded now or earlier into a folder of their own below `folder`.

    Raises:
        CheckError: pytest cannot collect the tests.
        MachineError: pytest is missing.
    """
    place = folder / f"recorded-{_key(unit)}"
    if not (place / FILE).is_file():
        place.mkdir(parents=True, exist_ok=True)
        _collect(unit, place)
    return decode(Recorded, json.loads((place / FILE).read_text()), place / FILE).simulations


def _key(unit: Unit) -> str:
    """Return the hash of what a recording depends on: the test, the RTL's headers, declared numbers, the seed."""
    files = (*sources(unit), *sorted((ROOT / "golden").rglob("*.toml")))
    texts = [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]
    told = (fingerprint([unit.test, Path(__file__).with_name("recording.py")]), texts, os.environ.get("KRAIT_SEED"))
    return hashlib.sha256(repr(told).encode()).hexdigest()[:20]


def _collect(unit: Unit, place: Path) -> None:
    from importlib.util import find_spec

    if find_spec("pytest") is None:
        raise MachineError(f"no pytest: not installed for {sys.executable}; pip install -e '.[dev]'")
    arguments = ["-p", "harness.mutate.recording", "-p", "no:cacheprovider", "-q", f"--basetemp={place / 'tmp'}"]
    command = [sys.executable, "-m", "pytest", *arguments, str(unit.test)]
    environment = os.environ | {"KRAIT_RECORD": str(place), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    (place / "pytest.log").write_text(done.stdout + done.stderr)
    if not (place / FILE).is_file():
        raise CheckError(f"mutate: {unit.test.name}: pytest left no simulations; its log: {place / 'pytest.log'}")


def distinct(simulations: Iterable[Simulation], top: str, sim: Simulator) -> tuple[Simulation, ...]:
    """Return those of a top that `sim` can do, each once; where both simulators were recorded, the one for `sim`."""
    chosen: dict[str, Simulation] = {}
    for each in simulations:
        able = each.plain or each.sim == sim
        if each.top == top and able and (each.identity not in chosen or each.sim == sim):
            chosen[each.identity] = each
    return tuple(chosen.values())


def cocotb_files(simulations: Iterable[Simulation]) -> set[Path]:
    """Return the modules with the cocotb tests."""
    names = {each.test_module for each in simulations}
    return {ROOT / (re.sub(r"\.", "/", name) + ".py") for name in names}

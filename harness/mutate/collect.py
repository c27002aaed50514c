# SPDX-License-Identifier: Apache-2.0
"""The simulations that judge units: what pytest records of their tests, several files at a time, or a regression's."""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

from golden.errors import CheckError, MachineError
from golden.spec.strict import decode
from harness.atomic import replace_text
from harness.mutate.recording import PLACES, SIM, WHOLE, Recorded
from harness.mutate.simulations import Simulation, Simulator
from harness.mutate.units import Unit, fingerprint, sources
from harness.paths import ROOT, VERILOG
from harness.regress.suites import Entry
from harness.sources import cocotb_build
from harness.uvm.job import VARIABLE

AT_ONCE = 8
"""Files that one pytest records: its start, torch included, costs as much as several of them."""


class Recordings:
    """Simulations by unit, recorded now or earlier into files below a folder."""

    def __init__(self, folder: Path, units: Sequence[Unit], sim: Simulator) -> None:
        """Record what `units` will be asked for ahead, in their order, for one simulator."""
        self._folder, self._ahead, self._sim, self._lock = folder / sim, list(units), sim, threading.Lock()

    def of(self, unit: Unit) -> tuple[Simulation, ...]:
        """Return the simulations of a unit's judge.

        Raises:
            CheckError: pytest cannot collect the tests.
            MachineError: pytest is missing.
        """
        entry = unit.judge.entry
        if entry is not None:
            return (_of_entry(entry, self._folder),)
        with self._lock:
            path = self._place(unit)
            if not path.is_file():
                _record(self._batch(unit), self._folder, self._sim)
        if not path.is_file():
            raise CheckError(f"mutate: {unit.judge.test.name}: pytest left no simulations; its log: {_log(path)}")
        return decode(Recorded, json.loads(path.read_text()), path).simulations

    def _batch(self, first: Unit) -> dict[Path, Path]:
        """Return the files with tests to record now, each with its place: a unit's, and the next ones."""
        found: dict[Path, Path] = {}
        for unit in (first, *self._ahead):
            if unit.judge.entry is None and len(found) < AT_ONCE and not self._place(unit).is_file():
                found[unit.judge.test] = self._place(unit)
        return found

    def _place(self, unit: Unit) -> Path:
        return self._folder / f"{unit.judge.test.stem}-{_key(unit)}.json"


def _log(place: Path) -> Path:
    return place.with_suffix(".log")


def _key(unit: Unit) -> str:
    """Return the hash of what a recording depends on: the test, RTL with its headers, declared numbers, the seed."""
    tested = next(VERILOG.rglob(f"{unit.judge.of}.v"), unit.source)
    files = (*sources(tested), *sorted((ROOT / "golden").rglob("*.toml")))
    texts = [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]
    tests = fingerprint([unit.judge.test, Path(__file__).with_name("recording.py")])
    return hashlib.sha256(repr((tests, texts, os.environ.get("KRAIT_SEED"))).encode()).hexdigest()[:20]


def _record(places: dict[Path, Path], folder: Path, sim: Simulator) -> None:
    """Have pytest record files of tests, each into a place of its own; stimuli stay in a folder of this recording."""
    from importlib.util import find_spec

    if find_spec("pytest") is None:
        raise MachineError(f"no pytest: not installed for {sys.executable}; pip install -e '.[dev]'")
    folder.mkdir(parents=True, exist_ok=True)
    kept = Path(tempfile.mkdtemp(prefix="stimuli-", dir=folder))
    options = [
        "-q",
        "-m",
        WHOLE,
        f"--basetemp={kept / 'tmp'}",
        "-p",
        "harness.mutate.recording",
        "-p",
        "no:cacheprovider",
    ]
    command = [sys.executable, "-m", "pytest", *options, "--continue-on-collection-errors", *map(str, places)]
    told = json.dumps({str(test): str(place) for test, place in places.items()})
    environment = os.environ | {PLACES: told, SIM: sim, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    for place in places.values():
        replace_text(_log(place), done.stdout + done.stderr)


def _of_entry(entry: Entry, folder: Path) -> Simulation:
    """Return a simulation of the regression, its job written below a folder."""
    spec = cocotb_build(entry.kernel, entry.config, entry.transport, entry.simulator)
    place = folder / f"job-{entry.name}"
    place.mkdir(parents=True, exist_ok=True)
    path = place / "job.json"
    entry.job(str(place)).write(path)
    told = {VARIABLE: str(path), "PYTHONWARNINGS": "ignore"}
    return Simulation.of(spec, entry.repeat, entry.module, entry.test, entry.seed, told)

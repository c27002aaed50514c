# SPDX-License-Identifier: Apache-2.0
"""Code coverage of unit tests: simulations that passed leave their coverage.dat, `krait test --cov` joins them."""

import hashlib
import json
import os
import shutil
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path

from golden.errors import MachineError
from harness import json_record
from harness.coverage import verilator
from harness.coverage.model import Database, Run, join, of_run
from harness.sim.results import CocotbResult
from harness.sim.runner import COVERAGE_VARIABLE

VARIABLE = COVERAGE_VARIABLE
"""Folder in which unit tests leave their code coverage; without it they are built without any."""


@dataclass(frozen=True)
class _Kept:
    """Which run a file is of."""

    test: str
    seed: int
    sources: str


def keep(result: CocotbResult, test: str, seed: int, sources: str) -> None:
    """Move what a simulation that passed left of coverage to the folder of the run. MachineError if it cannot.

    A second simulation of the same test and seed is a run of its own, with a number behind the test.
    """
    folder = Path(os.environ[VARIABLE])
    for number in count(1):
        numbered = f"{test}#{number}" if number > 1 else test
        name = hashlib.sha256(f"{numbered}/{seed}".encode()).hexdigest()[:16]
        if not (folder / f"{name}.json").exists():
            break
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.move(result.results_xml.with_name("coverage.dat"), folder / f"{name}.dat")
        (folder / f"{name}.json").write_text(json.dumps(asdict(_Kept(numbered, seed, sources))) + "\n")
    except OSError as error:
        raise MachineError(f"{folder}: the coverage of {test} cannot be kept ({error.strerror}); make room") from error


def collect(folder: Path) -> Database:
    """Return what unit tests left in a folder. InputError where a file is malformed."""
    return join(_of_file(path) for path in sorted(folder.glob("*.json")))


def _of_file(path: Path) -> Database:
    kept = json_record.read(_Kept, path, None, "krait test --cov")
    return of_run(Run(kept.test, kept.seed, kept.sources), verilator.read(path.with_suffix(".dat")))

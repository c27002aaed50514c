# SPDX-License-Identifier: Apache-2.0
"""Code coverage of unit tests: simulations that passed leave their coverage.dat, `krait test --cov` joins them."""

import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import count
from pathlib import Path

from golden.errors import MachineError
from harness import json_record
from harness.coverage import verilator
from harness.coverage.model import Database, Run, join, of_run
from harness.sim.results import CocotbResult
from harness.sim.runner import COVERAGE_VARIABLE, NO_EDGES_VARIABLE
from harness.verilog import instances, named_test

VARIABLE = COVERAGE_VARIABLE
"""Folder in which unit tests leave their code coverage; without it they are built without any."""
NO_EDGES = NO_EDGES_VARIABLE
"""Set, edges of bits do not count."""
_OWN = "tests/rtl/test_{}.py"
FOLDER = "coverage"
"""Where `krait test --cov` has them leave it, below build/test."""
PASSED = "passed.txt"
"""File of that folder: the tests that passed, one a line, as pytest names them."""


@dataclass(frozen=True)
class _Kept:
    """Which run a file is of, and whether it counted edges."""

    test: str
    seed: int
    sources: str
    edges: bool


def counted(top: str, files: Sequence[Path], test: str) -> tuple[Path, ...]:
    """Return which files of a design count in a simulation that `test` starts, as pytest names it.

    The top, those whose headers name its file as their test, and what the top instantiates and has no file of tests of
    its own. What a test reaches in other units, whose results it does not look at, it does not check, and to count
    that takes longer than all the rest.
    """
    own = test.partition("::")[0]
    parts = {name for path in files if path.stem == top for name in instances(path)}

    def counts(path: Path) -> bool:
        named = named_test(path)
        return path.stem == top or (own and named == own) or (path.stem in parts and named != _OWN.format(path.stem))

    return tuple(path for path in files if counts(path))


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
        kept = _Kept(numbered, seed, sources, not os.environ.get(NO_EDGES_VARIABLE))
        (folder / f"{name}.json").write_text(json.dumps(asdict(kept)) + "\n")
    except OSError as error:
        raise MachineError(f"{folder}: the coverage of {test} cannot be kept ({error.strerror}); make room") from error


def note_passed(test: str) -> None:
    """Note that a test has passed, where coverage is kept."""
    folder = Path(os.environ[VARIABLE])
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / PASSED).open("a") as file:
        file.write(test + "\n")


def finished() -> frozenset[str]:
    """Return the tests that need not run again, as their coverage is kept; none where none is."""
    folder = os.environ.get(VARIABLE)
    return passed(Path(folder)) if folder else frozenset()


def passed(folder: Path) -> frozenset[str]:
    """Return the tests that passed and left their coverage in a folder."""
    path = folder / PASSED
    return frozenset(path.read_text().splitlines()) if path.is_file() else frozenset()


def resume(folder: Path, seed: int, sources: str, edges: bool) -> None:
    """Leave in a folder what tests that passed left of the same run: its seed, its RTL, with edges or without.

    Raises:
        InputError: a file of the folder is malformed.
    """
    before, good = passed(folder), set()
    for path in sorted(folder.glob("*.json")):
        kept = _read(path)
        test = kept.test.rpartition("/")[0]
        if test in before and (kept.seed, kept.sources, kept.edges) == (seed, sources, edges):
            good.add(test)
        else:
            path.with_suffix(".dat").unlink(missing_ok=True)
            path.unlink()
    (folder / PASSED).write_text("".join(f"{test}\n" for test in sorted(good)))


def collect(folder: Path) -> Database:
    """Return what unit tests left in a folder. InputError where a file is malformed."""
    return join(_of_file(path) for path in sorted(folder.glob("*.json")))


def _read(path: Path) -> _Kept:
    return json_record.read(_Kept, path, None, "krait test --cov")


def _of_file(path: Path) -> Database:
    kept = _read(path)
    return of_run(Run(kept.test, kept.seed, kept.sources), verilator.read(path.with_suffix(".dat")))

# SPDX-License-Identifier: Apache-2.0
"""What the jobs of a regression left of coverage, as a database."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from golden.errors import InputError
from harness.coverage import verilator
from harness.coverage.model import Database, Point, Run, join, of_run
from harness.paths import VERILOG
from harness.regress import code_coverage
from harness.regress.results import Result

FUNCTIONAL = "coverage.json"


def sources(folder: Path = VERILOG) -> str:
    """Return the hash of the names and contents of the RTL: what lines and signals of a point stand for."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.v*")):
        digest.update(f"{path.relative_to(folder)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def of_results(folder: Path, results: Iterable[Result], hashed: str) -> Database:
    """Return the coverage of the jobs in `folder` that passed: what a failing test reaches was not checked.

    Raises:
        InputError: a job left a malformed file; names it.
    """
    passed = (result for result in results if result.status == "PASS")
    return join(_of_job(Path(folder, result.log).parent, Run(result.name, result.seed, hashed)) for result in passed)


def _of_job(place: Path, run: Run) -> Database:
    hits: dict[Point, int] = {}
    if (place / FUNCTIONAL).is_file():
        hits |= functional(place / FUNCTIONAL)
    if (place / code_coverage.NAME).is_file():
        hits |= verilator.read(place / code_coverage.NAME)
    return of_run(run, hits)


def functional(path: Path) -> dict[Point, int]:
    """Return the hits of every bin in a job's coverage.json. InputError when it is malformed."""
    try:
        found = json.loads(path.read_text())
        return {
            Point("functional", group, 0, 0, point, name): _count(hits)
            for group, points in found.items()
            for point, bins in points.items()
            for name, hits in bins.items()
        }
    except (OSError, UnicodeDecodeError, ValueError, AttributeError) as error:
        raise InputError(
            f"{path}: found no covergroups ({error}), expected group, coverpoint, bin and hits; run the test again"
        ) from None


def _count(hits: object) -> int:
    if type(hits) is not int or hits < 0:
        raise ValueError(f"hits {hits!r}")
    return hits

# SPDX-License-Identifier: Apache-2.0
"""Runs the entries of a plan and collects their results and coverage."""

import fcntl
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from golden.errors import KraitError, MachineError
from harness.coverage import collect as coverage
from harness.coverage import ucis_file
from harness.coverage.model import CODE, Database
from harness.provenance import collect
from harness.regress import code_coverage
from harness.regress.jobs import Jobs, Options, Watcher
from harness.regress.results import SCHEMA, Coverage, Points, Regression, merge, save
from harness.regress.store import Store
from harness.regress.suites import Entry
from harness.toolchain import find_icarus, find_verilator


def run(entries: tuple[Entry, ...], folder: Path, options: Options, watch: Watcher) -> Regression:
    """Build what the entries need, one build after the other, run each entry as soon as its build is there, save.

    Args:
        folder: gets results.json, junit.xml, the coverage database, and one folder for each entry and seed, with its
            log, job, coverage and repeat script.

    Raises:
        InputError: the executor is unknown, or a job left malformed coverage; results are saved all the same.
        MachineError: another regression is running in `folder`, it cannot be written, or a tool is missing.
    """
    with alone(folder):
        started = time.monotonic()
        store = Store(folder, (options.of_results, tools()), options.fresh)
        jobs = Jobs(folder, store, options, watch)
        hashed = coverage.sources()
        results = jobs.results(entries)
        regression = Regression(
            schema=SCHEMA,
            provenance=collect(tools()),
            seconds=time.monotonic() - started,
            results=results,
            coverage=merge(_read_coverage(folder / entry.folder) for entry in entries),
            kept=jobs.kept,
        )
        try:
            database = coverage.of_results(folder, results, hashed)
            regression = replace(regression, code=_code_coverage(folder, entries, database) if options.cov else {})
        except KraitError:
            save(folder, regression)
            raise
        save(folder, regression)
        ucis_file.write(folder / ucis_file.NAME, database)
        store.finish()
        return regression


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Hold the results folder against a second regression. MachineError if one runs there, or it cannot be made."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = (folder / ".lock").open("w")
    except OSError as error:
        raise MachineError(f"{folder}: cannot be written ({error.strerror}); choose another --out") from error
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise MachineError(
                f"{folder}: another regression is running there; wait for it or choose another --out"
            ) from None
        yield


def tools() -> dict[str, str]:
    """Return the simulators' versions by name."""
    found = {"verilator": ".".join(map(str, find_verilator().version))}
    icarus = find_icarus()
    return found | ({"icarus": ".".join(map(str, icarus.version))} if icarus else {})


def _read_coverage(place: Path) -> Coverage:
    try:
        found: Coverage = json.loads((place / "coverage.json").read_text())
    except (OSError, json.JSONDecodeError):
        return {}
    return found


def _code_coverage(folder: Path, entries: tuple[Entry, ...], database: Database) -> dict[str, Points]:
    """Add up Verilator's files of all jobs that left one; return the points of hw/verilog by kind."""
    parts = [folder / entry.folder / code_coverage.NAME for entry in entries]
    code_coverage.add(filter(Path.is_file, parts), folder / code_coverage.NAME)
    hits: dict[str, list[int]] = {}
    for point, count in database.totals().items():
        if point.kind in CODE:
            hits.setdefault(point.kind, []).append(count)
    return {kind: Points(sum(count > 0 for count in counts), len(counts)) for kind, counts in hits.items()}

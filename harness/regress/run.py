# SPDX-License-Identifier: Apache-2.0
"""Runs the entries of a plan in parallel processes and collects results and coverage."""

import fcntl
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree

from golden.errors import KraitError, MachineError
from harness import sources
from harness.build import IcarusBuild, VerilatorBuild, build
from harness.provenance import collect
from harness.regress.plan import Entry
from harness.regress.results import SCHEMA, Coverage, Regression, Result, merge
from harness.sim.runner import run_cocotb
from harness.toolchain import find_icarus, find_verilator
from harness.uvm import job

TIMEOUT_S = 600
Spec = VerilatorBuild | IcarusBuild
Watcher = Callable[[str, str, str], None]
"""Called with entry name, state ("building", "running", a status) and a reason."""


def run(entries: tuple[Entry, ...], folder: Path, bundle: Path, jobs: int, watch: Watcher) -> Regression:
    """Build what the entries need, one build after the other, then run them `jobs` at a time.

    Args:
        folder: gets one folder for each entry, with its log, job, coverage and repeat script.
        bundle: test vectors for the entries that sample some.

    Raises:
        MachineError: another regression is running in `folder`, it cannot be written, or a tool is missing.
    """
    with alone(folder):
        return _run(entries, folder, bundle, jobs, watch)


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


def _run(entries: tuple[Entry, ...], folder: Path, bundle: Path, jobs: int, watch: Watcher) -> Regression:
    started = time.monotonic()
    shutil.rmtree(folder / "jobs", ignore_errors=True)
    results: dict[str, Result] = {}
    ready: list[tuple[Entry, Spec]] = []
    for entry in entries:
        skip = _why_not(entry)
        if skip:
            results[entry.name] = _result(entry, folder, "NOT-RUN", skip)
            watch(entry.name, "NOT-RUN", skip)
            continue
        ready.append((entry, sources.cocotb_build(entry.kernel, entry.config, entry.transport, entry.simulator)))
    with ThreadPoolExecutor(max_workers=max(jobs, 1)) as pool:
        futures = _submit(pool, ready, folder, bundle, watch)
        for future in as_completed(futures):
            result = future.result()
            results[result.name] = result
            watch(result.name, result.status, result.reason)
    return Regression(
        schema=SCHEMA,
        provenance=collect(tools()),
        seconds=time.monotonic() - started,
        results=tuple(results[entry.name] for entry in entries),
        coverage=merge(_read_coverage(folder / "jobs" / entry.name) for entry in entries),
    )


def tools() -> dict[str, str]:
    """Return the simulators' versions by name."""
    found = {"verilator": ".".join(map(str, find_verilator().version))}
    icarus = find_icarus()
    return found | ({"icarus": ".".join(map(str, icarus.version))} if icarus else {})


def _why_not(entry: Entry) -> str:
    if entry.simulator == "icarus" and find_icarus() is None:
        return "Icarus Verilog is not on PATH; apt install iverilog"
    return ""


def _submit(
    pool: ThreadPoolExecutor, ready: list[tuple[Entry, Spec]], folder: Path, bundle: Path, watch: Watcher
) -> list[Future[Result]]:
    """Build in the plan's order and hand each entry to the pool as soon as its build is there."""
    futures = []
    for entry, spec in ready:
        watch(entry.name, "building", "")
        build(spec)
        futures.append(pool.submit(_run_one, entry, spec, folder, bundle, watch))
    return futures


def _run_one(entry: Entry, spec: Spec, folder: Path, bundle: Path, watch: Watcher) -> Result:
    watch(entry.name, "running", "")
    place = folder / "jobs" / entry.name
    place.mkdir(parents=True, exist_ok=True)
    out = str(place)
    task = job.Job(entry.config, entry.transport, entry.seed, entry.items, str(bundle), out, entry.kernel)
    task.write(place / "job.json")
    started = time.monotonic()
    environment = {job.VARIABLE: str(place / "job.json"), "PYTHONWARNINGS": "ignore"}
    try:
        outcome = run_cocotb(spec, entry.module, entry.test, entry.seed, environment, place, timeout_s=TIMEOUT_S)
    except KraitError as error:
        return _result(entry, folder, "FAIL", str(error), time.monotonic() - started)
    seconds = time.monotonic() - started
    reason = "" if outcome.ok else outcome.failed[0].line
    return _result(entry, folder, "PASS" if outcome.ok else "FAIL", reason, seconds, _sim_ns(outcome.results_xml))


def _result(entry: Entry, folder: Path, status: str, reason: str, seconds: float = 0.0, sim_ns: float = 0.0) -> Result:
    return Result(
        name=entry.name,
        test=entry.test,
        config=entry.config,
        transport=entry.transport,
        simulator=entry.simulator,
        seed=entry.seed,
        items=entry.items,
        status=status,  # type: ignore[arg-type] # one of Status by construction
        reason=reason,
        seconds=seconds,
        sim_ns=sim_ns,
        log=os.path.relpath(folder / "jobs" / entry.name / "sim.log", folder),
        repeat=f"krait regress {entry.name} --seed {entry.seed}",
    )


def _sim_ns(results_xml: Path) -> float:
    """Return the simulated time of a run, from cocotb's report; 0 when it left none."""
    try:
        root = ElementTree.parse(results_xml).getroot()
    except (OSError, ElementTree.ParseError):
        return 0.0
    found = root.iter("property")
    values = {item.get("name"): item.get("value", "0") for item in found}
    return float(values.get("sim_time_stop") or values.get("sim_time_duration") or 0)


def _read_coverage(place: Path) -> Coverage:
    try:
        found: Coverage = json.loads((place / "coverage.json").read_text())
    except (OSError, json.JSONDecodeError):
        return {}
    return found

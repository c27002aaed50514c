# SPDX-License-Identifier: Apache-2.0
"""Judges samples of mutants, several at a time; a verdict on the same netlist, tests and tools is not made again."""

import functools
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from golden.errors import CheckError, InputError, MachineError
from harness.atomic import locked
from harness.mutate import judge, netlist
from harness.mutate.equivalence import Answer, compare
from harness.mutate.judge import LIMIT_S, NONE, PATIENCE, Bench, Outcome, Store, Verdict
from harness.mutate.netlist import Mutant, Netlist
from harness.mutate.record import MutantResult, UnitResult
from harness.mutate.sample import sample
from harness.mutate.simulations import Simulation, Simulator, cocotb_files, distinct
from harness.mutate.simulations import record as record_simulations
from harness.mutate.units import Unit, fingerprint, sources
from harness.paths import ROOT
from harness.toolchain import find_icarus, find_verilator, find_yosys

PROOFS: dict[Answer, str] = {
    "equal": "the same outputs and next state in every state (SAT)",
    "different": "another output or next state in some state, which may be one that is never reached (SAT)",
    "unknown": "the SAT solver gave no answer in time",
}
"""What a proof says, for people."""
Watcher = Callable[[Unit, MutantResult], None]


@dataclass(frozen=True)
class Options:
    """What a run asks for: mutants of each unit, the sample's seed, the simulator, how many at a time, where."""

    count: int
    seed: int
    sim: Simulator
    jobs: int
    folder: Path


@dataclass(frozen=True)
class _Group:
    """Mutants of one netlist, and the simulations with its parameters."""

    netlist: Netlist
    simulations: tuple[Simulation, ...]
    mutants: tuple[Mutant, ...]


def versions(sim: Simulator) -> dict[str, str]:
    """Return the tools that verdicts depend on. MachineError: one is missing."""
    if sim == "verilator":
        used = find_verilator().version
        return {"yosys": find_yosys().version, "verilator": ".".join(map(str, used))}
    icarus = find_icarus()
    if icarus is None:
        raise MachineError("no Icarus Verilog: iverilog or vvp not found on PATH; apt install iverilog (11 or later)")
    return {"yosys": find_yosys().version, "icarus": str(icarus.version)}


def run(unit: Unit, options: Options, watch: Watcher, only: int | None = None) -> UnitResult:
    """Return what becomes of a unit's mutants, or of the one that `only` numbers; `watch` is told of each, in order.

    Raises:
        InputError: there is no mutant of that number.
        MachineError: a tool is missing or does not start.
    """
    place = options.folder / unit.name
    result = UnitResult(unit.name, str(unit.test.relative_to(ROOT)), str(unit.source.relative_to(ROOT)), 0, 0, ())
    with locked(place / "run"):
        try:
            groups, known = _groups(unit, options, place, only)
            mutants = _judge(unit, groups, options, place, watch)
        except (CheckError, InputError) as error:
            if only is not None and isinstance(error, InputError):
                raise
            return replace(result, unjudged=str(error))
    return replace(result, simulations=sum(len(each.simulations) for each in groups), known=known, mutants=mutants)


def _groups(unit: Unit, options: Options, place: Path, only: int | None) -> tuple[tuple[_Group, ...], int]:
    """Return the sample by netlist, and how many mutants there are. CheckError, InputError."""
    simulations = distinct(record_simulations(unit, place), unit.name, options.sim)
    if not simulations:
        raise CheckError(f"mutate: {unit.name}: {unit.test.name} does not simulate it as a top that can be exchanged")
    netlists: list[Netlist] = []
    shapes = list(dict.fromkeys(each.shape for each in simulations))
    for shape in shapes:
        first = 1 + sum(len(each.mutants) for each in netlists)
        netlists.append(netlist.elaborate(unit, dict(shape), first, place))
    everything = [mutant for each in netlists for mutant in each.mutants]
    if not everything:
        raise CheckError(f"mutate: {unit.name}: its netlist has no cells, only wires")
    chosen = sample([each for each in netlists if each.mutants], options.count, options.seed)
    if only is not None:
        chosen = tuple(mutant for mutant in everything if mutant.number == only)
        if not chosen:
            raise InputError(f"mutate: {unit.name}: found --mutant {only}, expected 1 to {len(everything)}")
    groups = (
        _Group(
            each,
            tuple(simulation for simulation in simulations if simulation.shape == shape),
            tuple(mutant for mutant in chosen if mutant in each.mutants),
        )
        for each, shape in zip(netlists, shapes, strict=True)
    )
    return tuple(group for group in groups if group.mutants), len(everything)


def _judge(
    unit: Unit, groups: Sequence[_Group], options: Options, place: Path, watch: Watcher
) -> tuple[MutantResult, ...]:
    results: list[MutantResult] = []
    with ThreadPoolExecutor(max(options.jobs, 1)) as pool:
        try:
            for group in groups:
                court = _Court(unit, group, options, place)
                for mutant, outcome in zip(group.mutants, pool.map(court, group.mutants), strict=True):
                    params = dict(group.netlist.params)
                    found = MutantResult(mutant.number, params, mutant.file, mutant.line, mutant.what, outcome)
                    results.append(found)
                    watch(unit, found)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return tuple(results)


def _key(group: _Group, tests: str, tools: Sequence[str], mutant: Mutant) -> str:
    return judge.key(group.netlist.text, mutant.arguments, group.simulations, tests, tools)


class _Court:
    """Judges the mutants of a group, or knows them; the netlist without a fault is judged before the first."""

    def __init__(self, unit: Unit, group: _Group, options: Options, place: Path) -> None:
        self._unit, self._group, self._options, self._place = unit, group, options, place
        self._store = Store(place / "outcomes")
        tests = fingerprint(cocotb_files(group.simulations))
        below = [path.read_text() for path in sources(unit) if path != unit.source]
        tools = [options.sim, *map(str, sorted(versions(options.sim).items())), *below]
        self._key = functools.partial(_key, group, tests, tools)
        self._lock = threading.Lock()
        self._ready: tuple[Bench, float] | None = None

    def __call__(self, mutant: Mutant) -> Outcome:
        """Return the verdict on a mutant. CheckError: a test fails without it, or Yosys fails."""
        key = self._key(mutant)
        outcome = self._store.load(key)
        if outcome is None:
            bench, limit_s = self._bench()
            outcome = bench.judge(mutant.number, limit_s)
            self._store.save(key, outcome)
        if outcome.verdict == "survived" and outcome.by not in PROOFS.values():
            outcome = self._proved(mutant, outcome)
            self._store.save(key, outcome)
        return outcome

    def _proved(self, mutant: Mutant, outcome: Outcome) -> Outcome:
        """Return what becomes of a mutant that no test saw: it may be no change at all."""
        started = time.monotonic()
        answer = compare(self._group.netlist, mutant, self._place / "proofs")
        verdict: Verdict = "equivalent" if answer == "equal" else "survived"
        return replace(
            outcome, verdict=verdict, by=PROOFS[answer], seconds=outcome.seconds + time.monotonic() - started
        )

    def _bench(self) -> tuple[Bench, float]:
        """Return what judges, and a mutant's limit of time, once the tests have passed without a fault."""
        with self._lock:
            if self._ready is None:
                source = netlist.write(self._group.netlist, self._group.mutants, self._place)
                bench = Bench(source, self._group.simulations, self._options.sim, source.parent.with_suffix(".runs"))
                sound = bench.judge(NONE, PATIENCE * LIMIT_S)
                if sound.verdict != "survived":
                    raise CheckError(
                        f"mutate: {self._unit.name} {dict(self._group.netlist.params)}: its tests fail on the netlist "
                        f"without a fault: {sound.by}; repeat: {sound.repeat}"
                    )
                self._ready = bench, max(LIMIT_S, PATIENCE * sound.seconds)
            return self._ready

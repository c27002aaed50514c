# SPDX-License-Identifier: Apache-2.0
"""Judges a unit's mutants, several at a time; a verdict on the same netlist, tests and tools is not made again."""

import functools
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from golden.errors import CheckError, InputError, MachineError
from harness.atomic import locked
from harness.mutate import judge, netlist
from harness.mutate.collect import Recordings
from harness.mutate.equivalence import Answer, compare
from harness.mutate.frames import Shape, shapes
from harness.mutate.judge import Bench, Outcome, Store
from harness.mutate.netlist import MOST, Mutant, Netlist
from harness.mutate.record import MutantResult, UnitResult
from harness.mutate.sample import sample, shuffled, with_mutants
from harness.mutate.simulations import Simulation, Simulator, around, cocotb_files, distinct
from harness.mutate.units import Unit, fingerprint
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
    """What a run asks for: the sample's seed, the simulator, how many simulations at a time, where things lie."""

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


def run(
    unit: Unit, count: int, options: Options, recordings: Recordings, watch: Watcher, only: int | None = None
) -> UnitResult:
    """Return what becomes of `count` mutants of a unit, or of the one that `only` numbers; `watch` is told of each.

    Raises:
        InputError: there is no mutant of that number.
        MachineError: a tool is missing or does not start.
    """
    place = options.folder / unit.name
    test, source = (str(path.relative_to(ROOT)) for path in (unit.judge.test, unit.source))
    result = UnitResult(unit.name, test, source, (), count, 0, 0, ())
    with locked(place / "run"):
        try:
            simulations = distinct(recordings.of(unit), unit, options.sim)
            if not simulations:
                raise CheckError(f"{test} has no simulation with it in which it can be exchanged")
            groups, known = _groups(unit, simulations, count, options, only)
            mutants = _judge(unit, groups, options, place, watch)
        except (CheckError, InputError) as error:
            if only is not None and isinstance(error, InputError):
                raise
            return replace(result, unjudged=str(error))
    within = tuple(sorted({each.top for each in simulations} - {unit.name}))
    judging = sum(len(each.simulations) for each in groups)
    return replace(result, within=within, simulations=judging, known=known, mutants=mutants)


def _groups(
    unit: Unit, simulations: Sequence[Simulation], count: int, options: Options, only: int | None
) -> tuple[tuple[_Group, ...], int]:
    """Return the sample by netlist, and how many mutants there are of these. CheckError, InputError."""
    place = options.folder / unit.name
    by_shape: dict[Shape, list[Simulation]] = {}
    for each in simulations:
        for shape in sorted(shapes(unit, each, place)):
            by_shape.setdefault(shape, []).append(each)
    if not by_shape:
        raise CheckError(f"mutate: {unit.name}: no simulation of {unit.judge.test.name} has an instance of it")
    numbered = {shape: 1 + MOST * index for index, shape in enumerate(by_shape)}

    def make(shape: Shape) -> Netlist:
        return netlist.elaborate(unit, dict(shape), numbered[shape], place)

    if only is not None:
        netlists, chosen = _only(unit, only, [*by_shape], make)
    else:
        netlists = with_mutants(shuffled([*by_shape], options.seed, unit.name), count, make)
        chosen = sample(netlists, count, options.seed)
    parts = [(each, [mutant for mutant in chosen if mutant in each.mutants]) for each in netlists]
    groups = (
        _Group(each, tuple(by_shape[tuple(sorted(each.params.items()))]), tuple(mutants))
        for each, mutants in parts
        if mutants
    )
    return tuple(groups), sum(len(each.mutants) for each in netlists)


def _only(
    unit: Unit, number: int, every: Sequence[Shape], make: Callable[[Shape], Netlist]
) -> tuple[list[Netlist], tuple[Mutant, ...]]:
    """Return the mutant of a number and its netlist. InputError: there is none."""
    index = (number - 1) // MOST
    found = make(every[min(index, len(every) - 1)])
    chosen = tuple(mutant for mutant in found.mutants if mutant.number == number)
    if not chosen:
        last = found.mutants[-1].number if found.mutants else 0
        raise InputError(f"mutate: {unit.name}: found --mutant {number}, expected one of {last} or less that it has")
    return [found], chosen


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
    """Judges the mutants of a group, or knows them."""

    def __init__(self, unit: Unit, group: _Group, options: Options, place: Path) -> None:
        self._unit, self._group, self._options, self._place = unit, group, options, place
        self._store = Store(place / "outcomes")
        tests = fingerprint(cocotb_files(group.simulations))
        tools = [options.sim, *map(str, sorted(versions(options.sim).items())), *around(group.simulations, unit)]
        self._key = functools.partial(_key, group, tests, tools)
        self._lock = threading.Lock()
        self._bench: Bench | None = None

    def __call__(self, mutant: Mutant) -> Outcome:
        """Return the verdict on a mutant. CheckError: a test fails without it, or Yosys fails."""
        key = self._key(mutant)
        outcome = self._store.load(key)
        if outcome is None:
            outcome = self._ready().judge(mutant.number)
            self._store.save(key, outcome)
        return self._proved(mutant, outcome) if outcome.verdict == "survived" else outcome

    def _proved(self, mutant: Mutant, outcome: Outcome) -> Outcome:
        """Return what becomes of a mutant that no test saw: it may be no change at all."""
        answer = compare(self._group.netlist, mutant, self._place / "proofs")
        return replace(outcome, verdict="equivalent" if answer == "equal" else "survived", by=PROOFS[answer])

    def _ready(self) -> Bench:
        """Return what judges, made when it is needed first."""
        with self._lock:
            if self._bench is None:
                group = self._group
                frame = any(each.top != self._unit.name for each in group.simulations)
                source = netlist.write(group.netlist, group.mutants, self._place, frame)
                self._bench = Bench(source, group.simulations, self._options.sim, source.parent.with_suffix(".runs"))
            return self._bench

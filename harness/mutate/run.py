# SPDX-License-Identifier: Apache-2.0
"""Judges a unit's mutants, several at a time; a verdict on the same netlist, tests and tools is not made again."""

import functools
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from golden.errors import CheckError, InputError, MachineError
from harness.atomic import locked
from harness.mutate import netlist
from harness.mutate.collect import Recordings
from harness.mutate.court import Court, Group
from harness.mutate.frames import Shape, shapes
from harness.mutate.netlist import MOST, Mutant, Netlist
from harness.mutate.record import MutantResult, UnitResult
from harness.mutate.sample import sample, shuffled, with_mutants
from harness.mutate.simulations import Simulation, Simulator, distinct
from harness.mutate.units import Unit
from harness.paths import ROOT
from harness.toolchain import find_icarus, find_verilator, find_yosys

OTHERS = 4
"""Builds with other parameters, at most, that are asked whether they see a survivor."""
Watcher = Callable[[Unit, MutantResult], None]


@dataclass(frozen=True)
class Options:
    """What a run asks for: the sample's seed, the simulator, how many simulations at a time, where things lie."""

    seed: int
    sim: Simulator
    jobs: int
    folder: Path


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
            builds = _Builds(unit, simulations, place)
            groups, known = _groups(unit, builds, count, options, only)
            mutants = _judge(unit, groups, builds, options, watch)
        except (CheckError, InputError) as error:
            if only is not None and isinstance(error, InputError):
                raise
            return replace(result, unjudged=str(error))
    within = tuple(sorted({each.top for each in simulations} - {unit.name}))
    judging = sum(len(each.simulations) for each in groups)
    return replace(result, within=within, simulations=judging, known=known, mutants=mutants)


class _Builds:
    """A unit's simulations by the parameters with which they build it. CheckError: none has an instance of it."""

    def __init__(self, unit: Unit, simulations: Sequence[Simulation], place: Path) -> None:
        self._unit, self._place = unit, place
        self._by_shape: dict[Shape, list[Simulation]] = {}
        for each in simulations:
            for shape in sorted(shapes(unit, each, place)):
                self._by_shape.setdefault(shape, []).append(each)
        self.shapes = tuple(self._by_shape)
        if not self.shapes:
            raise CheckError(f"mutate: {unit.name}: no simulation of {unit.judge.test.name} has an instance of it")

    def netlist(self, shape: Shape) -> Netlist:
        """Return the netlist with these parameters. CheckError: Yosys refuses it."""
        return netlist.elaborate(self._unit, dict(shape), 1 + MOST * self.shapes.index(shape), self._place)

    def group(self, of: Netlist, mutants: Sequence[Mutant] = ()) -> Group:
        """Return some of a netlist's mutants with what judges them."""
        return Group(of, tuple(self._by_shape[_shape(of)]), tuple(mutants))

    def others(self, than: Netlist) -> Iterator[Group]:
        """Yield the first few builds with other parameters."""
        for shape in [each for each in self.shapes if each != _shape(than)][:OTHERS]:
            yield self.group(self.netlist(shape))


def _shape(of: Netlist) -> Shape:
    return tuple(sorted(of.params.items()))


def _groups(
    unit: Unit, builds: _Builds, count: int, options: Options, only: int | None
) -> tuple[tuple[Group, ...], int]:
    """Return the sample by netlist, and how many mutants there are of these. CheckError, InputError."""
    if only is not None:
        netlists, chosen = _only(unit, only, builds)
    else:
        netlists = with_mutants(shuffled(builds.shapes, options.seed, unit.name), count, builds.netlist)
        chosen = sample(netlists, count, options.seed)
    groups = (builds.group(each, [mutant for mutant in chosen if mutant in each.mutants]) for each in netlists)
    return tuple(each for each in groups if each.mutants), sum(len(each.mutants) for each in netlists)


def _only(unit: Unit, number: int, builds: _Builds) -> tuple[list[Netlist], tuple[Mutant, ...]]:
    """Return the mutant of a number and its netlist. InputError: there is none."""
    index = (number - 1) // MOST
    found = builds.netlist(builds.shapes[min(index, len(builds.shapes) - 1)])
    chosen = tuple(mutant for mutant in found.mutants if mutant.number == number)
    if not chosen:
        last = found.mutants[-1].number if found.mutants else 0
        raise InputError(f"mutate: {unit.name}: found --mutant {number}, expected one of {last} or less that it has")
    return [found], chosen


def _judge(
    unit: Unit, groups: Sequence[Group], builds: _Builds, options: Options, watch: Watcher
) -> tuple[MutantResult, ...]:
    results: list[MutantResult] = []
    tools = [options.sim, *map(str, sorted(versions(options.sim).items()))]
    with ThreadPoolExecutor(max(options.jobs, 1)) as pool:
        try:
            for group in groups:
                others = functools.partial(builds.others, group.netlist)
                court = Court(group, others, options.sim, tools, options.folder / unit.name)
                for mutant, outcome in zip(group.mutants, pool.map(court, group.mutants), strict=True):
                    params = dict(group.netlist.params)
                    found = MutantResult(mutant.number, params, mutant.file, mutant.line, mutant.what, outcome)
                    results.append(found)
                    watch(unit, found)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return tuple(results)

# SPDX-License-Identifier: Apache-2.0
"""`krait mutate`: faults in modules, and whether the modules' own tests see them."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from golden.errors import CheckError, InputError
from harness import console
from harness.paths import build_dir

if TYPE_CHECKING:
    from harness.mutate.record import MutantResult, UnitResult
    from harness.mutate.simulations import Simulator
    from harness.mutate.units import Unit


def mutate(
    names: Annotated[list[str] | None, typer.Argument(help="Modules or patterns (strm_*); all without.")] = None,
    sample: Annotated[int, typer.Option(min=1, help="Mutants of each module, spread over its lines.")] = 20,
    seed: Annotated[int, typer.Option(min=0, help="Of the sample.")] = 1,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Simulations at a time.")] = 2,
    sim: Annotated[str, typer.Option(help="Simulator that judges: icarus or verilator.")] = "icarus",
    goal: Annotated[
        float | None, typer.Option(min=0, max=100, help="Percent of the mutants to be seen; fewer fail the run.")
    ] = None,
    mutant: Annotated[int | None, typer.Option(min=1, help="This mutant of one module alone, with its log.")] = None,
) -> None:
    """Put faults into modules, one at a time, and tell which of them the modules' own tests do not see.

    Faults are changes of single bits in the netlist that Yosys makes of a module; all of a module's sample are in one
    build. Verdicts stay in build/mutate, what did not change is not judged again; results.json there is for the
    report. Exit code 1 if the goal is missed or a module's tests fail without a fault.
    """
    from harness.mutate import record, units
    from harness.mutate.run import Options, run, versions
    from harness.provenance import collect

    simulator = _simulator(sim)
    chosen = units.choose(names or (), units.all_units())
    if mutant is not None and len(chosen) != 1:
        raise InputError(f"mutate: --mutant is of one module, found {len(chosen)}")
    tools = versions(simulator)
    folder = build_dir() / "mutate"
    options = Options(sample, seed, simulator, jobs, folder)
    if mutant is not None:
        _show_one(run(chosen[0], options, lambda *_: None, only=mutant))
        return
    found = tuple(run(unit, options, _show) for unit in chosen)
    path = record.save(folder, record.Mutation(record.SCHEMA, collect(tools), sample, seed, simulator, found))
    _summarize(found)
    console.say(f"results: {path}")
    _judge(found, goal)


def _simulator(name: str) -> "Simulator":
    known: dict[str, Simulator] = {"icarus": "icarus", "verilator": "verilator"}
    if name in known:
        return known[name]
    raise InputError(f"mutate: --sim: found {name!r}, expected icarus or verilator")


def _show(unit: "Unit", result: "MutantResult") -> None:
    """Print a mutant's line."""
    outcome = result.outcome
    place = f"{result.file}:{result.line}"
    console.say(
        f"{outcome.verdict:10}  {unit.name} {result.number:<6} {place:28} {outcome.seconds:6.1f} s  {result.what}"
    )


def _show_one(result: "UnitResult") -> None:
    """Print everything about a single mutant."""
    if result.unjudged:
        raise CheckError(result.unjudged)
    (found,) = result.mutants
    params = ", ".join(f"{name} {value}" for name, value in found.params.items())
    console.say(f"{result.source}:{found.line}: {found.what} [{params}]")
    console.say(f"{found.outcome.verdict} in {found.outcome.seconds:.1f} s: {found.outcome.by or 'no test saw it'}")
    if found.outcome.repeat:
        console.say(f"repeat: {found.outcome.repeat}")


def _summarize(found: "tuple[UnitResult, ...]") -> None:
    """Print the table of modules, and below it every survivor with the command that repeats it."""
    from harness.mutate.record import score

    view = Table("module", *(["mutants", "killed", "timed out", "equivalent", "survived", "score", "s/mutant"]))
    for unit in found:
        share = score((unit,))
        counts = (str(unit.count(verdict)) for verdict in ("killed", "timed out", "equivalent", "survived"))
        each = f"{unit.seconds / len(unit.mutants):.1f}" if unit.mutants else "-"
        view.add_row(unit.unit, str(len(unit.mutants)), *counts, "-" if share is None else f"{share:.0f} %", each)
    console.table(view)
    for unit in found:
        for one in unit.survivors:
            console.say(f"{unit.source}:{one.line}: {one.what}   krait mutate {unit.unit} --mutant {one.number}")
    for unit in found:
        if unit.unjudged:
            console.say(f"{unit.unit}: not judged: {unit.unjudged}")


def _judge(found: "tuple[UnitResult, ...]", goal: float | None) -> None:
    """Raise CheckError where a module could not be judged, or the goal is missed."""
    from harness.mutate.record import score

    share = score(found)
    unjudged = [unit.unit for unit in found if unit.unjudged]
    if share is not None:
        console.say(f"{sum(len(unit.mutants) for unit in found)} mutants of {len(found)} modules, score {share:.1f} %")
    if unjudged:
        raise CheckError(f"mutate: {', '.join(unjudged)}: not judged, see above")
    if goal is not None and (share is None or share < goal):
        raise CheckError(f"mutate: found a score of {share or 0:.1f} %, expected {goal:g} % or more")

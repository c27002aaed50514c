# SPDX-License-Identifier: Apache-2.0
"""`krait mutate`: faults in modules, and whether the tests see them."""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from golden.errors import CheckError, InputError
from harness import console
from harness.paths import ROOT, build_dir

if TYPE_CHECKING:
    from harness.mutate.reasons import Reasons
    from harness.mutate.record import MutantResult, Mutation, UnitResult
    from harness.mutate.run import Options
    from harness.mutate.simulations import Simulator
    from harness.mutate.units import Unit

EACH = 20
"""Mutants of each module without --sample."""
GOAL = 97.0
"""Percent of the mutants that the tests are to see without --goal."""


def mutate(
    names: Annotated[list[str] | None, typer.Argument(help="Modules or patterns (strm_*); all without.")] = None,
    sample: Annotated[
        int | None,
        typer.Option(min=1, help="Mutants of all modules together, evenly over modules, then lines; 20 each without."),
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Of the sample.")] = 1,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Simulations at a time.")] = 2,
    sim: Annotated[str, typer.Option(help="Simulator that judges: icarus or verilator.")] = "icarus",
    goal: Annotated[
        float, typer.Option(min=0, max=100, help="Percent of the judged mutants to be seen; fewer fail the run.")
    ] = GOAL,
    mutant: Annotated[int | None, typer.Option(min=1, help="This mutant of one module alone, with its log.")] = None,
    list_: Annotated[bool, typer.Option("--list", help="Print which tests judge each module, and judge none.")] = False,
) -> None:
    """Put faults into modules, one at a time, and tell which of them the tests do not see.

    Faults are changes of single bits in the netlist that Yosys makes of a module. A module's own unit test judges them;
    where it has none, the tests of what it is a part of. Verdicts stay in build/mutate, what did not change is not
    judged again; results.json there is for the report. Exit code 1 if the goal is missed; modules whose tests fail
    without a fault are listed and count nowhere.
    """
    from harness.mutate import reasons, units
    from harness.mutate.run import Options, versions

    simulator = _simulator(sim)
    chosen = units.choose(names or (), units.all_units())
    if mutant is not None and len(chosen) != 1:
        raise InputError(f"mutate: --mutant is of one module, found {len(chosen)}")
    if list_:
        _list(chosen)
        return
    known = reasons.read()
    tools = versions(simulator)
    options = Options(seed, simulator, jobs, build_dir() / "mutate")
    if mutant is not None:
        _one(chosen[0], options, mutant)
        return
    _all(chosen, sample or EACH * len(chosen), options, tools, goal, known)


def _list(chosen: "tuple[Unit, ...]") -> None:
    """Print each module, the module whose tests judge it where that is another, and where these are."""
    view = Table("module", "judged by", "of")
    for unit in chosen:
        judge = unit.judge
        where = f"krait regress {judge.entry.name}" if judge.entry else str(judge.test.relative_to(ROOT))
        view.add_row(unit.name, where, "" if judge.of == unit.name else judge.of)
    console.table(view)


def _one(unit: "Unit", options: "Options", number: int) -> None:
    from harness.mutate.collect import Recordings
    from harness.mutate.run import run

    recordings = Recordings(options.folder / "recorded", (), options.sim)
    _show_one(run(unit, 1, options, recordings, lambda *_: None, only=number))


def _all(
    chosen: "tuple[Unit, ...]", count: int, options: "Options", tools: dict[str, str], goal: float, known: "Reasons"
) -> None:
    """Judge a sample, keep results whenever a module is done, and say what came of it."""
    from harness.mutate import record
    from harness.mutate.campaign import Campaign
    from harness.provenance import collect

    provenance = collect(tools)

    def results(found: "tuple[UnitResult, ...]") -> record.Mutation:
        return record.Mutation(record.SCHEMA, provenance, count, len(chosen), options.seed, options.sim, found)

    def keep(found: "tuple[UnitResult, ...]") -> None:
        record.save(options.folder, results(found))

    found = Campaign(chosen, options, _show, keep).run(count)
    path = record.save(options.folder, results(found))
    _summarize(found, known)
    console.say(f"results: {path}")
    _judge(results(found), goal, known)


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


def _summarize(found: "tuple[UnitResult, ...]", known: "Reasons") -> None:
    """Print the table of modules, and below it every survivor with the command that repeats it, or its reason."""
    from harness.mutate.judge import VERDICTS
    from harness.mutate.record import score

    view = Table("module", "within", "mutants", *VERDICTS, "score", "s/mutant")
    for unit in found:
        share = score((unit,))
        counts = (str(unit.count(verdict)) for verdict in VERDICTS)
        each = f"{unit.seconds / len(unit.mutants):.1f}" if unit.mutants else "-"
        seen = "-" if share is None else f"{share:.0f} %"
        view.add_row(unit.unit, ", ".join(unit.within), str(len(unit.mutants)), *counts, seen, each)
    console.table(view)
    for unit in found:
        for one in unit.survivors:
            console.say(f"{unit.source}:{one.line}: {one.what}   krait mutate {unit.unit} --mutant {one.number}")
            if reason := known.of(unit.unit, one):
                console.say(f"  known: {reason}")
    for unit in found:
        if unit.unjudged:
            console.say(f"{unit.unit}: not judged: {unit.unjudged}")
        elif not unit.known:
            console.say(f"{unit.unit}: no mutants: it is wires alone")


def _judge(results: "Mutation", goal: float, known: "Reasons") -> None:
    """Say how much of the sample was judged; CheckError where the goal is missed, or a survivor needs a reason."""
    from harness.mutate.record import score

    units, share = results.units, score(results.units)
    if share is not None:
        said = f"{results.judged} mutants of {sum(bool(unit.mutants) for unit in units)} modules, score {share:.1f} %"
        console.say(f"{said}; asked for {results.sample}")
    if share is None and all(unit.unjudged or not unit.known for unit in units):
        raise CheckError("mutate: nothing could be judged, see above")
    if share is not None and share < goal:
        raise CheckError(f"mutate: found a score of {share:.1f} %, expected {goal:g} % or more")
    if lacking := known.lacking(units):
        raise CheckError(
            f"mutate: found survivors without a reason in {', '.join(lacking)}, expected none in streams and "
            "arithmetic; strengthen the test, or write the reason into harness/mutate/reasons.toml"
        )

# SPDX-License-Identifier: Apache-2.0
"""`krait coverage`: merge databases, judge them against goals, list gaps, export lines and branches."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from golden.errors import CheckError, InputError, MachineError
from harness import console
from harness.paths import ROOT, build_dir

if TYPE_CHECKING:
    from harness.coverage.model import Database
    from harness.coverage.summary import Summary

app = typer.Typer(no_args_is_help=True, help="Merge coverage, judge it against goals, list gaps, export it.")
Databases = Annotated[
    list[Path] | None,
    typer.Argument(help="Results folders or coverage databases; build/regress without."),
]
Goals = Annotated[
    str | None, typer.Option("--goal", help="Percent to reach, such as line=98,branch=98,toggle=90,functional=100.")
]
Waivers = Annotated[Path | None, typer.Option(help="File of waivers; without it harness/coverage/waivers.toml.")]
SHOWN = 40
"""Gaps that are listed without --all."""


@app.command()
def merge(
    databases: Databases = None,
    out: Annotated[Path | None, typer.Option(help="The database; without it build/regress/coverage.ucisdb.")] = None,
) -> None:
    """Join databases of the same RTL; their order does not matter, and a run that comes twice counts once."""
    from harness.coverage import ucis_file

    database = _joined(databases)
    path = out or build_dir() / "regress" / ucis_file.NAME
    ucis_file.write(path, database)
    console.say(f"{len(database.runs)} runs, {len(database.points)} points: {path}")


@app.command()
def report(databases: Databases = None, goal: Goals = None, waivers: Waivers = None) -> None:
    """Print shares by kind and by module; exit code 1 if a goal is missed."""
    from harness.coverage.summary import goals

    wanted = goals(goal) if goal else {}
    found = _summary(databases, waivers)
    for name, kinds in (("all", found.kinds), *found.units.items()):
        figures = ", ".join(
            f"{kind} {t.percent or 0:.2f} % ({t.hit} of {t.points - t.waived})" for kind, t in kinds.items()
        )
        waived = sum(tally.waived for tally in kinds.values())
        console.say(f"{name}: {figures}{f', {waived} waived' if waived else ''}")
    missed = found.missed(wanted)
    if missed:
        raise CheckError(f"coverage: {'; '.join(missed)}; krait coverage gaps lists what is open")


@app.command()
def gaps(
    databases: Databases = None,
    kind: Annotated[str | None, typer.Option(help="Only points of a kind.")] = None,
    unit: Annotated[str | None, typer.Option(help="Only those of files or covergroups that a pattern fits.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All of them, and those that are waived.")] = False,
    waivers: Waivers = None,
) -> None:
    """List points that no test hit, each with the test that comes nearest."""
    from fnmatch import fnmatchcase

    from harness.coverage.model import KINDS

    if kind is not None and kind not in KINDS:
        raise InputError(f"--kind: found {kind!r}, expected one of {', '.join(KINDS)}")
    found = [
        gap
        for gap in _summary(databases, waivers).gaps
        if kind in (None, gap.point.kind) and fnmatchcase(gap.point.unit, unit or "*")
    ]
    open_ = [gap for gap in found if gap.waiver is None]
    shown = found if everything else open_[:SHOWN]
    for gap in shown:
        near = f"; nearest: {gap.nearest.name}" if gap.nearest else "; no test comes near"
        console.say(f"{gap.point.place}: {gap.point.kind} {gap.point.text}".rstrip() + f": {gap.status}{near}")
    rest = "" if everything or len(open_) <= SHOWN else f", {SHOWN} of them above; --all for all"
    console.say(f"{len(open_)} open, {len(found) - len(open_)} waived{rest}")


@app.command()
def lcov(
    databases: Databases = None,
    out: Annotated[Path | None, typer.Option(help="The tracefile; without it build/regress/coverage.info.")] = None,
) -> None:
    """Write lines and branches as an lcov tracefile, which genhtml reads."""
    from harness.atomic import replace_text
    from harness.coverage.lcov import tracefile

    totals = _joined(databases).totals()
    if not any(point.kind == "line" for point in totals):
        raise InputError("coverage lcov: found no code coverage; run krait regress --cov first")
    path = out or build_dir() / "regress" / "coverage.info"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_text(path, tracefile(totals))
    except OSError as error:
        raise MachineError(f"{path}: cannot be written ({error.strerror}); choose another --out") from error
    console.say(f"wrote {path}")


def _joined(paths: Sequence[Path] | None) -> "Database":
    """Return the databases of files and folders as one. InputError where they are not all of the RTL that is here."""
    from harness.coverage import ucis_file
    from harness.coverage.collect import sources
    from harness.coverage.model import join

    places = [path / ucis_file.NAME if path.is_dir() else path for path in paths or [build_dir() / "regress"]]
    parts = [ucis_file.read(path) for path in places]
    here = sources()
    for path, part in zip(places, parts, strict=True):
        other = [each for each in part.sources if each != here]
        if other:
            raise InputError(
                f"{path}: found runs on other RTL ({other[0]}), expected those on hw/verilog as it is ({here}); "
                "run krait regress again"
            )
    return join(parts)


def _summary(paths: Sequence[Path] | None, waivers: Path | None) -> "Summary":
    from harness.coverage import waivers as known
    from harness.coverage.summary import Summary

    path = waivers or known.DEFAULT
    found = known.read(path)
    database = _joined(paths)
    known.check(found, database, path)
    return Summary(database, found)


def beside(results: Path, page: Path) -> "Summary | None":
    """Return the coverage beside a regression's results, and write its annotated source beside the report.

    The source is left out where the runs were on other RTL: lines would be others; the report says so.

    Raises:
        InputError: database or waivers are malformed.
        MachineError: the page cannot be written.
    """
    from harness.coverage import ucis_file
    from harness.coverage import waivers as known
    from harness.coverage.summary import Summary
    from reports import coverage

    path = results.with_name(ucis_file.NAME)
    if not path.is_file():
        return None
    waivers, database = known.read(known.DEFAULT), ucis_file.read(path)
    found = Summary(database, waivers)
    if coverage.is_here(found):
        known.check(waivers, database, known.DEFAULT)
        coverage.write_page(page.with_name(coverage.PAGE), found)
    return found


def finished(paths: Sequence[str]) -> bool:
    """Whether unit tests in each of some files or folders, or anywhere without them, have left their coverage."""
    from harness.coverage import units

    done = {ROOT / name.partition("::")[0] for name in units.passed(build_dir() / "test" / units.FOLDER)}
    wanted = [(ROOT / each.partition("::")[0]).resolve() for each in paths] or [ROOT]
    return all(any(test.is_relative_to(each) for test in done) for each in wanted)


@contextmanager
def of_units(
    wanted: bool, edges: bool = True, resume: bool = False, seed: int | None = None
) -> Iterator[dict[str, str]]:
    """Yield what makes unit tests leave code coverage; then join what they left in build/test/coverage.ucisdb.

    Args:
        wanted: without it there is no coverage.
        edges: of bits count, too.
        resume: what tests that passed left in an earlier run of the same RTL and seed stays, and they do not run again.
        seed: of the run; KRAIT_SEED's without it.

    Raises:
        InputError: a file that a test left is malformed; `resume` or no `edges`, where no coverage is wanted.
        MachineError: there is no room for the files or the database.
    """
    if not wanted:
        if resume or not edges:
            raise InputError("--resume, --no-edges: found no --cov, expected it; they are about code coverage")
        yield {}
        return
    from harness.coverage import ucis_file, units
    from harness.coverage.collect import sources
    from harness.sim.runner import run_seed

    path = build_dir() / "test" / ucis_file.NAME
    folder = path.with_name(units.FOLDER)
    if resume and folder.is_dir():
        units.resume(folder, run_seed(seed), sources(), edges)
    else:
        shutil.rmtree(folder, ignore_errors=True)
    yield {units.VARIABLE: str(folder), **({} if edges else {units.NO_EDGES: "1"})}
    database = units.collect(folder)
    ucis_file.write(path, database)
    console.say(f"coverage of {len(database.runs)} simulations: {path}")

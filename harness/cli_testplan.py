# SPDX-License-Identifier: Apache-2.0
"""`krait testplan`: testpoints joined to what ran, and how far each stage is."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from golden.errors import CheckError
from harness import console
from harness.paths import build_dir
from harness.testplan.plan import Stage

if TYPE_CHECKING:
    from harness.testplan.progress import Covered, Verdict
    from reports.document import Section


def progress(
    names: Annotated[list[str] | None, typer.Argument(help="Plans or patterns (*_accel); all without.")] = None,
    stage: Annotated[
        Stage | None, typer.Option(help="Up to this stage, each testpoint of which has to have passed.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Only whether plans and tests name each other.")] = False,
    plans: Annotated[Path | None, typer.Option(help="Folder of plans; without it harness/testplan/plans.")] = None,
) -> None:
    """Show what became of every testpoint: of regression, tests, proofs and records in the build folder.

    Exit code 1 if a testpoint failed, or one of the stage asked for did not pass; with --check if a testpoint has no
    test, or an entry, unit test, proof or covergroup no testpoint.
    """
    from harness.testplan import join, read, refs
    from harness.testplan.evidence import collect
    from harness.testplan.progress import covered, until, verdicts

    chosen = read.read_all(plans or read.PLANS, names or ())
    known = refs.known()
    if check:
        everything = read.read_all(plans or read.PLANS)
        lines = join.problems(everything, known)
        points = sum(len(plan.testpoints) for plan in everything)
        console.say("\n".join(lines) or f"{points} testpoints, {len(tuple(known.tests()))} tests: each names the other")
        if lines:
            raise CheckError(f"testplan: plans and tests do not name each other in {len(lines)} places, see above")
        return
    evidence = collect(build_dir())
    found = verdicts(chosen, known, evidence)
    shown = found if stage is None else until(found, stage)
    _show(shown, covered(chosen, evidence))
    _judge(shown, stage)


def _show(found: Sequence["Verdict"], groups: Sequence["Covered"]) -> None:
    """Print a line for each testpoint and covergroup, and the stages."""
    from harness.testplan.progress import by_stage

    view = Table("status", "stage", "plan", "testpoint", "passed", "", box=None, pad_edge=False)
    for each in found:
        style = console.style(each.status)
        row = (each.point.stage, each.plan, each.point.name, f"{each.passed} of {each.total}", each.said)
        view.add_row(f"[{style}]{each.status}[/]", *row)
    for group in groups:
        style = console.style(group.status)
        view.add_row(
            f"[{style}]{group.status}[/]", "", group.plan, group.group.name, f"{group.hit} of {group.bins}", "bins"
        )
    console.table(view)
    for stage in by_stage(found):
        if stage.total:
            console.say(
                f"{stage.stage}: {stage.passed} of {stage.total} passed, {stage.failed} failed, {stage.not_run} not run"
            )


def _judge(found: Sequence["Verdict"], stage: Stage | None) -> None:
    """Raise CheckError for what failed, and for what did not run of a stage that was asked for."""
    failed = [f"{each.plan}: {each.point.name}" for each in found if each.status == "FAIL"]
    if failed:
        raise CheckError(f"testplan: failed: {', '.join(failed)}")
    missing = [f"{each.plan}: {each.point.name}" for each in found if each.status != "PASS"]
    if stage is not None and missing:
        raise CheckError(f"testplan: {stage} is not reached: {len(missing)} testpoints did not run, first {missing[0]}")


def section() -> "Section":
    """Return the report's section of the plans, from the build folder."""
    from harness.testplan import read, refs
    from harness.testplan.evidence import collect
    from harness.testplan.progress import covered, verdicts
    from reports import testplan

    plans, evidence = read.read_all(), collect(build_dir())
    return testplan.section(verdicts(plans, refs.known(), evidence), covered(plans, evidence))

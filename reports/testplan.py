# SPDX-License-Identifier: Apache-2.0
"""How far the test plans are: stages, testpoints with what shows them, covergroups."""

from collections.abc import Sequence

from harness.testplan.plan import STAGES
from harness.testplan.progress import Covered, Progress, Verdict, by_stage
from reports.document import Cell, Section, Table, Tone, columns, row

NOTE = (
    "A testpoint passes when every test, simulation and proof that it names passed, or the newest record reaches its "
    "number; it is not run while one of them is missing. V1: it lives; V2: every feature; V3: closed."
)
TONES: dict[str, Tone] = {"PASS": "good", "FAIL": "bad", "NOT-RUN": "warn"}


def section(found: Sequence[Verdict], groups: Sequence[Covered]) -> Section:
    """Return stages by plan, every testpoint and every covergroup; nothing where nothing of the plans ran."""
    statuses = {*(each.status for each in found), *(each.status for each in groups)}
    if statuses <= {"NOT-RUN"}:
        return Section("testplan", "Test plan", (), empty="Nothing of the plans has run", command="krait regress smoke")
    problems = tuple(f"{each.plan}: {each.point.name}: {each.said}" for each in found if each.status == "FAIL")
    blocks = (_stages(found), _points(found), _groups(groups))
    return Section("testplan", "Test plan", blocks, NOTE, problems=problems)


def _stages(found: Sequence[Verdict]) -> Table:
    plans = {plan: [each for each in found if each.plan == plan] for plan in dict.fromkeys(each.plan for each in found)}
    rows = tuple(row(name, *map(_share, by_stage(of))) for name, of in {**plans, "all": found}.items())
    return Table("Stages", columns(f"plan, {', '.join(STAGES)}", ", ".join(STAGES)), rows)


def _share(of: Progress) -> Cell:
    tone: Tone = "bad" if of.failed else "good" if of.total and of.passed == of.total else ""
    return Cell(f"{of.passed} of {of.total}", tone)


def _points(found: Sequence[Verdict]) -> Table:
    heads = columns("status, stage, plan, testpoint, what is shown, passed, found or open", "passed")
    rows = tuple(
        row(
            Cell(each.status, TONES[each.status]),
            each.point.stage,
            each.plan,
            Cell(each.point.name, code=True),
            each.point.desc,
            f"{each.passed} of {each.total}",
            each.said,
        )
        for each in found
    )
    return Table("Testpoints", heads, rows)


def _groups(groups: Sequence[Covered]) -> Table:
    heads = columns("status, plan, covergroup, what it asks, bins hit", "bins hit")
    rows = tuple(
        row(
            Cell(each.status, TONES[each.status]),
            each.plan,
            Cell(each.group.name, code=True),
            each.group.desc,
            f"{each.hit} of {each.bins}",
        )
        for each in groups
    )
    return Table("Covergroups", heads, rows)

# SPDX-License-Identifier: Apache-2.0
"""How far plans are: what became of each testpoint and covergroup, and how many of a stage are shown."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from golden.errors import InputError
from harness.regress.results import share
from harness.testplan import figures
from harness.testplan.evidence import Evidence, Outcome
from harness.testplan.plan import STAGES, Covergroup, Plan, Point, Stage
from harness.testplan.refs import Known


@dataclass(frozen=True)
class Verdict:
    """A testpoint: PASS when everything that it names passed, FAIL when something failed, else NOT-RUN.

    `passed` of `total` tests; `said` is what is open, or the figure that was found and the one to reach.
    """

    plan: str
    point: Point
    status: Outcome
    passed: int
    total: int
    said: str


@dataclass(frozen=True)
class Covered:
    """A covergroup: bins hit, of how many; PASS when all are, NOT-RUN when nothing was sampled."""

    plan: str
    group: Covergroup
    status: Outcome
    hit: int
    bins: int


@dataclass(frozen=True)
class Progress:
    """Testpoints of a stage by outcome."""

    stage: Stage
    passed: int
    failed: int
    not_run: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.passed + self.failed + self.not_run


def verdicts(plans: Sequence[Plan], known: Known, evidence: Evidence) -> tuple[Verdict, ...]:
    """Return what became of every testpoint, in the order of the plans."""
    return tuple(
        _figure(plan.name, point, evidence) if point.kind == "perf" else _tests(plan.name, point, known, evidence)
        for plan in plans
        for point in plan.testpoints
    )


def until(of: Iterable[Verdict], stage: Stage) -> tuple[Verdict, ...]:
    """Return those of a stage and of the stages before it: it is reached when they all pass."""
    return tuple(each for each in of if STAGES.index(each.point.stage) <= STAGES.index(stage))


def by_stage(of: Iterable[Verdict]) -> tuple[Progress, ...]:
    """Return how many testpoints of each stage passed, failed and did not run."""
    counts = Counter((each.point.stage, each.status) for each in of)
    return tuple(
        Progress(stage, counts[stage, "PASS"], counts[stage, "FAIL"], counts[stage, "NOT-RUN"]) for stage in STAGES
    )


def covered(plans: Sequence[Plan], evidence: Evidence) -> tuple[Covered, ...]:
    """Return the bins of every planned covergroup."""
    found = []
    for plan in plans:
        for group in plan.covergroups:
            hit, bins = share(evidence.coverage.get(group.name, {}))
            status: Outcome = "NOT-RUN" if not hit else "PASS" if hit == bins else "FAIL"
            found.append(Covered(plan.name, group, status, hit, bins))
    return tuple(found)


def _tests(plan: str, point: Point, known: Known, evidence: Evidence) -> Verdict:
    tests = tuple(dict.fromkeys(test for ref in point.tests for test in known.meant(ref)))
    of = {test: evidence.outcomes.get(test, "NOT-RUN") for test in tests}
    passed = sum(outcome == "PASS" for outcome in of.values())
    failed = [test for test, outcome in of.items() if outcome == "FAIL"]
    status: Outcome = "FAIL" if failed else "PASS" if of and passed == len(of) else "NOT-RUN"
    named = failed or [test for test, outcome in of.items() if outcome == "NOT-RUN"]
    said = "" if status == "PASS" else _first(named, "failed" if failed else "not run") if of else "no test"
    return Verdict(plan, point, status, passed, len(of), said)


def _first(tests: Sequence[str], what: str) -> str:
    more = f" and {len(tests) - 1} more" if len(tests) > 1 else ""
    return f"{what}: {tests[0]}{more}"


def _figure(plan: str, point: Point, evidence: Evidence) -> Verdict:
    try:
        target = figures.target(point)
    except InputError as error:
        return Verdict(plan, point, "NOT-RUN", 0, 1, str(error))
    family = figures.FAMILIES[point.records]
    record = figures.newest(point, evidence.records.get(point.records, ()))
    bound = f"goal {target.wanted(record)}" if target else "exact"
    if record is None:
        return Verdict(plan, point, "NOT-RUN", 0, 1, f"no record ({bound}); {family.command}")
    if not family.exact(record):
        return Verdict(plan, point, "FAIL", 0, 1, "its results differ from golden's")
    good = target is None or target.met(record)
    said = f"{target.found(record)}, {bound}" if target else bound
    return Verdict(plan, point, "PASS" if good else "FAIL", int(good), 1, said)

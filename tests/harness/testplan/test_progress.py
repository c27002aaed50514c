# SPDX-License-Identifier: Apache-2.0
"""Verdicts of testpoints from what ran, and how far stages are."""

from dataclasses import replace

import pytest

from harness.testplan import progress
from harness.testplan.evidence import Evidence, Outcome
from harness.testplan.plan import Plan, Point
from harness.testplan.progress import Verdict
from tests.harness.samples import record, sample
from tests.harness.testplan.small import KNOWN, PLAN

PASSED: dict[str, Outcome] = dict.fromkeys((*KNOWN.tests(),), "PASS")


def judged(outcomes: dict[str, Outcome]) -> dict[str, Verdict]:
    return {each.point.name: each for each in progress.verdicts((PLAN,), KNOWN, Evidence(outcomes))}


def test_everything_passed() -> None:
    found = judged(PASSED)
    assert {each.status for each in found.values()} == {"PASS"}
    assert {name: (each.passed, each.total) for name, each in found.items()} == {
        "alive": (2, 2), "random": (5, 5), "proved": (2, 2),
    }  # fmt: skip


def test_one_failure_fails_each_testpoint_that_names_it() -> None:
    """A function that two testpoints name fails both, and is named; the others stand."""
    found = judged(PASSED | {"tests/rtl/test_a.py::test_one": "FAIL"})
    assert {name: each.status for name, each in found.items()} == {
        "alive": "FAIL", "random": "FAIL", "proved": "PASS",
    }  # fmt: skip
    assert found["random"].said == "failed: tests/rtl/test_a.py::test_one"


def test_what_is_missing_keeps_it_from_passing() -> None:
    """One of several tests did not run: not run, with what is open; a failure beside it wins."""
    some = {name: outcome for name, outcome in PASSED.items() if name not in ("random_0", "random_1")}
    found = judged(some)
    assert (found["random"].status, found["random"].passed) == ("NOT-RUN", 3)
    assert found["random"].said == "not run: random_0 and 1 more"
    assert judged(some | {"random_0": "FAIL"})["random"].status == "FAIL"
    assert judged({})["alive"].status == "NOT-RUN"


def test_a_testpoint_whose_tests_are_gone() -> None:
    """It cannot pass."""
    plan = Plan("p", (Point("gone", "V1", "", ("nothing",)),), ())
    (found,) = progress.verdicts((plan,), KNOWN, Evidence(PASSED))
    assert (found.status, found.said) == ("NOT-RUN", "no test")


@pytest.mark.parametrize(
    ("goal", "exact", "status", "said"),
    [
        (200.0, True, "PASS", "200 cycles, goal <= 200 cycles"),
        (199.0, True, "FAIL", "200 cycles, goal <= 199 cycles"),
        (200.0, False, "FAIL", "its results differ from golden's"),
    ],
)
def test_a_number(goal: float, exact: bool, status: Outcome, said: str) -> None:
    """The newest record must be exact and reach it."""
    point = Point(
        "fast", "V3", "", kind="perf", records="records", goal=goal, figure="cycles", comparison="<=", unit="cycles"
    )
    newest = record(sample(cycles=200, exact=exact))
    plan = replace(PLAN, testpoints=(point,))
    (found,) = progress.verdicts((plan,), KNOWN, Evidence(records={"records": (record(), newest)}))
    assert (found.status, found.said) == (status, said)


def test_a_number_without_a_record() -> None:
    """Not run, with the number and what would make a record."""
    point = Point("fast", "V3", "", kind="perf", records="overhead", goal="host's time beyond the simulation")
    (found,) = progress.verdicts((replace(PLAN, testpoints=(point,)),), KNOWN, Evidence())
    assert (found.status, found.said) == ("NOT-RUN", "no record (goal <= 200 us); krait bench --all")


def test_stages() -> None:
    """A stage needs those before it; counts are by outcome."""
    found = judged(PASSED | {"formal:a": "FAIL", "random_0": "NOT-RUN"})
    assert [each.point.name for each in progress.until(found.values(), "V2")] == ["alive", "random"]
    counts = [(each.stage, each.passed, each.failed, each.not_run) for each in progress.by_stage(found.values())]
    assert counts == [("V1", 1, 0, 0), ("V2", 0, 0, 1), ("V3", 0, 1, 0)]


def test_covergroups() -> None:
    """Every bin must be hit; without a sample nothing is known."""

    def of(hits: int) -> progress.Covered:
        coverage = {"kernel.start": {"point": {"a": hits, "b": 3}}} if hits >= 0 else {}
        return progress.covered((PLAN,), Evidence(coverage=coverage))[0]

    assert (of(1).status, of(1).hit, of(1).bins) == ("PASS", 2, 2)
    assert (of(0).status, of(0).hit) == ("FAIL", 1)
    assert (of(-1).status, of(-1).bins) == ("NOT-RUN", 0)

# SPDX-License-Identifier: Apache-2.0
"""The join of plans and tests: every gap, in either direction, is a line."""

from dataclasses import replace

from harness.testplan.join import problems
from harness.testplan.plan import Plan, Point
from tests.harness.testplan.small import KNOWN, PLAN, POINTS


def with_points(*points: Point) -> tuple[Plan, ...]:
    return (replace(PLAN, testpoints=(*POINTS, *points)),)


def test_a_complete_join() -> None:
    assert problems((PLAN,), KNOWN) == ()


def test_a_testpoint_without_tests() -> None:
    """None at all, or one that is gone."""
    bare = Point("bare", "V1", "")
    gone = Point("gone", "V1", "", ("registers", "tests/rtl/test_gone.py", "formal:b"))
    assert problems(with_points(bare, gone), KNOWN) == (
        "small: bare: no test; give it one, or take it out",
        "small: gone: tests: found nothing called tests/rtl/test_gone.py; expected an entry, a test or a proof",
        "small: gone: tests: found nothing called formal:b; expected an entry, a test or a proof",
    )


def test_a_test_without_a_testpoint() -> None:
    """An entry, a unit test's function, a proof; a plain Python test needs none."""
    more = replace(
        KNOWN,
        entries=(*KNOWN.entries, "new"),
        functions={**KNOWN.functions, "tests/rtl/test_new.py": ("test_x",), "tests/golden/test_new.py": ("test_y",)},
        proofs=(*KNOWN.proofs, "formal:new"),
    )
    assert problems((PLAN,), more) == tuple(
        f"{name}: no testpoint names it; add one to a plan"
        for name in ("new", "formal:new", "tests/rtl/test_new.py::test_x")
    )


def test_covergroups() -> None:
    """Each stands in one plan: not in none, not in two; and a planned one exists."""
    missing = problems((replace(PLAN, covergroups=()),), KNOWN)
    assert missing == ("covergroup kernel.start: found it in 0 plans, expected it in one",)
    assert problems((PLAN, replace(PLAN, name="other")), KNOWN) == (
        "covergroup kernel.start: found it in 2 plans, expected it in one",
    )
    assert problems((PLAN,), replace(KNOWN, covergroups=())) == (
        "covergroup kernel.start: no kernel has one of that name",
    )


def test_numbers_that_do_not_exist() -> None:
    """A family, a field, a goal that nobody judges at that place: each line names the key."""
    perf = Point("fast", "V3", "", kind="perf", records="ternary", at={"workload": "tg1"}, goal="decode")
    (line,) = problems(with_points(perf), KNOWN)
    assert line.startswith("small: fast: goal: found 'decode', expected a number with its figure")
    assert line.endswith("one that is judged: none at this place")
    (line,) = problems(with_points(replace(perf, records="quaternary")), KNOWN)
    assert "small: fast: records: found 'quaternary', expected one of records" in line

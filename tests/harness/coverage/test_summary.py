# SPDX-License-Identifier: Apache-2.0
"""Shares, goals and gaps of a database, by hand."""

import pytest

from golden.errors import InputError
from harness.coverage.model import Database, Point, join, of_run
from harness.coverage.summary import Summary, Tally, goals
from harness.coverage.waivers import Waiver
from tests.harness.coverage.databases import FALLS, FIRST, IDLE_LINE, LINE, MANY, SECOND, small

TIED = Waiver("toggle", "common/toy.v", "tied", "2026-12-31", "q[0]:1->0")


def test_tallies() -> None:
    """By kind and by unit: two lines, one of them hit; two branches, both; two edges, one; two bins, one."""
    found = Summary(small())
    assert found.kinds == {
        "line": Tally(1, 0, 2), "branch": Tally(2, 0, 2), "toggle": Tally(1, 0, 2), "functional": Tally(1, 0, 2)
    }  # fmt: skip
    assert found.units["Starts"] == {"functional": Tally(1, 0, 2)}
    assert [tally.percent for tally in found.kinds.values()] == [50, 100, 50, 50]


def test_a_waived_point_is_not_wanted() -> None:
    """It leaves the share, not the count; one that is hit all the same counts as hit."""
    found = Summary(small(), [TIED, Waiver("line", "common/toy.v", "why", "2026-12-31", line=LINE.line)])
    assert found.kinds["toggle"] == Tally(1, 1, 2)
    assert (found.kinds["toggle"].percent, found.kinds["toggle"].open) == (100, 0)
    assert found.kinds["line"] == Tally(1, 0, 2)


def test_gaps_tell_their_status_and_the_nearest_run() -> None:
    """Of a line the run that hit most in its file, of a bin the one that hit most in its coverpoint."""
    gaps = {gap.point: gap for gap in Summary(small(), [TIED]).gaps}
    assert set(gaps) == {IDLE_LINE, FALLS, MANY}
    assert gaps[FALLS].status == "waived until 2026-12-31: tied"
    assert gaps[IDLE_LINE].status == "open"
    assert gaps[MANY].nearest == SECOND, "the first one hit no bin there"
    assert gaps[IDLE_LINE].nearest == FIRST, "both hit three points of the file, and this one comes first"


def test_near_a_bin_of_a_cross_shares_a_value() -> None:
    """A run with many bins elsewhere in the cross is not as near as one with a bin that shares a value."""
    cross = [Point("functional", "G", 0, 0, "x", f"<{a},{b}>") for a in "abc" for b in "uvw"]
    nothing = dict.fromkeys(cross, 0)
    near = of_run(FIRST, nothing | {cross[1]: 1})  # a, v
    far = of_run(SECOND, nothing | {cross[i]: 1 for i in (4, 5, 7, 8)})  # b and c, v and w
    gaps = {gap.point: gap for gap in Summary(join([near, far])).gaps}
    assert gaps[cross[0]].nearest == FIRST  # a, u


def test_no_run_comes_near_where_none_was() -> None:
    lonely = Point("branch", "ternary/other.v", 3, 1, "", "if")
    database = join([small(), Database(frozenset({lonely}))])
    assert {gap.point: gap.nearest for gap in Summary(database).gaps}[lonely] is None
    assert Summary(Database()).gaps == ()


def test_goals() -> None:
    """What is below is told with what was found; a kind without points misses its goal; all waived reaches it."""
    found = Summary(small(), [TIED])
    assert found.missed({"branch": 100, "toggle": 100, "line": 50}) == ()
    assert found.missed({"line": 50.1, "fsm": 0}) == (
        "line: found 50.00 %, expected 50.1 %",
        "fsm: found n/a, expected 0 %",
    )
    waived = Summary(small(), [Waiver("functional", "Starts", "why", "2026-12-31")])
    assert waived.missed({"functional": 100}) == ()


def test_goals_of_a_text() -> None:
    assert goals("line=98,functional=99.5") == {"line": 98, "functional": 99.5}


@pytest.mark.parametrize("text", ["", "line", "line=", "lines=98", "line=101", "line=-1", "line=98,", "line=nan"])
def test_malformed_goals_are_one_line(text: str) -> None:
    with pytest.raises(InputError, match=r"--goal: found .*expected KIND=PERCENT"):
        goals(text)

# SPDX-License-Identifier: Apache-2.0
"""Joining databases: a set of runs, whatever the order and however often each comes."""

from hypothesis import given, settings

from harness.coverage.model import Database, join, of_run
from tests.harness.coverage.databases import FIRST, LINE, ONE, RISES, SECOND, databases, small

few = settings(max_examples=40, deadline=None)


@few
@given(databases(), databases())
def test_it_does_not_matter_which_comes_first(a: Database, b: Database) -> None:
    assert join([a, b]) == join([b, a])
    assert join([a, b]).totals() == join([b, a]).totals()


@few
@given(databases(), databases(), databases())
def test_it_does_not_matter_what_is_joined_first(a: Database, b: Database, c: Database) -> None:
    assert join([join([a, b]), c]) == join([a, join([b, c])]) == join([a, b, c])


@few
@given(databases(), databases())
def test_the_same_again_changes_nothing(a: Database, b: Database) -> None:
    """Neither a database nor a part of it."""
    both = join([a, b])
    assert join([both, a]) == join([both, both]) == both
    assert join([a]) == a == join([a, Database()])


@few
@given(databases(), databases())
def test_nothing_is_lost(a: Database, b: Database) -> None:
    """Every point and run of the parts is there, with at least their hits."""
    both = join([a, b])
    for part in (a, b):
        assert part.points <= both.points
        for run, hits in part.runs.items():
            assert all(both.runs[run][point] >= count for point, count in hits.items())


def test_runs_add_up() -> None:
    """Two runs' hits are summed, and a point that no run hit is there with none."""
    totals = small().totals()
    assert (totals[LINE], totals[RISES], totals[ONE]) == (5, 5, 1)
    assert list(totals) == sorted(totals)
    assert set(totals) == set(small().points)


def test_one_run_told_twice_is_one_run() -> None:
    """Of two accounts of one run, such as bins alone and bins with lines, the greater count stands, not the sum."""
    twice = join([of_run(FIRST, {LINE: 3, ONE: 1}), of_run(FIRST, {ONE: 2, RISES: 0})])
    assert twice.totals() == {LINE: 3, RISES: 0, ONE: 2}
    assert join([twice, of_run(SECOND, {ONE: 2})]).totals()[ONE] == 4


def test_names_for_people() -> None:
    assert (RISES.place, RISES.text) == ("common/toy.v:3", "q[0]:0->1")
    assert (ONE.place, ONE.text) == ("Starts", "tiles.one")
    assert FIRST.name == "first --seed 1"

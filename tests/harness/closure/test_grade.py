# SPDX-License-Identifier: Apache-2.0
"""What simulations are worth, by small examples that are counted by hand."""

from dataclasses import replace

from harness.closure.grade import Ran, Step, bins_of, curve, cycles_to, minimal, union
from harness.regress.suites import Entry
from harness.uvm.steer import Bin


def one(name: str, hit: str, cycles: int = 10) -> Ran:
    entry = Entry(name, "RandomTest", "sim", "bulk", "verilator", 1, 1)
    return Ran(entry, "PASS", "", cycles, frozenset(Bin("p", each) for each in hit))


def names(ran: tuple[Ran, ...]) -> list[str]:
    return [each.entry.name for each in ran]


def test_a_jobs_coverage_is_read() -> None:
    """Every bin is known, those with hits are hit."""
    known, hit = bins_of({"k.start": {"p": {"a": 2, "b": 0}, "p_x_q": {"<a,c>": 1}}})
    assert known == (Bin("p", "a"), Bin("p", "b"), Bin("p_x_q", "<a,c>"))
    assert hit == {Bin("p", "a"), Bin("p_x_q", "<a,c>")}


def test_the_curve_counts_new_bins_over_cycles() -> None:
    """Two bins after 10 cycles, none new until 30, all four after 40."""
    steps = curve((one("a", "wx"), one("b", "x", 20), one("c", "xyz")))
    assert steps == (Step(10, 2), Step(30, 2), Step(40, 4))
    assert [cycles_to(steps, bins) for bins in (0, 1, 2, 3, 4, 5)] == [10, 10, 10, 40, 40, None]


def test_the_largest_gain_comes_first() -> None:
    """Greedy: abc, then de, which adds two; a, b and c alone add nothing."""
    assert names(minimal((one("a", "a"), one("de", "de"), one("abc", "abc"), one("bc", "bc")))) == ["abc", "de"]


def test_ties_go_to_fewer_cycles_then_to_the_plan() -> None:
    """Of two with the same bins the cheaper; of two that cost the same, too, the first."""
    dear, cheap = one("dear", "ab", 30), one("cheap", "ab", 20)
    assert names(minimal((dear, cheap))) == ["cheap"]
    assert names(minimal((dear, replace(cheap, cycles=30)))) == ["dear"]


def test_what_later_ones_make_needless_is_left_out() -> None:
    """Greedy takes bcd first; abc and cde, which both stay for a and e, have all of it."""
    found = minimal((one("bcd", "bcdx"), one("abx", "abx"), one("cde", "cde")))
    assert names(found) == ["abx", "cde"]
    assert union(found) == union((one("", "abcdex"),))


def test_nothing_keeps_nothing() -> None:
    """Simulations that hit nothing are not needed."""
    assert minimal((one("a", ""),)) == ()
    assert union(()) == frozenset()

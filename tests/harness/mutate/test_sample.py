# SPDX-License-Identifier: Apache-2.0
"""Samples: as many as asked, of as many lines and netlists as can be, the same for the same seed."""

from collections import Counter
from pathlib import Path

from harness.mutate.netlist import Mutant, Netlist
from harness.mutate.sample import sample, shares, shuffled, with_mutants
from tests.harness.mutate.toys import TOY


def netlists() -> list[Netlist]:
    """Two of ten lines; the first line has a hundred mutants, the others have two."""
    made, number = [], 1
    for width in (1, 2):
        mutants = []
        for line in range(1, 11):
            for _ in range(100 if line == 1 else 2):
                mutants.append(Mutant(number, "", "toy_gate.v", line, ""))
                number += 1
        made.append(Netlist(TOY, {"W": width}, Path(), tuple(mutants)))
    return made


def test_even_over_lines() -> None:
    """One of each line before a second of any, however many mutants a line has."""
    counts = Counter(each.line for each in sample(netlists(), 20, 1))
    assert set(counts.values()) == {2}
    assert len(counts) == 10
    assert len({each.line for each in sample(netlists(), 6, 1)}) == 6


def test_even_over_parameters() -> None:
    """Of a line's first two mutants one is of each netlist."""
    drawn = {each.number for each in sample(netlists(), 20, 1)}
    for one, other in zip(*(each.mutants for each in netlists()), strict=True):
        assert other.number == one.number + 118
    assert sum(number <= 118 for number in drawn) == 10


def test_seeds_and_sizes() -> None:
    """The same seed draws the same, and more of it; another draws others; no more than there are."""
    small, large = sample(netlists(), 7, 3), sample(netlists(), 15, 3)
    assert small == sample(netlists(), 7, 3)
    assert {each.number for each in small} < {each.number for each in large}
    assert small != sample(netlists(), 7, 4)
    assert len(sample(netlists(), 10_000, 1)) == 236


def test_shares() -> None:
    """As many of each unit; of what is left one of each of the first; a larger sample takes of none less."""
    assert shares("abc", 7) == {"a": 3, "b": 2, "c": 2}
    assert shares("abc", 2) == {"a": 1, "b": 1, "c": 0}


def test_orders() -> None:
    """Drawn by seed and name, the same again; all are there."""
    values = list(range(50))
    drawn = shuffled(values, 3, "modules")
    assert drawn == shuffled(values, 3, "modules")
    assert drawn != shuffled(values, 4, "modules")
    assert sorted(drawn) == values


def test_only_netlists_that_are_needed_are_made() -> None:
    """One with wires alone gives nothing, and the next one stands in."""
    one, other = netlists()
    made: list[int] = []

    def make(index: int) -> Netlist:
        made.append(index)
        return (Netlist(TOY, {}, Path(), ()), one, other)[index]

    assert with_mutants(range(3), 1, make) == [one]
    assert made == [0, 1]


def test_a_larger_sample_of_more_netlists_holds_the_smaller() -> None:
    """With one mutant the first netlist gives it, with two each; the first stays."""
    every = netlists()
    (first,) = sample(every[:1], 1, 5)
    assert first in sample(every, 2, 5)

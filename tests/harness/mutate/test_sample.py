# SPDX-License-Identifier: Apache-2.0
"""Samples: as many as asked, of as many lines and netlists as can be, the same for the same seed."""

from collections import Counter
from pathlib import Path

from harness.mutate.netlist import Mutant, Netlist
from harness.mutate.sample import sample
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

# SPDX-License-Identifier: Apache-2.0
"""What simulations are worth: the bins of each, the curve of all, the fewest that have every bin."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.regress.results import Coverage
from harness.regress.suites import Entry
from harness.uvm.steer import Bin


@dataclass(frozen=True)
class Ran:
    """A simulation that ran: its verdict and reason, simulated cycles, the bins that it hit, all that it knows of."""

    entry: Entry
    status: str
    reason: str
    cycles: int
    hit: frozenset[Bin]
    known: tuple[Bin, ...] = ()


@dataclass(frozen=True)
class Step:
    """A point of the curve: simulated cycles so far, and bins."""

    cycles: int
    bins: int


def bins_of(coverage: Coverage) -> tuple[tuple[Bin, ...], frozenset[Bin]]:
    """Return every bin of a job's coverage, and those with a hit."""
    hits = {
        Bin(point, name): count
        for points in coverage.values()
        for point, bins in points.items()
        for name, count in bins.items()
    }
    return tuple(hits), frozenset(each for each, count in hits.items() if count)


def union(ran: Iterable[Ran]) -> frozenset[Bin]:
    """Return the bins that simulations have together."""
    return frozenset().union(*(each.hit for each in ran))


def curve(ran: Iterable[Ran]) -> tuple[Step, ...]:
    """Return cycles and bins behind each simulation, in the plan's order."""
    steps, cycles, covered = [], 0, frozenset[Bin]()
    for each in ran:
        cycles, covered = cycles + each.cycles, covered | each.hit
        steps.append(Step(cycles, len(covered)))
    return tuple(steps)


def cycles_to(steps: Sequence[Step], bins: int) -> int | None:
    """Return the cycles after which so many bins had a hit; None where they never had."""
    return next((each.cycles for each in steps if each.bins >= bins), None)


def minimal(ran: Iterable[Ran]) -> tuple[Ran, ...]:
    """Return simulations that have together what all have, none of which can be left out.

    Greedy: the one that adds most bins next, of several the one of least cycles, then in the plan's order. What later
    ones make needless is left out at the end, the dearest first.
    """
    left, chosen, covered = list(ran), list[Ran](), frozenset[Bin]()
    while gains := [each for each in left if each.hit - covered]:
        best = min(gains, key=lambda each: (-len(each.hit - covered), each.cycles))
        chosen.append(best)
        left.remove(best)
        covered |= best.hit
    for each in sorted(chosen, key=lambda each: -each.cycles):
        others = [other for other in chosen if other is not each]
        if union(others) == covered:
            chosen = others
    return tuple(chosen)

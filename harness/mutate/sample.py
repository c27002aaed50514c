# SPDX-License-Identifier: Apache-2.0
"""A sample of mutants, spread evenly over units, then over a unit's parameters and source lines.

A larger sample with the same seed holds the smaller one: each draw depends on those before it alone.
"""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeVar

from harness.mutate.netlist import Mutant, Netlist

T = TypeVar("T")


def shuffled(values: Sequence[T], seed: int, name: str) -> list[T]:
    """Return values in an order that seed and name draw."""
    return random.Random(f"{seed}/{name}").sample(values, len(values))


def shares(units: Sequence[T], count: int) -> dict[T, int]:
    """Return how many of `count` mutants each unit gives: as many each, the first ones one more."""
    each, more = divmod(count, len(units))
    return {unit: each + (place < more) for place, unit in enumerate(units)}


def with_mutants(shapes: Sequence[T], count: int, make: Callable[[T], Netlist]) -> list[Netlist]:
    """Return the netlists of the first shapes, `count` of them that have mutants; no more are made."""
    found: list[Netlist] = []
    for shape in shapes:
        if len(found) == count:
            break
        netlist = make(shape)
        if netlist.mutants:
            found.append(netlist)
    return found


def sample(netlists: Sequence[Netlist], count: int, seed: int) -> tuple[Mutant, ...]:
    """Return `count` mutants of a unit's netlists, all where there are fewer, by number.

    The netlists take turns. Each gives one of the lines that have given the fewest so far.
    """
    queues = [_by_line(each, seed) for each in netlists]
    given: Counter[int] = Counter()
    drawn: list[Mutant] = []
    turn = 0
    while len(drawn) < count and any(queues):
        lines = queues[turn % len(queues)]
        turn += 1
        if lines:
            line = min(lines, key=given.__getitem__)  # of several the first
            drawn.append(lines[line].pop())
            given[line] += 1
            if not lines[line]:
                del lines[line]
    return tuple(sorted(drawn, key=lambda mutant: mutant.number))


def _by_line(netlist: Netlist, seed: int) -> dict[int, list[Mutant]]:
    """Return a netlist's mutants by line, lines and mutants in an order that is drawn."""
    name = f"{netlist.unit.name}/{sorted(netlist.params.items())}"
    found: dict[int, list[Mutant]] = {}
    for mutant in netlist.mutants:
        found.setdefault(mutant.line, []).append(mutant)
    order = shuffled(sorted(found), seed, name)
    return {line: shuffled(found[line], seed, f"{name}/{line}") for line in order}

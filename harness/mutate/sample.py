# SPDX-License-Identifier: Apache-2.0
"""A sample of a unit's mutants, spread evenly over its source lines and parameters."""

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence

from harness.mutate.netlist import Mutant, Netlist


def sample(netlists: Sequence[Netlist], count: int, seed: int) -> tuple[Mutant, ...]:
    """Return `count` mutants of a unit, all of a smaller one, by number: one of each line before a second of any.

    A larger sample with the same seed holds the smaller one. Of a line, each netlist that has it is as likely.
    """
    rng = random.Random(f"{seed}/{netlists[0].unit.name}")
    lines: dict[int, list[list[Mutant]]] = defaultdict(list)
    for netlist in netlists:
        for line, mutants in _by_line(netlist.mutants).items():
            rng.shuffle(mutants)
            lines[line].append(mutants)
    order = sorted(lines)
    rng.shuffle(order)
    queues = {line: _interleaved(lines[line], rng) for line in order}
    rounds = max(map(len, queues.values()))
    drawn = [queues[line][turn] for turn in range(rounds) for line in order if turn < len(queues[line])]
    return tuple(sorted(drawn[:count], key=lambda mutant: mutant.number))


def _by_line(mutants: Iterable[Mutant]) -> dict[int, list[Mutant]]:
    found: dict[int, list[Mutant]] = defaultdict(list)
    for mutant in mutants:
        found[mutant.line].append(mutant)
    return found


def _interleaved(groups: list[list[Mutant]], rng: random.Random) -> list[Mutant]:
    """Return the groups' mutants in turns; which group begins is drawn."""
    rng.shuffle(groups)
    longest = max(map(len, groups))
    return [group[turn] for turn in range(longest) for group in groups if turn < len(group)]

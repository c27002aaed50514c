# SPDX-License-Identifier: Apache-2.0
"""What coverage is: points, runs, and how often each run hit each point.

A run is known by its test, its seed and the RTL that it ran on, so that adding it twice adds nothing: databases join to
the union of their runs, and what two databases say of one run to the greater number of hits, point by point. That is
the least upper bound of a lattice, hence commutative, associative and idempotent; sums are taken when they are shown.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, get_args

Kind = Literal["line", "branch", "toggle", "expr", "fsm", "user", "functional"]
KINDS: tuple[Kind, ...] = get_args(Kind)
CODE: tuple[Kind, ...] = tuple(kind for kind in KINDS if kind != "functional")


class Point(NamedTuple):
    """Something that a test can reach; a tuple, as hundreds of thousands of them are keys.

    Attributes:
        kind: what it belongs to.
        unit: the file below hw/verilog, or the covergroup.
        line, column: where it stands in the file, from 1; 0 of a covergroup.
        scope: the signal of a toggle, the state register of an FSM, the coverpoint or cross of a bin; else empty.
        name: the bit and its edge, the side of a branch, the terms of an expression, the state or arc, the bin.
    """

    kind: Kind
    unit: str
    line: int
    column: int
    scope: str
    name: str

    @property
    def text(self) -> str:
        """What names it within its line or covergroup."""
        return f"{self.scope}.{self.name}" if self.kind in ("functional", "fsm") else f"{self.scope}{self.name}"

    @property
    def place(self) -> str:
        """Where it stands."""
        return f"{self.unit}:{self.line}" if self.line else self.unit


class Run(NamedTuple):
    """One simulation: `sources` is the hash of the RTL that it ran on."""

    test: str
    seed: int
    sources: str

    @property
    def name(self) -> str:
        """What tells it from the others of the same RTL."""
        return f"{self.test} --seed {self.seed}"


Hits = Mapping[Point, int]


@dataclass(frozen=True)
class Database:
    """All points that the builds of the runs have, and for each run how often it hit those that it hit."""

    points: frozenset[Point] = frozenset()
    runs: Mapping[Run, Hits] = field(default_factory=dict)

    @property
    def sources(self) -> tuple[str, ...]:
        """The hashes of the RTL that the runs ran on."""
        return tuple(sorted({run.sources for run in self.runs}))

    def totals(self) -> dict[Point, int]:
        """Return the sum of all runs' hits for every point, in the order of the points."""
        sums = dict.fromkeys(sorted(self.points), 0)
        for hits in self.runs.values():
            for point, count in hits.items():
                sums[point] += count
        return sums


def of_run(run: Run, hits: Hits) -> Database:
    """Return the database of one run; `hits` has every point of its build, those without a hit among them."""
    return Database(frozenset(hits), {run: {point: count for point, count in hits.items() if count}})


def join(parts: Iterable[Database]) -> Database:
    """Return everything that the parts know; their order, and one that comes twice, change nothing."""
    points: set[Point] = set()
    runs: dict[Run, Hits] = {}
    for part in parts:
        points |= part.points
        for run, hits in part.runs.items():
            runs[run] = _greater(runs[run], hits) if run in runs else hits
    return Database(frozenset(points), runs)


def _greater(one: Hits, other: Hits) -> Hits:
    """Return the greater number of hits of each point."""
    return {point: max(one.get(point, 0), other.get(point, 0)) for point in one.keys() | other.keys()}

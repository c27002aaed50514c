# SPDX-License-Identifier: Apache-2.0
"""What a database says: shares by kind and unit against goals, and the gaps with the run that comes nearest to each."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from golden.errors import InputError
from harness.coverage.model import KINDS, Database, Kind, Point, Run
from harness.coverage.waivers import Waiver, find

GOALS: dict[Kind, float] = {"line": 98, "branch": 98, "toggle": 90, "fsm": 100, "functional": 100}
"""Shares to reach, in percent."""


@dataclass(frozen=True)
class Tally:
    """Points of one kind: hit, not hit but waived, and all."""

    hit: int = 0
    waived: int = 0
    points: int = 0

    @property
    def open(self) -> int:
        """How many are neither hit nor waived."""
        return self.points - self.hit - self.waived

    @property
    def percent(self) -> float | None:
        """The share of points hit among those that are to be hit; none where there are no such points."""
        wanted = self.points - self.waived
        return 100 * self.hit / wanted if wanted else None

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.hit + other.hit, self.waived + other.waived, self.points + other.points)


@dataclass(frozen=True)
class Gap:
    """A point that no run hit: the waiver that covers it, or none; the run that comes nearest, if any comes near."""

    point: Point
    waiver: Waiver | None
    nearest: Run | None

    @property
    def status(self) -> str:
        """`open`, or why it need not be hit."""
        return f"waived until {self.waiver.expires}: {self.waiver.reason}" if self.waiver else "open"


class Summary:
    """A database under waivers. What it takes time to find is found when it is asked for first."""

    def __init__(self, database: Database, waivers: Sequence[Waiver] = ()) -> None:
        self.database = database
        self.totals = database.totals()
        self._waivers = waivers

    @cached_property
    def units(self) -> dict[str, dict[Kind, Tally]]:
        """The tallies of every file and covergroup, by kind."""
        units: dict[str, dict[Kind, Tally]] = {}
        for point, hits in self.totals.items():
            waived = not hits and find(self._waivers, point) is not None
            kinds = units.setdefault(point.unit, {})
            kinds[point.kind] = kinds.get(point.kind, Tally()) + Tally(int(hits > 0), int(waived), 1)
        return {unit: {kind: units[unit][kind] for kind in KINDS if kind in units[unit]} for unit in sorted(units)}

    @cached_property
    def kinds(self) -> dict[Kind, Tally]:
        """The tallies of every kind that has points."""
        parts = [(kind, tally) for kinds in self.units.values() for kind, tally in kinds.items()]
        found = {kind: sum((tally for of, tally in parts if of == kind), Tally()) for kind in KINDS}
        return {kind: tally for kind, tally in found.items() if tally.points}

    @cached_property
    def gaps(self) -> tuple[Gap, ...]:
        """Every point that no run hit, in the order of units and lines."""
        near = _Near(self.database)
        missing = sorted((p for p, hits in self.totals.items() if not hits), key=lambda p: (p.unit, p.line, p))
        return tuple(Gap(point, find(self._waivers, point), near.run(point)) for point in missing)

    def missed(self, goals: Mapping[Kind, float]) -> tuple[str, ...]:
        """Return the goals that are not reached, as text; one of a kind without points is not."""
        return tuple(_missed(kind, goal, self.kinds.get(kind, Tally())) for kind, goal in goals.items()
                     if not reached(self.kinds.get(kind, Tally()), goal))  # fmt: skip


def reached(tally: Tally, goal: float) -> bool:
    """Whether a tally reaches a goal in percent; where all points are waived, it does."""
    if tally.percent is None:
        return tally.points > 0
    return tally.percent >= goal


def _missed(kind: Kind, goal: float, tally: Tally) -> str:
    found = "n/a" if tally.percent is None else f"{tally.percent:.2f} %"
    return f"{kind}: found {found}, expected {goal:g} %"


def goals(text: str) -> dict[Kind, float]:
    """Return the goals of a text such as line=98,functional=100. InputError where it is none."""
    found: dict[Kind, float] = {}
    for part in text.split(","):
        name, _, value = part.strip().partition("=")
        kind = next((each for each in KINDS if each == name), None)
        if kind is None or re.fullmatch(r"\d+(\.\d+)?", value) is None or float(value) > 100:
            raise InputError(f"--goal: found {part!r}, expected KIND=PERCENT with a kind of {', '.join(KINDS)}")
        found[kind] = float(value)
    return found


class _Near:
    """How much each run hit around every point.

    Near a bin are the bins of its coverpoint or cross that share a word with it (a cross' bins share a value), then the
    others there; near a point of code are those of its line, then those of its file.
    """

    def __init__(self, database: Database) -> None:
        self._runs = sorted(database.runs)
        self._counts = {run: Counter(key for p in database.runs[run] for key in _keys(p)) for run in self._runs}

    def run(self, point: Point) -> Run | None:
        """Return the run that comes nearest, the first of equals; none where no run comes near."""
        *close, wide = _keys(point)
        scores = {run: (sum(c[key] for key in close), c[wide]) for run, c in self._counts.items()}
        best = max(self._runs, key=lambda run: scores[run], default=None)
        return best if best is not None and any(scores[best]) else None


def _keys(point: Point) -> Iterator[tuple[object, ...]]:
    """Yield what is close to a point, and last what is around it."""
    if point.kind == "functional":
        yield from ((point.unit, point.scope, word) for word in re.findall(r"[^<>,\s]+", point.name))
        yield point.unit, point.scope
    else:
        yield point.unit, point.line
        yield (point.unit,)

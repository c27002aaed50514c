# SPDX-License-Identifier: Apache-2.0
"""Numbers to reach: which records there are, which numbers `krait bench` and `krait synth` judge of them already.

These numbers stand in `harness/bench` and `harness/synth` and are asked for by name, so that no plan repeats one.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any, get_type_hints

from golden.errors import InputError
from harness.bench import (
    driver_overhead,
    mamba2_record,
    mamba2_workloads,
    measured,
    record,
    speed,
    ternary_record,
    ternary_workloads,
)
from harness.bench.model_workloads import ModelGoal
from harness.bench.workloads import WORKLOADS, Goal
from harness.synth import budget
from harness.synth import record as synth
from harness.testplan.plan import Point

At = Mapping[str, str]


@dataclass(frozen=True)
class Target:
    """A number to reach: a bound, or a function of the record where that carries its own."""

    name: str
    figure: Callable[[Any], float]
    bound: float | Callable[[Any], float]
    unit: str
    at_most: bool

    def met(self, of: Any) -> bool:
        """Whether a record reaches it."""
        value, bound = self.figure(of), self.bound if isinstance(self.bound, float) else self.bound(of)
        return value <= bound if self.at_most else value >= bound

    def wanted(self, of: Any | None) -> str:
        """The bound for people, of a record or, where there is none, of all."""
        if not isinstance(self.bound, float) and of is None:
            return "that of its record"
        bound = self.bound if isinstance(self.bound, float) else self.bound(of)
        return f"{'<=' if self.at_most else '>='} {shown(bound, self.unit)}"

    def found(self, of: Any) -> str:
        """What a record has, for people."""
        return shown(self.figure(of), self.unit)


@dataclass(frozen=True)
class Family:
    """Records of one kind: where they lie below the build folder, how they are read, whether one's results are right,
    which numbers are judged at a place, and of which records they are."""

    path: str
    kind: type[Any]
    read: Callable[[Path], Sequence[Any]]
    exact: Callable[[Any], bool]
    targets: Callable[[At], tuple[Target, ...]]
    command: str
    judged: Callable[[Any], bool] = lambda _: True


def shown(value: float, unit: str) -> str:
    """Return a number with its unit; a share as per cent."""
    return f"{100 * value:.1f} %" if unit == "%" else f"{value:.6g} {unit}".rstrip()


def of_goal(goal: Goal | ModelGoal[Any]) -> Target:
    """Return a goal of a workload."""
    return Target(goal.name, goal.figure, float(goal.bound), goal.unit, goal.at_most)


def _replays(at: At) -> tuple[Target, ...]:
    asked = [each for each in WORKLOADS if (each.name, each.board) == (at.get("workload"), at.get("board"))]
    return tuple(of_goal(goal) for each in asked if each.memory == at.get("memory") for goal in each.goals)


def _mamba2(at: At) -> tuple[Target, ...]:
    board, model, name, memory = (at.get(key, "") for key in ("board", "model", "workload", "memory"))
    work = mamba2_workloads.workload(name)
    return tuple(map(of_goal, mamba2_workloads.goals_at(board, model, work, memory)))


def _ternary(at: At) -> tuple[Target, ...]:
    board, model, name, memory = (at.get(key, "") for key in ("board", "model", "workload", "memory"))
    work = ternary_workloads.workload(name)
    return tuple(map(of_goal, ternary_workloads.goals_at(board, model, work, memory)))


def _fullest(of: synth.SynthRecord) -> float:
    """Return the largest share of a kind of cell that the device has."""
    return max((each.used / each.offered for each in of.cells if each.offered), default=0.0)


_SPEED = Target("ratio", lambda r: r.ratio, lambda r: r.goal, "times", False)
_OVERHEAD = Target("host's time beyond the simulation", lambda r: r.us, driver_overhead.GOAL_US, "us", True)
_CELLS = Target("share of the device", _fullest, budget.SHARE, "%", True)
_LEVELS = Target("logic levels", lambda r: r.levels, lambda r: r.most_levels or 0, "levels", True)
"""Of a board without a limit none is met: a plan asks for levels of boards that have one."""


def _always(_: Any) -> bool:
    return True


FAMILIES = {
    "records": Family("bench/records.jsonl", record.Record, record.read, lambda r: r.exact, _replays, "krait bench"),
    "mamba2": Family(
        "bench/mamba2.jsonl",
        mamba2_record.Mamba2Record,
        mamba2_record.read,
        lambda r: r.exact,
        _mamba2,
        "krait bench --kernel mamba2_accel",
    ),
    "ternary": Family(
        "bench/ternary.jsonl",
        ternary_record.TernaryRecord,
        ternary_record.read,
        lambda r: r.exact,
        _ternary,
        "krait bench --kernel ternary_accel",
        lambda r: r.whole,
    ),
    "measured": Family(
        f"bench/{measured.RECORDS}",
        measured.CaseRecord,
        measured.read,
        lambda r: r.verdict == "exact",
        lambda _: (),
        "krait bench --board, on a board",
    ),
    "speed": Family(
        "bench/speed.jsonl", speed.SpeedRecord, speed.read, _always, lambda _: (_SPEED,), "krait bench --all"
    ),
    "overhead": Family(
        f"bench/{driver_overhead.RECORDS}",
        driver_overhead.OverheadRecord,
        driver_overhead.read,
        _always,
        lambda _: (_OVERHEAD,),
        "krait bench --all",
    ),
    "synth": Family("synth", synth.SynthRecord, synth.read_all, _always, lambda _: (_CELLS, _LEVELS), "krait synth"),
}


def target(point: Point) -> Target | None:
    """Return the number that a testpoint of kind perf has to reach, None where exactness is all.

    Raises:
        InputError: family, field, goal or figure do not exist; the message begins with the key.
    """
    family = FAMILIES.get(point.records)
    if family is None:
        raise InputError(f"records: found {point.records!r}, expected one of {', '.join(FAMILIES)}")
    for key in point.at:
        if not _has(family.kind, key):
            raise InputError(f"at.{key}: found no such field of the {point.records} records")
    if isinstance(point.goal, float):
        if not _has(family.kind, point.figure):
            raise InputError(f"figure: found {point.figure!r}, expected a figure of the {point.records} records")
        return Target(point.figure, _getter(point.figure), point.goal, point.unit, point.comparison == "<=")
    if not point.goal:
        return None
    offered = family.targets(point.at)
    for each in offered:
        if each.name == point.goal:
            return each
    names = ", ".join(repr(each.name) for each in offered) or "none at this place"
    raise InputError(f"goal: found {point.goal!r}, expected a number with its figure, or one that is judged: {names}")


def newest(point: Point, records: Sequence[Any]) -> Any | None:
    """Return the last of the records that has the values of a testpoint's `at`; one that is judged, if it must be."""
    judged = FAMILIES[point.records].judged if isinstance(point.goal, str) and point.goal else _always
    fitting = [each for each in records if judged(each) and _lies(each, point.at)]
    return fitting[-1] if fitting else None


def _lies(of: Any, at: At) -> bool:
    return all(str(_getter(key)(of)) == value for key, value in at.items())


def _getter(path: str) -> Callable[[Any], Any]:
    return lambda of: functools.reduce(getattr, path.split("."), of)


def _has(kind: Any, path: str) -> bool:
    """Whether records of a class have a field, or property, of a path with dots."""
    name, _, rest = path.partition(".")
    found = is_dataclass(kind) and name in {field.name for field in fields(kind)}
    if not rest:
        return found or isinstance(getattr(kind, name, None), property | functools.cached_property)
    return found and _has(get_type_hints(kind)[name], rest)

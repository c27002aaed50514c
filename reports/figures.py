# SPDX-License-Identifier: Apache-2.0
"""What a report says, computed from results and records: rows and charts, each figure with where it comes from."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, TypeVar

from harness.bench.driver_overhead import OverheadRecord
from harness.bench.record import Record, Sample
from harness.bench.speed import SpeedRecord
from harness.bench.workloads import WORKLOADS, Goal
from harness.regress.results import Coverage, share

T = TypeVar("T")
Source = Literal["simulated", "measured", "estimated", "quoted"]


@dataclass(frozen=True)
class Point:
    """A coverpoint or cross: bins hit, bins in all, names of the empty ones."""

    name: str
    hit: int
    bins: int
    empty: tuple[str, ...]


@dataclass(frozen=True)
class GoalRow:
    """A number to reach and what was reached, as text."""

    workload: str
    board: str
    memory: str
    name: str
    found: str
    bound: str
    met: bool
    source: Source


@dataclass(frozen=True)
class Performance:
    """One record as the report shows it. Rates are device rates at the configuration's clock."""

    record: Record
    source: Source
    macs_per_cycle: float
    gmacs: float
    read_gbs: float
    peak_gbs: float
    beats_per_cycle: float
    of_deliverable: float


@dataclass(frozen=True)
class LayerRow:
    """All starts of one weight matrix."""

    name: str
    rows: int
    cols: int
    starts: int
    vectors: int
    cycles: int
    busy: float
    macs_per_cycle: float
    exact: bool


def coverage_points(coverage: Coverage) -> dict[str, tuple[Point, ...]]:
    """Return the points of every covergroup."""
    return {
        group: tuple(
            Point(name, *share({name: bins}), tuple(key for key, hits in bins.items() if not hits))
            for name, bins in points.items()
        )
        for group, points in coverage.items()
    }


def performance(record: Record) -> Performance:
    """Return the derived figures of a record."""
    seconds = record.seconds
    peak = record.ports * record.port_bytes * record.clock_mhz / 1e3
    return Performance(
        record=record,
        source=record.kind,
        macs_per_cycle=record.macs / max(record.cycles, 1),
        gmacs=record.macs / seconds / 1e9 if seconds else 0.0,
        read_gbs=record.read_bytes / seconds / 1e9 if seconds else 0.0,
        peak_gbs=peak * record.deliverable,
        beats_per_cycle=record.window_busy,
        of_deliverable=record.window_of_deliverable,
    )


def layers(record: Record) -> tuple[LayerRow, ...]:
    """Group a record's starts by weight matrix (the case name up to its last dot), in order."""
    groups: dict[str, list[Sample]] = {}
    for sample in record.samples:
        groups.setdefault(sample.case.rpartition(".")[0], []).append(sample)
    return tuple(_layer(name, samples) for name, samples in groups.items())


def _layer(name: str, samples: list[Sample]) -> LayerRow:
    cycles = sum(sample.counters.cycles for sample in samples)
    vectors = sum(sample.vectors for sample in samples)
    rows, cols = samples[0].rows, samples[0].cols
    return LayerRow(
        name=name,
        rows=rows,
        cols=cols,
        starts=len(samples),
        vectors=vectors,
        cycles=cycles,
        busy=sum(sample.counters.weight_beats for sample in samples) / max(cycles, 1),
        macs_per_cycle=rows * cols * vectors / max(cycles, 1),
        exact=all(sample.exact for sample in samples),
    )


def goals(records: tuple[Record, ...]) -> tuple[GoalRow, ...]:
    """Return every goal of every workload that has a record."""
    rows: list[GoalRow] = []
    for record in records:
        for workload in WORKLOADS:
            if (workload.name, workload.board, workload.memory) == (record.workload, record.board, record.memory):
                rows.extend(_goal(record, goal) for goal in workload.goals)
    return tuple(rows)


def _goal(record: Record, goal: Goal) -> GoalRow:
    bound = ("<= " if goal.at_most else ">= ") + quantity(goal.bound, goal.unit)
    found = quantity(goal.figure(record), goal.unit)
    return GoalRow(record.workload, record.board, record.memory, goal.name, found, bound, goal.met(record), record.kind)


def quantity(value: float, unit: str) -> str:
    """Return a value with its unit: a share as percent with one digit, anything else with up to one digit."""
    if unit == "%":
        return f"{100 * value:.1f} %"
    return f"{value:,.1f}".removesuffix(".0") + f" {unit}"


def newest(records: tuple[Record, ...]) -> tuple[Record, ...]:
    """Keep the last record of each workload, board, memory and bundle family; order of first appearance."""
    return last(records, lambda r: (r.workload, r.board, r.memory))


def newest_speed(records: tuple[SpeedRecord, ...]) -> tuple[SpeedRecord, ...]:
    """Keep the last record of each comparison."""
    return last(records, lambda r: r.name)


def newest_overhead(records: tuple[OverheadRecord, ...]) -> tuple[OverheadRecord, ...]:
    """Keep the last record of each call."""
    return last(records, lambda r: r.name)


def last(records: tuple[T, ...], key: Callable[[T], object]) -> tuple[T, ...]:
    """Keep the last of each key, in the order of first appearance."""
    kept = {key(record): record for record in records}
    return tuple(kept.values())

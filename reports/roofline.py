# SPDX-License-Identifier: Apache-2.0
"""How near records come to what their memory and their multipliers allow: rooflines, utilisation, stalls by unit.

An operation is one of the two of a multiply-accumulate; of models those of the linear layers, not of head, recurrence
or attention. Bytes are those that all ports moved.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any

from golden.errors import InputError
from golden.spec import load_config
from golden.spec.tern_config import TRITS_PER_BYTE
from harness.bench.model_record import ModelRecord
from harness.bench.record import Counters, Record
from reports.document import Axis, Bar, Bars, Chart, Point, Segment, Series
from reports.figures import Source, performance

OPERATIONS = 2
"""Of a multiply-accumulate."""
NOTE = (
    "Operations: two a multiply-accumulate, of linear layers alone. Bytes: all that the ports moved, padding and state "
    "or cache included. Roofs are computed: what the memory behind the ports sustains, and all multipliers at the "
    "clock."
)
MARGIN = 4.0
"""Decades are too coarse: roofs are drawn this factor beyond the points, and beyond the ridge."""


@dataclass(frozen=True)
class Work:
    """What a record did: operations and bytes, what limits it, and in which seconds (at the declared clock).

    `delivered` is what the memory sustains, B/s; `peak` what the multipliers do, operations a second, None if unknown.
    """

    label: str
    where: str
    memory: str
    kind: Source
    operations: float
    moved: float
    seconds: float
    delivered: float
    peak: float | None

    @property
    def intensity(self) -> float:
        """Operations a byte."""
        return self.operations / self.moved

    @property
    def rate(self) -> float:
        """Operations a second."""
        return self.operations / self.seconds


def of_record(r: Record) -> Work:
    """Return what a replay did."""
    macs = _peak_macs(r)
    return Work(
        label=r.workload,
        where=f"tern_matvec {r.config}, {r.board}",
        memory=r.memory,
        kind=r.kind,
        operations=OPERATIONS * r.macs,
        moved=r.read_bytes + r.write_bytes,
        seconds=r.seconds,
        delivered=r.deliverable * r.ports * r.port_bytes * r.clock_mhz * 1e6,
        peak=macs and OPERATIONS * macs * r.clock_mhz * 1e6,
    )


def _peak_macs(r: Record) -> int | None:
    """Multiply-accumulates of a cycle in which a weight beat meets all its vectors; None if the build is not known."""
    try:
        config = load_config("tern_matvec", r.config)
    except InputError:
        return None
    same = f"{config.config_hash:016x}" == r.config_hash
    return r.ports * r.port_bytes * TRITS_PER_BYTE * config.t_cols if same else None


def of_model(r: ModelRecord, kernel: str) -> Work:
    """Return what a start of a model did, all its tokens."""
    clock = r.clock_mhz * 1e6
    return Work(
        label=r.title,
        where=f"{kernel} {r.config}, {r.board}",
        memory=r.memory,
        kind=r.kind,
        operations=OPERATIONS * r.counters.tokens_run * r.token_macs(),
        moved=r.port_bytes * (sum(r.counters.rd_beats) + sum(r.counters.wr_beats)),
        seconds=r.counters.cycles / clock,
        delivered=r.delivered_gbs * 1e9,
        peak=OPERATIONS * r.macs_per_cycle * clock,
    )


def rooflines(works: Sequence[Work]) -> Iterator[Chart]:
    """Yield a chart for each kernel, configuration and board: its roofs, and a point for each record."""
    works = [work for work in works if work.operations and work.moved and work.seconds]
    for i, where in enumerate(dict.fromkeys(work.where for work in works)):
        yield _roofline(where, [work for work in works if work.where == where], "" if i else NOTE)


def _roofline(where: str, works: Sequence[Work], note: str) -> Chart:
    begin = min(work.intensity for work in works) / MARGIN
    end = max(max(work.intensity, _ridge(work)) for work in works) * MARGIN
    roofs = {work.memory: work for work in works}
    series = [
        Series(f"{memory} memory, {work.delivered / 1e9:.4g} GB/s", "estimated", _roof(work, begin, end), "dashed")
        for memory, work in roofs.items()
    ]
    points = (Point(work.intensity, work.rate / 1e9, f"{work.memory} memory") for work in works)
    series += [Series(work.label, work.kind, (point,), "points") for work, point in zip(works, points, strict=True)]
    unit = Axis("operations a byte", log=True)
    return Chart(f"Roofline: {where}", unit, Axis("operations", "GOP/s", log=True), tuple(series), note=note)


def _ridge(work: Work) -> float:
    """Operations a byte from which on the multipliers limit; 0 where these are not known."""
    return work.peak / work.delivered if work.peak else 0.0


def _roof(work: Work, begin: float, end: float) -> tuple[Point, ...]:
    slope = [Point(x, x * work.delivered / 1e9, "memory roof") for x in (begin, end)]
    if work.peak is None:
        return tuple(slope)
    flat = [Point(x, work.peak / 1e9, "compute roof") for x in (_ridge(work), end)]
    return (slope[0], *flat) if begin < _ridge(work) else tuple(flat)


# ---- utilisation and stalls


def utilisation(records: Sequence[Record], models: Sequence[ModelRecord]) -> Bars:
    """Return what each record used of its memory or its multipliers."""
    bars = [
        Bar(
            f"{r.workload}, {r.board}, {r.memory} memory",
            r.kind,
            (Segment("of the memory, in the window", r.window_of_deliverable, f"{performance(r).read_gbs:.2f} GB/s"),),
        )
        for r in records
    ]
    for r in models:
        label = f"{r.title}, {r.board} {r.config}, {r.memory} memory"
        of = "of the memory's roof" if r.work == "decode" else "of the multipliers"
        bars.append(Bar(label, r.kind, (Segment(of, r.share, f"{r.rate:,.4g} tok/s"),)))
        bars.append(Bar(f"{label}: ports", r.kind, (Segment("of what the ports can carry", r.ports_busy, ""),)))
    return Bars("Utilisation", tuple(bars))


UNITS: dict[str, tuple[tuple[str, str], ...]] = {
    "linear layers": (
        ("weight_beats", "working"),
        ("stall_weights", "no weights"),
        ("stall_tables", "no tables"),
        ("stall_acts", "no activations"),
        ("stall_output", "no room"),
        ("stall_out", "no room"),
        ("stall_hazard", "hazard"),
    ),
    "recurrence": (("ssm_beats", "working"), ("stall_state", "no state")),
    "attention": (("stall_cache", "no cache"),),
}
"""Units and their counters: cycles of work and of each cause of a stall, exclusive within a unit. Attention's cycles of
work are not counted: beats of the cache are reads."""
REST = "rest"


def stalls(records: Sequence[Record], models: Sequence[ModelRecord]) -> Bars:
    """Return where the cycles of each unit of each record went, from start to done."""
    bars = [bar for r in records for bar in _units(f"{r.workload}, {r.board}, {r.memory} memory", r.kind, _sum(r))]
    for r in models:
        label = f"{r.title}, {r.board} {r.config}, {r.memory} memory"
        bars += _units(label, r.kind, {name: getattr(r.counters, name) for name in vars(r.counters)})
    return Bars(
        "Stall causes by unit",
        tuple(bars),
        "From the kernel's counters, of the cycles from start to done. Causes of a unit are exclusive; units work at "
        "the same time. Rest: start, drain and other units' turns; of attention its work too, which no counter tells.",
    )


def _sum(r: Record) -> dict[str, int]:
    """Counters of all starts together, those of ports left out."""
    names = [field.name for field in fields(Counters) if field.name not in ("rd_beats", "wr_beats")]
    return {name: sum(getattr(sample.counters, name) for sample in r.samples) for name in names}


def _units(label: str, kind: Source, counters: dict[str, Any]) -> Iterator[Bar]:
    cycles = counters.get("cycles", 0)
    for unit, parts in UNITS.items():
        found = [(title, counters[name]) for name, title in parts if name in counters]
        if cycles and found:
            found.append((REST, cycles - sum(count for _, count in found)))
            segments = (Segment(title, count / cycles, _cycles(count)) for title, count in found)
            yield Bar(f"{label}: {unit}", kind, tuple(segments))


def _cycles(count: int) -> str:
    return f"{count:,} cycles".replace(",", "\u202f")

# SPDX-License-Identifier: Apache-2.0
"""The report's section of energy: what a board's sensors measured, or why nothing did; never a zero in its place."""

from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

from harness.bench.energy import NA, Figures, figures, problems
from harness.bench.energy_record import EnergyRecord
from harness.bench.power_trace import PowerTrace
from harness.bench.statistics import Interval
from reports.document import Axis, Band, Block, Cell, Chart, Column, Point, Row, Section, Series, Table, row
from reports.figures import last

PHASES = ("unprogrammed", "idle", "active")
NOTE = (
    "Energy of whole repetitions, with a bootstrap interval in brackets; above idle: less what the programmed, "
    "clocked, unstarted board takes meanwhile. As papers: mean power times the kernel's seconds, nothing subtracted, "
    "nothing of the host. n/a: nothing measured it, with the reason."
)
NUMBERS = (
    "tokens", "J/token", "above idle, J/token", "as papers, J/token", "mean, W", "idle, W", "unprogrammed, W", "tok/s",
    "window, s",
)  # fmt: skip


def section(records: Sequence[EnergyRecord]) -> Section:
    """Return the newest record of each workload and board: figures, power and energy over time."""
    shown = last(tuple(records), lambda r: (r.workload, r.work, r.board))
    wrong = tuple(f"{_name(r)}: INVALID: {problem}" for r in shown for problem in problems(r))
    blocks: list[Block] = [_table(shown)] if shown else []
    for record in shown:
        blocks += over_time(record)
    empty = "No power has been measured; virtual boards have no sensor, so their energy is n/a"
    return Section("energy", "Energy", tuple(blocks), "", empty, "", wrong)


def _name(r: EnergyRecord) -> str:
    return f"{r.workload} ({r.work}), {r.board}"


def _table(records: Sequence[EnergyRecord]) -> Table:
    heads = ("workload", "board", "sensors")
    columns = (*map(Column, heads), *(Column(name, True) for name in NUMBERS))
    return Table("Energy of workloads", (*columns, Column("verdict")), tuple(map(_row, records)), NOTE)


def _row(r: EnergyRecord) -> Row:
    found = figures(r)
    sensors = NA if r.source is None else f"{r.source.name} ({r.source.scope})"
    cells = [NA] * len(NUMBERS) if found is None else _cells(found)
    verdict = Cell("INVALID", "bad") if problems(r) else Cell(r.reason or "valid", "" if r.reason else "good")
    return row(f"{r.workload} ({r.work})", r.board, sensors, *cells, verdict, source=r.kind)


def _cells(f: Figures) -> list[str]:
    return [
        f"{f.tokens:,}",
        _interval(f.per_token),
        _interval(f.per_token_above_idle),
        f"{f.paper_j_per_token:.4g}",
        f"{f.mean_w:.2f}",
        f"{f.idle_w:.2f}",
        NA if f.unprogrammed_w is None else f"{f.unprogrammed_w:.2f}",
        f"{f.tokens_a_second:,.2f}",
        f"{f.seconds:.1f}",
    ]


def _interval(of: Interval) -> str:
    return f"{of.value:.4g} [{of.low:.4g}, {of.high:.4g}]"


# ---- over time


def over_time(record: EnergyRecord) -> Iterator[Chart]:
    """Yield power over all phases, one behind the other, and energy since the start of the active one."""
    phases = [(name, trace) for name in PHASES if (trace := getattr(record, name)) is not None and trace.times]
    if not phases:
        return
    ends = list(accumulate((trace.times[-1] for _, trace in phases), initial=0.0))
    bands = tuple(Band(name, begin, end) for (name, _), (begin, end) in zip(phases, pairwise(ends), strict=True))
    points = [
        point
        for (_, trace), begin in zip(phases, ends, strict=False)
        for point in _power(trace, begin, record.discard_s)
    ]
    series = (Series("all rails", record.kind, tuple(points)),)
    yield Chart(f"Power over time: {_name(record)}", Axis("time", "s"), Axis("power", "W"), series, bands)
    if record.active is not None and len(record.active.times) > 1:
        yield _energy(record, record.active)


def _power(trace: PowerTrace, begin: float, discard_s: float) -> list[Point]:
    """Total power of every reading, those that count nowhere named so."""
    said = ("discarded" if t < discard_s else "" for t in trace.times)
    return [Point(begin + t, float(w), text) for t, w, text in zip(trace.times, trace.watts, said, strict=True)]


def _energy(record: EnergyRecord, trace: PowerTrace) -> Chart:
    """Energy since the first reading by trapezoids, and that above idle where idle is known."""
    found = figures(record)
    watts = [float(w) for w in trace.watts]
    parts = ((b - a) * (p + q) / 2 for (a, b), (p, q) in zip(pairwise(trace.times), pairwise(watts), strict=True))
    joules = list(accumulate(parts, initial=0.0))
    series = [Series("total", record.kind, tuple(Point(t, j) for t, j in zip(trace.times, joules, strict=True)))]
    if found is not None:
        begin = trace.times[0]
        above = (Point(t, j - found.idle_w * (t - begin)) for t, j in zip(trace.times, joules, strict=True))
        series.append(Series("above idle", record.kind, tuple(above)))
    bands = () if found is None else (Band("counted", found.begin_s, found.end_s),)
    return Chart(f"Energy over time: {_name(record)}", Axis("time", "s"), Axis("energy", "J"), tuple(series), bands)

# SPDX-License-Identifier: Apache-2.0
"""Sections of the report: results and records as tables, charts and bars."""

import statistics
from collections.abc import Iterator, Sequence

from harness.bench.driver_overhead import OverheadRecord
from harness.bench.model_record import ModelRecord
from harness.bench.record import Record
from harness.bench.speed import SpeedRecord
from harness.provenance import Provenance
from harness.regress import results
from harness.regress.results import Regression
from reports import figures, models, roofline
from reports.document import Axis, Block, Cell, Chart, Column, Point, Row, Section, Series, Table, Tone, columns, row
from reports.figures import GoalRow
from reports.models import count, share

TONES: dict[str, Tone] = {
    "PASS": "good",
    "FAIL": "bad",
    "FLAKY": "bad",
    "KILLED": "bad",
    "BLOCKED": "warn",
    "INVALID": "warn",
    "WAIVED": "warn",
    "NOT-RUN": "warn",
}


def tests(regression: Regression | None) -> Section:
    """Return every simulation of the regression."""
    titles = "status, test, class, build, transport, simulator, starts, seed, simulated time, wall"
    found = columns(titles, "starts, seed, simulated time, wall", simulated_time="simulated", wall="measured")
    rows = tuple(
        row(
            Cell(r.status, TONES[r.status]),
            r.name,
            r.test,
            r.config,
            r.transport,
            r.simulator,
            str(r.items),
            str(r.seed),
            f"{r.sim_ns / 1000:,.1f} µs",
            f"{r.seconds:.1f} s",
        )
        for r in (regression.results if regression else ())
    )
    note = (
        "Each test is one simulation in a pyuvm environment: a scoreboard compares every result, error code and "
        "counter with the golden model. beat drives every pin from Python with stalls and error responses; bulk moves "
        "data in C++."
    )
    blocks = (Table("", found, rows),) if regression else ()
    empty = "No regression has run"
    return Section("tests", "What was verified", blocks, note if blocks else "", empty, "krait regress smoke")


def failures(regression: Regression | None) -> Section:
    """Return the groups of failures by signature, and what did not pass, why, and what repeats it."""
    if regression is None:
        return Section("failures", "Failures", (), empty="No regression has run", command="krait regress smoke")
    rows = tuple(
        row(
            Cell(r.status, TONES[r.status]),
            r.name,
            str(r.seed),
            Cell(r.reason, code=True),
            r.note,
            Cell(r.waves or r.log, code=True),
            Cell(r.repeat, code=True),
        )
        for r in regression.results
        if r.status != "PASS"
    )
    heads = columns("status, test, seed, reason, note, waves or log, repeat")
    groups = _failure_groups(regression)
    table = Table("Every one", heads, rows, empty="Every test passed.")
    return Section("failures", "Failures", (groups, table) if groups.rows else (table,), STATUSES if rows else "")


STATUSES = (
    "A failure ran twice with the same seed: FAIL failed alike, FLAKY did not. KILLED passed a limit of time, log or "
    "file size; BLOCKED and INVALID are the machine's fault, WAIVED is known, NOT-RUN lacks a tool. A signature is the "
    "reason without numbers and folders. Logs and waves lie below the folder of the results."
)


def _failure_groups(regression: Regression) -> Table:
    """Return a row for each status and signature, with the command that repeats its first failure."""
    rows = tuple(
        row(
            Cell(group.status, TONES[group.status]),
            str(len(group.results)),
            Cell(group.signature, code=True),
            ", ".join(dict.fromkeys(r.name for r in group.results)),
            Cell(group.results[0].repeat, code=True),
        )
        for group in results.groups(regression.results)
    )
    return Table("By signature", columns("status, number, signature, tests, repeat the first"), rows)


def coverage(regression: Regression | None) -> Section:
    """Return the points of every covergroup."""
    groups = figures.coverage_points(regression.coverage) if regression else {}
    return Section(
        "coverage", "Functional coverage", tuple(map(_group, groups, groups.values())), empty="None recorded"
    )


def _group(name: str, points: Sequence[figures.Point]) -> Table:
    hit, bins = (sum(getattr(point, field) for point in points) for field in ("hit", "bins"))
    rows = tuple(
        row(
            p.name,
            Cell(str(p.hit), "good" if p.hit == p.bins else ""),
            str(p.bins),
            ", ".join(p.empty),
            source="simulated",
        )
        for p in points
    )
    heads = columns("coverpoint or cross, hit, bins, empty", "hit, bins")
    return Table(f"{name}: {hit} of {bins} bins", heads, rows)


# ---- performance


def performance(records: Sequence[Record], starts: Sequence[ModelRecord], works: Sequence[roofline.Work]) -> Section:
    """Return goals, replays, rooflines, utilisation, stalls of the newest records, and every start of the replays."""
    blocks: list[Block] = [*goals(figures.goals(tuple(records))), _replays(records)] if records else []
    if records or starts:
        blocks += [*roofline.rooflines(works)]
        blocks += [roofline.utilisation(records, starts), roofline.stalls(records, starts)]
    blocks += _starts(records)
    return Section(
        "performance", "Performance", tuple(blocks), empty="Nothing has been benchmarked", command="krait bench"
    )


def goals(rows: Sequence[GoalRow]) -> tuple[Table, ...]:
    """Return goals as a table; none without goals."""
    heads = columns("verdict, workload, board, memory, figure, found, goal", "found, goal")
    found = tuple(
        row(
            Cell("met", "good") if g.met else Cell("missed", "bad"),
            g.workload,
            g.board,
            g.memory,
            g.name,
            g.found,
            g.bound,
            source=g.source,
        )
        for g in rows
    )
    return (Table("Numbers to reach", heads, found),) if found else ()


def _replays(records: Sequence[Record]) -> Table:
    titles = (
        "workload, board, memory, starts, results, cycles, clock, MAC / cycle, GMAC/s, read GB/s, of GB/s, in window"
    )
    rows = []
    for p in map(figures.performance, records):
        r = p.record
        rows.append(
            row(
                r.workload,
                r.board,
                r.memory,
                str(len(r.samples)),
                verdict(r.exact),
                count(r.cycles),
                f"{r.clock_mhz:.0f} MHz",
                f"{p.macs_per_cycle:,.1f}",
                f"{p.gmacs:,.1f}",
                f"{p.read_gbs:.2f}",
                f"{p.peak_gbs:.2f}",
                share(p.of_deliverable),
                source=p.source,
            )
        )
    note = (
        "MACs are useful ternary multiply-accumulates, padding not counted. Read GB/s is over all cycles from start to "
        "done; of GB/s is the limit, what the memory behind the ports sustains: its peak when ideal, its modelled "
        "efficiency else. In window is the share of that limit reached from first to last weight beat of a start."
    )
    return Table(
        "Replays", columns(titles, titles.partition("memory, ")[2].replace("results, ", "")), tuple(rows), note
    )


def _starts(records: Sequence[Record]) -> Iterator[Chart]:
    """Yield the cycles of every start of the replays of more than one."""
    series = tuple(
        Series(
            f"{r.workload}, {r.board}, {r.memory} memory",
            r.kind,
            tuple(Point(i, s.counters.cycles, s.case) for i, s in enumerate(r.samples)),
            "points",
        )
        for r in records
        if len(r.samples) > 1
    )
    if series:
        yield Chart("Cycles of every start", Axis("start"), Axis("cycles", log=_wide(series)), series)


def _wide(series: Sequence[Series]) -> bool:
    """Whether values are so far apart, and all positive, that their axis is logarithmic."""
    values = [point.y for each in series for point in each.points]
    return min(values) > 0 and max(values) / min(values) > 50


def layers(records: Sequence[Record]) -> Section:
    """Return the weight matrices of every replay of more than one."""
    titles = "weights, rows x cols, starts, vectors, cycles, busy, MAC / cycle, results"
    heads = columns(titles, "rows x cols, starts, vectors, cycles, busy, MAC / cycle")
    tables = []
    for r in records:
        rows = [
            row(
                each.name,
                f"{each.rows} x {each.cols}",
                str(each.starts),
                str(each.vectors),
                count(each.cycles),
                share(each.busy),
                f"{each.macs_per_cycle:,.1f}",
                verdict(each.exact),
                source=r.kind,
            )
            for each in figures.layers(r)
        ]
        if len(rows) > 1:
            tables.append(Table(f"{r.workload}, {r.board}, {r.memory} memory", heads, tuple(rows)))
    return Section("layers", "Layer by layer", tuple(tables), empty="No model has been replayed", command="krait bench")


def kernel(of: models.Section) -> Section:
    """Return the section of a kernel of whole models."""
    tables = tuple(
        Table(
            t.title,
            tuple(Column(c.title, c.number, c.source) for c in t.columns),
            tuple(Row(tuple(map(Cell, r.cells)), r.source) for r in t.rows),
            t.note,
            f"Not run: {of.example}.",
        )
        for t in of.tables
    )
    blocks = (*goals(of.goals), *tables)
    return Section(of.name, of.title, blocks, "", "Nothing has run", of.command, of.divergences)


def speed(records: Sequence[SpeedRecord], overheads: Sequence[OverheadRecord] = ()) -> Section:
    """Return how fast the harness itself is: simulation, and what a call of a driver costs beyond it."""
    blocks = (*_speeds(records), *_overheads(overheads))
    empty = "Not measured in this run"
    return Section("harness", "Speed of the harness", blocks, empty=empty, command="krait bench --all")


def _speeds(records: Sequence[SpeedRecord]) -> Iterator[Table]:
    titles = "verdict, comparison, cycles/s (median), against, ratio, goal, runs"
    rows = tuple(
        row(
            Cell("met", "good") if s.met else Cell("missed", "bad"),
            f"{s.ours_name} over {s.theirs_name}",
            count(statistics.median_high(s.ours)),
            count(statistics.median_high(s.theirs)),
            f"{s.ratio:.2f}",
            f">= {s.goal:.2f}",
            str(len(s.ours)),
            source="measured",
        )
        for s in records
    )
    note = (
        "Wall-clock rates of the simulation on the machine named below; the ratio is the median over alternating runs."
    )
    heads = columns(titles, "cycles/s (median), against, ratio, goal, runs")
    if rows:
        yield Table("", heads, rows, note)


def _overheads(records: Sequence[OverheadRecord]) -> Iterator[Table]:
    titles = "verdict, call, host, goal, simulation, entries, calls"
    rows = tuple(
        row(
            Cell("met", "good") if r.met else Cell("missed", "bad"),
            r.name,
            f"{r.us:,.0f} µs",
            f"<= {r.goal_us:,.0f} µs",
            f"{statistics.median(r.simulated_us):,.0f} µs",
            f"{r.entries:,.0f}",
            f"{len(r.samples_us)} x {r.calls}",
            source="measured",
        )
        for r in records
    )
    note = (
        "Host: wall time of a call beyond what is spent in the simulation, the median of medians: PYNQ, driver, "
        "copies. Entries: how often a call enters the simulation, which is counted and the same on every machine."
    )
    if rows:
        yield Table(
            "A call of a driver, beyond the simulation", columns(titles, titles.partition("call, ")[2]), rows, note
        )


def provenance(regression: Regression | None, records: Sequence[Record], starts: Sequence[ModelRecord]) -> Section:
    """Return what made each part."""
    parts = {"regression": regression.provenance} if regression else {}
    parts |= {f"{r.workload}, {r.board}, {r.memory} memory": r.provenance for r in records}
    parts |= {f"{r.title}, {r.board} {r.config}, {r.memory} memory": r.provenance for r in starts}
    heads = columns("part, time, revision, krait, python, machine, tools")
    tables = [Table("What made each part", heads, tuple(_made(part, made) for part, made in parts.items()))]
    rows = tuple(
        row(
            r.workload,
            Cell(r.bundle, code=True),
            r.origin,
            f"{r.config} {r.config_hash}",
            Cell(r.board_hash, code=True),
        )
        for r in records
    )
    if rows:
        tables.append(Table("Bundles", columns("workload, bundle, origin, configuration, board facts"), rows))
    return Section("provenance", "Provenance", tuple(tables))


def _made(part: str, made: Provenance) -> Row:
    return row(
        part,
        made.time_utc,
        Cell(made.revision + (" + local changes" if made.dirty else ""), code=True),
        made.krait,
        made.python,
        f"{made.machine}, {made.cores} cores, {made.cpu}",
        ", ".join(f"{tool} {version}" for tool, version in made.tools.items()),
    )


def verdict(exact: bool) -> Cell:
    """Return whether results equalled the golden model."""
    return Cell("exact", "good") if exact else Cell("differ", "bad")

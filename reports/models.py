# SPDX-License-Identifier: Apache-2.0
"""What tables of the kernels of whole models have in common, for the HTML page and as Markdown: the same cells in both.

Roofs are computed (estimated), speeds of papers quoted; everything else of a row is what its record is.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from harness.bench.model_record import WORSE, MemoryKind, ModelRecord, Work
from harness.bench.model_workloads import ModelGoal
from reports.figures import GoalRow, Source, last, quantity

IDEAL_NOTE = (
    "Ideal memory: the board's declared peak, reads and writes of a channel sharing one data bus, a word a cycle after "
    "its address, no gaps, no turnaround."
)
R = TypeVar("R", bound=ModelRecord)


@dataclass(frozen=True)
class Column:
    """A column: its heading, whether it holds numbers, and a source of its own where that is not the record's."""

    title: str
    number: bool = True
    source: Source | None = None


@dataclass(frozen=True)
class Row:
    """A record's cells, what its figures are, and whether its results were exact."""

    cells: tuple[str, ...]
    source: Source
    exact: bool


@dataclass(frozen=True)
class Table:
    """A table of records, with what a reader must know of it."""

    title: str
    note: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Section:
    """What a kernel reached: without records no tables. `command` runs it, `example` fills a table."""

    name: str
    title: str
    command: str
    example: str
    tables: tuple[Table, ...]
    goals: tuple[GoalRow, ...]
    divergences: tuple[str, ...]


Columns = tuple[tuple[Column, Callable[[Any], str]], ...]
"""Columns with what fills their cells from a record of the kernel."""


@dataclass(frozen=True)
class Page(Generic[R]):
    """How a kernel's records are shown.

    Attributes:
        arguments: of `krait bench`, which fill a table.
        key: what a record is of, of which only the newest one is shown.
        decode, prefill: columns.
        notes: what a reader must know of decode and of prefill.
    """

    name: str
    title: str
    arguments: str
    key: Callable[[R], Hashable]
    decode: Columns
    prefill: Columns
    notes: tuple[str, str]
    goals: Callable[[R], Sequence[ModelGoal[R]]]

    def newest(self, records: tuple[R, ...]) -> tuple[R, ...]:
        """Keep the last record of each key; order of first appearance."""
        return last(records, self.key)

    def tables(self, records: tuple[R, ...]) -> tuple[Table, ...]:
        """Return the four tables: decode under ideal memory, the memory model, a worse one; prefill."""
        worse = f"Decode with the memory model's efficiency {100 * (1 - WORSE):.0f} % lower"
        models = {_key(r): r for r in records if r.memory == "model"}

        def change(r: R) -> str:
            model = models.get(_key(r))
            return f"{100 * (r.rate / model.rate - 1):+.1f} %" if model else ""

        against = ((Column("against the model"), change),)
        of_decode, of_prefill = self.notes
        return (
            _table("Decode, ideal memory", f"{IDEAL_NOTE} {of_decode}", self.decode, _of(records, "decode", "ideal")),
            _table("Decode under the boards' memory models", "", self.decode, _of(records, "decode", "model")),
            _table(worse, "", self.decode + against, _of(records, "decode", "worse")),
            _table("Prefill", of_prefill, self.prefill, tuple(r for r in records if r.work == "prefill")),
        )

    def section(self, records: tuple[R, ...]) -> Section:
        """Return what the newest records hold."""
        shown = self.newest(records)
        command = f"krait bench --kernel {self.name}_accel"
        return Section(
            name=self.name,
            title=self.title,
            command=command,
            example=f"{command} {self.arguments}",
            tables=self.tables(shown) if shown else (),
            goals=goal_rows(shown, self.goals),
            divergences=divergences(shown),
        )

    def markdown(self, records: tuple[R, ...]) -> str:
        """Return tables and goals as Markdown."""
        return markdown(self.section(records))


def goal_rows(records: Iterable[R], goals: Callable[[R], Sequence[ModelGoal[R]]]) -> tuple[GoalRow, ...]:
    """Return every goal of every record."""
    return tuple(
        GoalRow(
            workload=f"{r.model} {r.workload}",
            board=r.board,
            memory=r.memory,
            name=goal.name,
            found=quantity(goal.figure(r), goal.unit),
            bound=("<= " if goal.at_most else ">= ") + quantity(goal.bound, goal.unit),
            met=goal.met(r),
            source=goal.source,
        )
        for r in records
        for goal in goals(r)
    )


def divergences(records: Iterable[ModelRecord]) -> tuple[str, ...]:
    """Return a line for each start whose results differ from the golden model's."""
    return tuple(f"{r.title}, {r.board}, {r.memory} memory: {r.divergence}" for r in records if not r.exact)


def markdown(section: Section) -> str:
    """Return tables and goals as Markdown."""
    lines = [f"# {section.name}_accel on virtual boards", ""]
    for table in section.tables:
        lines += [f"## {table.title}", ""]
        lines += [table.note, ""] if table.note else []
        lines += [*_markdown_table(table), ""] if table.rows else ["Not run.", ""]
    rows = [f"| {_words(g)} |" for g in section.goals]
    if rows:
        lines += ["## Numbers to reach", "", "| | workload | board | memory | figure | found | goal | |"]
        lines += ["|---|---|---|---|---|--:|--:|---|", *rows, ""]
    lines += [f"- {line}" for line in section.divergences]
    return "\n".join(lines).rstrip() + "\n"


def _words(g: GoalRow) -> str:
    verdict = "met" if g.met else "missed"
    return " | ".join((verdict, g.workload, g.board, g.memory, g.name, g.found, g.bound, g.source))


def _markdown_table(table: Table) -> list[str]:
    heads = [f"{c.title} ({c.source})" if c.source else c.title for c in table.columns]
    rule = "|".join("--:" if column.number else "---" for column in table.columns)
    rows = [f"| {' | '.join(row.cells)} | {row.source} |" for row in table.rows]
    return [f"| {' | '.join(heads)} | |", f"|{rule}|---|", *rows]


def _key(r: ModelRecord) -> Sequence[str]:
    return (r.title, r.board, r.config)


def _of(records: tuple[R, ...], work: Work, memory: MemoryKind) -> tuple[R, ...]:
    return tuple(r for r in records if (r.work, r.memory) == (work, memory))


def _table(title: str, note: str, columns: Columns, records: tuple[R, ...]) -> Table:
    rows = tuple(Row(tuple(cell(r) for _, cell in columns), r.kind, r.exact) for r in records)
    memories = dict.fromkeys(f"{r.board} ({r.memory}): {r.timing} of a port." for r in records)
    return Table(title, " ".join([note, *memories]).strip(), tuple(column for column, _ in columns), rows)


# ---- cells


def share(value: float) -> str:
    """A share, for people."""
    return f"{100 * value:.1f} %"


def count(value: float) -> str:
    """A large number, for people."""
    return f"{value:,.0f}".replace(",", "\u202f")


def _stall(name: str) -> Callable[[ModelRecord], str]:
    return lambda r: share(getattr(r.counters, name) / max(r.counters.cycles, 1))


WHERE: Columns = (
    (Column("model and workload", number=False), lambda r: r.title),
    (Column("board", number=False), lambda r: r.board),
    (Column("clock, MHz"), lambda r: f"{r.clock_mhz:g}"),
)
STEPS: Columns = (
    (Column("MB a step", source="estimated"), lambda r: f"{r.step_megabytes:,.2f}"),
    (Column("memory, GB/s"), lambda r: f"{r.delivered_gbs:.2f}"),
    (Column("roof, tok/s", source="estimated"), lambda r: f"{r.roof:,.2f}"),
    (Column("cycles a step"), lambda r: count(r.step_cycles)),
    (Column("tok/s"), lambda r: f"{r.rate:,.2f}"),
    (Column("of the roof"), lambda r: share(r.share)),
)
PROMPTS: Columns = (
    (Column("memory", number=False), lambda r: r.memory),
    (Column("tokens"), lambda r: str(r.prompt)),
    (Column("MAC a cycle"), lambda r: count(r.macs_per_cycle)),
    (Column("cycles over the layers"), lambda r: count(r.layers.cycles)),
    (Column("useful"), lambda r: share(r.useful)),
    (Column("tok/s"), lambda r: f"{r.rate:,.1f}"),
    (Column("cycles of the head"), lambda r: count(r.after_layers)),
    (Column("first token, ms"), lambda r: f"{1e3 * r.first_s:.2f}"),
)


def run_columns(title: str, stall: str) -> Columns:
    """What every start has: ports, stalls, the kernel's own one under its title at their end, simulation, verdict."""
    return (
        (Column("ports"), lambda r: share(r.ports_busy)),
        (Column("no weights"), _stall("stall_weights")),
        (Column("no activations"), _stall("stall_acts")),
        (Column("no room"), _stall("stall_out")),
        (Column(title), _stall(stall)),
        (Column("simulated cycles/s", source="measured"), lambda r: count(r.cycles_per_second)),
        (Column("results", number=False), lambda r: "exact" if r.exact else "differ"),
    )

# SPDX-License-Identifier: Apache-2.0
"""Tables of what `mamba2_accel` reached, from its records, for the HTML page and as Markdown: the same cells in both.

Roofs are computed (estimated), speeds of papers quoted; everything else of a row is what its record is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from golden.mamba2.accel.quoted import Speed, quoted
from golden.mamba2.integer.profile import load as load_profile
from harness.bench.mamba2_record import Mamba2Record
from harness.bench.mamba2_workloads import goals
from harness.bench.model_record import WORSE, MemoryKind, Work
from reports.figures import GoalRow, Source, last, quantity

IDEAL_NOTE = (
    "Ideal memory: the board's declared peak, reads and writes of a channel sharing one data bus, a word a cycle after "
    "its address, no gaps, no turnaround."
)
DECODE_NOTE = (
    "A step is a whole token from choice to choice: embedding, every layer with its state read and written, final "
    "norm, head, choice. The roof is the format's minimum of bytes at the memory's rate: weights, every scale, head, "
    "parameters, state except that of layers on chip; no padding. Ports: beats of all ports over the start, of what "
    "the memory delivers."
)
PREFILL_NOTE = (
    "Cycles from the start until the prompt has passed the last layer; the head is told apart. Useful: multiplications "
    "of in_proj and out_proj without padding, of what all multipliers could do in these cycles."
)


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


Cell = Callable[[Mamba2Record], str]
_Columns = tuple[tuple[Column, Cell], ...]


def newest(records: tuple[Mamba2Record, ...]) -> tuple[Mamba2Record, ...]:
    """Keep the last record of each model, workload, board, configuration and memory; order of first appearance."""
    return last(records, lambda r: (r.model, r.workload, r.board, r.config, r.memory))


def tables(records: tuple[Mamba2Record, ...]) -> tuple[Table, ...]:
    """Return the four tables: decode under ideal memory, the memory model, a worse one; prefill."""
    worse = f"Decode with the memory model's efficiency {100 * (1 - WORSE):.0f} % lower"
    models = {_key(r): r for r in records if r.memory == "model"}

    def change(r: Mamba2Record) -> str:
        model = models.get(_key(r))
        return f"{100 * (r.rate / model.rate - 1):+.1f} %" if model else ""

    against = ((Column("against the model"), change),)
    return (
        _table("Decode, ideal memory", IDEAL_NOTE + " " + DECODE_NOTE, _DECODE, _of(records, "decode", "ideal")),
        _table("Decode under the boards' memory models", "", _DECODE, _of(records, "decode", "model")),
        _table(worse, "", _DECODE + against, _of(records, "decode", "worse")),
        _table("Prefill", PREFILL_NOTE, _PREFILL, tuple(r for r in records if r.work == "prefill")),
    )


def goal_rows(records: tuple[Mamba2Record, ...]) -> tuple[GoalRow, ...]:
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


def divergences(records: tuple[Mamba2Record, ...]) -> tuple[str, ...]:
    """Return a line for each start whose results differ from the golden model's."""
    return tuple(f"{r.title}, {r.board}, {r.memory} memory: {r.divergence}" for r in records if not r.exact)


def markdown(records: tuple[Mamba2Record, ...]) -> str:
    """Return tables and goals as Markdown."""
    shown = newest(records)
    lines = ["# mamba2_accel on virtual boards", ""]
    for table in tables(shown):
        lines += [f"## {table.title}", ""]
        lines += [table.note, ""] if table.note else []
        lines += [*_markdown_table(table), ""] if table.rows else ["Not run.", ""]
    rows = [f"| {_words(g)} |" for g in goal_rows(shown)]
    if rows:
        lines += ["## Numbers to reach", "", "| | workload | board | memory | figure | found | goal | |"]
        lines += ["|---|---|---|---|---|--:|--:|---|", *rows, ""]
    lines += [f"- {line}" for line in divergences(shown)]
    return "\n".join(lines).rstrip() + "\n"


def _words(g: GoalRow) -> str:
    verdict = "met" if g.met else "missed"
    return " | ".join((verdict, g.workload, g.board, g.memory, g.name, g.found, g.bound, g.source))


def _markdown_table(table: Table) -> list[str]:
    heads = [f"{c.title} ({c.source})" if c.source else c.title for c in table.columns]
    rule = "|".join("--:" if column.number else "---" for column in table.columns)
    rows = [f"| {' | '.join(row.cells)} | {row.source} |" for row in table.rows]
    return [f"| {' | '.join(heads)} | |", f"|{rule}|---|", *rows]


# ---- cells


def _key(r: Mamba2Record) -> Sequence[str]:
    return (r.model, r.workload, r.board, r.config)


def _of(records: tuple[Mamba2Record, ...], work: Work, memory: MemoryKind) -> tuple[Mamba2Record, ...]:
    return tuple(r for r in records if (r.work, r.memory) == (work, memory))


def _table(title: str, note: str, columns: _Columns, records: tuple[Mamba2Record, ...]) -> Table:
    rows = tuple(Row(tuple(cell(r) for _, cell in columns), r.kind, r.exact) for r in records)
    memories = dict.fromkeys(f"{r.board} ({r.memory}): {r.timing} of a port." for r in records)
    return Table(title, " ".join([note, *memories]).strip(), tuple(column for column, _ in columns), rows)


def _published(r: Mamba2Record) -> Speed | None:
    return quoted(r.board.removeprefix("sim:"), r.model, load_profile(r.profile).weight_bits, r.work)


def _printed(r: Mamba2Record) -> str:
    found = _published(r)
    return f"{found.rate:g} ({found.paper}; {found.how})" if found else "none"


def _times(r: Mamba2Record) -> str:
    found = _published(r)
    return f"{r.rate / found.rate:.2f}" if found else ""


def _stall(name: str) -> Cell:
    return lambda r: _share(getattr(r.counters, name) / max(r.counters.cycles, 1))


def _share(value: float) -> str:
    return f"{100 * value:.1f} %"


def _count(value: float) -> str:
    return f"{value:,.0f}".replace(",", "\u202f")


def _first_ms(r: Mamba2Record) -> str:
    return f"{1e3 * r.first_s:.2f}"


_WHERE: _Columns = (
    (Column("model and workload", number=False), lambda r: r.title),
    (Column("board", number=False), lambda r: r.board),
    (Column("clock, MHz"), lambda r: f"{r.clock_mhz:g}"),
)
_RUN: _Columns = (
    (Column("ports"), lambda r: _share(r.ports_busy)),
    (Column("no weights"), _stall("stall_weights")),
    (Column("no activations"), _stall("stall_acts")),
    (Column("no room"), _stall("stall_out")),
    (Column("no state"), _stall("stall_state")),
    (Column("simulated cycles/s", source="measured"), lambda r: _count(r.cycles_per_second)),
    (Column("results", number=False), lambda r: "exact" if r.exact else "differ"),
)
_PAPER: _Columns = (
    (Column("published tok/s", source="quoted"), _printed),
    (Column("times published"), _times),
)
_DECODE: _Columns = (
    *_WHERE,
    (Column("layers' state on chip"), lambda r: f"{r.on_chip} of {r.shape.n_layer}"),
    (Column("MB a step", source="estimated"), lambda r: f"{r.step_megabytes:,.2f}"),
    (Column("memory, GB/s"), lambda r: f"{r.delivered_gbs:.2f}"),
    (Column("roof, tok/s", source="estimated"), lambda r: f"{r.roof:,.2f}"),
    (Column("cycles a step"), lambda r: _count(r.step_cycles)),
    (Column("tok/s"), lambda r: f"{r.rate:,.2f}"),
    (Column("of the roof"), lambda r: _share(r.share)),
    *_PAPER,
    *_RUN,
)
_PREFILL: _Columns = (
    *_WHERE,
    (Column("memory", number=False), lambda r: r.memory),
    (Column("tokens"), lambda r: str(r.prompt)),
    (Column("MAC a cycle"), lambda r: _count(r.macs_per_cycle)),
    (Column("cycles over the layers"), lambda r: _count(r.layers.cycles)),
    (Column("useful"), lambda r: _share(r.useful)),
    (Column("tok/s"), lambda r: f"{r.rate:,.1f}"),
    (Column("cycles of the head"), lambda r: _count(r.after_layers)),
    (Column("first token, ms"), _first_ms),
    *_PAPER,
    *_RUN,
)

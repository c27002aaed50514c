# SPDX-License-Identifier: Apache-2.0
"""The report's section of measurements on boards: cycles beside those that the virtual board predicts; host time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from harness.bench.energy import NA
from harness.bench.measured import CaseRecord
from harness.bench.model_record import ModelRecord
from harness.bench.record import Record
from harness.bench.statistics import Interval
from reports.document import Cell, Column, Row, Section, Table, row
from reports.figures import Source, last
from reports.predicted import Found, Predictions, predictions

MEASURED: Source = "measured"


@dataclass(frozen=True)
class Form:
    """A table of measurements: what it is called, and its columns of numbers.

    `first` heads the first column; times are shown in `unit`, `scale` of them a second, as `digits`. `own` gives the
    cells of the columns that this table alone has, which `heads` names.
    """

    title: str
    first: str
    unit: str
    scale: float
    digits: str
    heads: tuple[str, ...]
    own: Callable[[CaseRecord], tuple[str, ...]]
    note: str

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns; predictions are simulated and times of the host measured, whatever the board's cycles are."""
        host = (f"host, {self.unit}", f"copies, {self.unit}")
        sources: dict[str, Source] = {"predicted": "simulated", **dict.fromkeys(host, MEASURED)}
        names = ("cycles", "predicted", "measured / predicted", f"kernel, {self.unit}", *self.heads, *host, "samples")
        numbers = (Column(name, True, sources.get(name)) for name in names)
        return (Column(self.first), Column("board"), *numbers, Column("verdict"))

    def table(self, records: Sequence[CaseRecord], expected: Predictions) -> Table:
        """Return a row for each record, beside what was predicted; one that is not exact without a number."""
        return Table(self.title, self.columns, tuple(self._row(r, expected.of(r)) for r in records), self.note)

    def _row(self, r: CaseRecord, found: Found | None) -> Row:
        exact = r.verdict == "exact"
        cells = self._cells(r, found) if exact else [NA] * (len(self.columns) - 3)
        verdict = Cell(r.verdict, "good" if exact else "bad")
        return row(r.title, r.asked.board, *cells, verdict, source=r.asked.kind)

    def _cells(self, r: CaseRecord, found: Found | None) -> list[str]:
        cycles = r.cycles
        return [
            _interval(cycles, "{:,.0f}"),
            NA if found is None else f"{found.cycles:,}" + (f" (of {found.of})" if found.of else ""),
            NA if found is None else f"{cycles.value / found.cycles:.3f}",
            self._time(r.device_s),
            *self.own(r),
            self._time(r.kernel_s),
            self._time(r.copies_s),
            f"{len(r.samples)} + {len(r.warm_up)} to warm up",
        ]

    def _time(self, of: Interval) -> str:
        scaled = Interval(self.scale * of.value, self.scale * of.low, self.scale * of.high, of.level)
        return _interval(scaled, self.digits)


def _interval(of: Interval, form: str) -> str:
    return f"{form.format(of.value)} [{form.format(of.low)}, {form.format(of.high)}]"


def _gmacs(r: CaseRecord) -> tuple[str, ...]:
    return (f"{r.macs / r.device_s.value / 1e9:.2f}",)


def _rates(r: CaseRecord) -> tuple[str, ...]:
    assert r.start is not None
    step = f"{r.step_s.value * r.hertz:,.0f}" if r.start.work == "decode" else NA
    return step, _interval(r.rate, "{:,.2f}")


NOTE = (
    "Medians with bootstrap intervals in brackets. Cycles are counted by the kernel; its time is these at the measured "
    "clock. Host: from start to done as the host sees it. Copies: to and from the board. Predicted: cycles that the "
    "virtual board simulates under its memory model, for the same bundle and configuration [simulated]."
)
MODELS_NOTE = (
    "Medians with bootstrap intervals in brackets, each start's residuals and logits compared with the golden model. "
    "LM head in: tok/s of decode are of steps from choice to choice, of a prompt until its first choice. Cycles of a "
    "start are counted by the kernel. Copies: the prompt to the board, the chosen tokens' records from it. Predicted: "
    "cycles that the virtual board simulates under its memory model, for the same workload, model and configuration "
    "[simulated]; of Mamba2 at a depth those of the same decode from nothing, whose name stands beside: its state has "
    "one size, and only the first token's is not fetched then. Where a share of a model's layers ran, its name says "
    "so, and tok/s are the share's."
)
CASES = Form("Cases", "case", "us", 1e6, "{:,.1f}", ("GMAC/s",), _gmacs, NOTE)
MODELS = Form(
    "Whole models", "model and workload", "ms", 1e3, "{:,.3f}", ("cycles a step", "tok/s"), _rates, MODELS_NOTE
)


def section(records: Sequence[CaseRecord], virtual: Sequence[Record], starts: Sequence[ModelRecord] = ()) -> Section:
    """Return the newest record of each case and board, beside what the virtual boards found: replays, and starts."""
    shown = last(tuple(records), lambda r: (r.asked.board, r.asked.bundle, r.case))
    wrong = tuple(f"{_name(r)}: {r.verdict.upper()}: {r.detail}" for r in shown if r.verdict != "exact")
    empty = "Nothing has been measured on a board; figures of virtual boards are simulated"
    blocks: list[Table] = [_boards(shown)] if shown else []
    cases = [r for r in shown if r.case and r.start is None]
    models = [r for r in shown if r.start is not None]
    expected = predictions(virtual, starts)
    blocks += [CASES.table(cases, expected)] if cases or (shown and not models) else []
    blocks += [MODELS.table(models, expected)] if models else []
    return Section("boards", "Boards", tuple(blocks), "", empty, "krait bench --board vc709", wrong)


def _name(r: CaseRecord) -> str:
    return f"{r.asked.board}, {r.title or 'before the first case'}"


def _boards(records: Sequence[CaseRecord]) -> Table:
    """Return what was checked before the first number."""
    heads = ("board", "configuration", "bitstream", "declared, MHz", "measured, MHz", "memory tested, bytes a port")
    rows = [
        row(
            r.asked.board,
            f"{r.asked.config} {r.asked.config_hash}",
            Cell(r.preflight.bitstream[:16], code=True),
            f"{r.preflight.clock_declared_mhz:g}",
            f"{r.preflight.clock_measured_mhz:.2f}",
            f"{r.preflight.memory_bytes:,}",
            source=r.asked.kind,
        )
        for r in last(tuple(records), lambda r: r.run)
        if r.preflight is not None
    ]
    columns = tuple(Column(head, "," in head) for head in heads)
    return Table("Checked before the first number", columns, tuple(rows), "", "No board got that far")

# SPDX-License-Identifier: Apache-2.0
"""The report's section of measurements on boards: cycles beside those that the virtual board predicts; host time."""

from collections.abc import Mapping, Sequence

from harness.bench.energy import NA
from harness.bench.measured import CaseRecord, ModelStart
from harness.bench.model_record import ModelRecord
from harness.bench.record import Record
from harness.bench.statistics import Interval
from reports.document import Cell, Column, Row, Section, Table, row
from reports.figures import Source, last

Predicted = Mapping[tuple[str, str, str, str], int]
"""Cycles by board, bundle, hash of the configuration, and case."""
Start = tuple[str, str, str, str, int, int, int, tuple[int, ...]]
"""What makes a start of a model the same: board, hash of the configuration, model, profile, and what it reads, chooses
and finds cached: of a shared prefix, and of each text."""
NUMBERS = ("cycles", "predicted", "measured / predicted", "kernel, us", "GMAC/s", "host, us", "copies, us", "samples")
SOURCES: Mapping[str, Source] = {"predicted": "simulated", "host, us": "measured", "copies, us": "measured"}
"""Of columns that are not what the board's cycles are."""
OF_MODELS = (
    "cycles", "predicted", "measured / predicted", "kernel, ms", "cycles a step", "tok/s", "host, ms", "copies, ms",
    "samples",
)  # fmt: skip
OWN: Mapping[str, Source] = {"predicted": "simulated", "host, ms": "measured", "copies, ms": "measured"}
MODELS_NOTE = (
    "Medians with bootstrap intervals in brackets, each start's residuals and logits compared with the golden model. "
    "LM head in: tok/s of decode are of steps from choice to choice, of a prompt until its first choice. Cycles of a "
    "start are counted by the kernel. Copies: the prompt to the board, the chosen tokens' records from it. Predicted: "
    "cycles that the virtual board simulates under its memory model, for the same workload, model and configuration "
    "[simulated]."
)
NOTE = (
    "Medians with bootstrap intervals in brackets. Cycles are counted by the kernel; its time is these at the measured "
    "clock. Host: from start to done as the host sees it. Copies: to and from the board. Predicted: cycles that the "
    "virtual board simulates under its memory model, for the same bundle and configuration [simulated]."
)


def section(records: Sequence[CaseRecord], virtual: Sequence[Record], starts: Sequence[ModelRecord] = ()) -> Section:
    """Return the newest record of each case and board, beside what the virtual boards found: replays, and starts."""
    shown = last(tuple(records), lambda r: (r.asked.board, r.asked.bundle, r.case))
    wrong = tuple(f"{_name(r)}: {r.verdict.upper()}: {r.detail}" for r in shown if r.verdict != "exact")
    empty = "Nothing has been measured on a board; figures of virtual boards are simulated"
    blocks: list[Table] = [_boards(shown)] if shown else []
    cases = [r for r in shown if r.case and r.start is None]
    models = [r for r in shown if r.start is not None]
    blocks += [_cases(cases, predicted(virtual))] if cases or (shown and not models) else []
    blocks += [_models(models, predicted_starts(starts))] if models else []
    return Section("boards", "Boards", tuple(blocks), "", empty, "krait bench --board vc709", wrong)


def predicted(virtual: Sequence[Record]) -> Predicted:
    """Return what virtual boards found under their memory models, by the name of the board that they stand for."""
    return {
        (r.board.removeprefix("sim:"), r.bundle, r.config_hash, sample.case): sample.counters.cycles
        for r in virtual
        if r.memory == "model"
        for sample in r.samples
    }


def predicted_starts(starts: Sequence[ModelRecord]) -> Mapping[Start, int]:
    """Return the cycles of models' starts on virtual boards under their memory models, by what makes them the same."""
    return {
        (
            r.board.removeprefix("sim:"), r.config_hash, r.model, r.profile, r.prompt, r.generated,
            getattr(r, "prefix", 0), getattr(r, "own", (0,)),
        ): r.counters.cycles
        for r in starts
        if r.memory == "model" and getattr(r, "whole", True)
    }  # fmt: skip


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


def _cases(records: Sequence[CaseRecord], expected: Predicted) -> Table:
    numbers = (Column(name, True, SOURCES.get(name)) for name in NUMBERS)
    columns = (Column("case"), Column("board"), *numbers, Column("verdict"))
    return Table("Cases", columns, tuple(_row(r, expected) for r in records if r.case), NOTE)


def _row(r: CaseRecord, expected: Predicted) -> Row:
    asked = r.asked
    found = expected.get((asked.board, asked.bundle, asked.config_hash, r.case))
    cells = [NA] * len(NUMBERS) if r.verdict != "exact" else _cells(r, found)
    verdict = Cell(r.verdict, "good" if r.verdict == "exact" else "bad")
    return row(r.case, asked.board, *cells, verdict, source=asked.kind)


def _cells(r: CaseRecord, found: int | None) -> list[str]:
    cycles = r.cycles
    return [
        _interval(cycles, "{:,.0f}"),
        NA if found is None else f"{found:,}",
        NA if found is None else f"{cycles.value / found:.3f}",
        _micro(r.device_s),
        f"{r.macs / r.device_s.value / 1e9:.2f}",
        _micro(r.kernel_s),
        _micro(r.copies_s),
        f"{len(r.samples)} + {len(r.warm_up)} to warm up",
    ]


def _micro(of: Interval) -> str:
    return _interval(Interval(1e6 * of.value, 1e6 * of.low, 1e6 * of.high, of.level), "{:,.1f}")


def _interval(of: Interval, form: str) -> str:
    return f"{form.format(of.value)} [{form.format(of.low)}, {form.format(of.high)}]"


# ---- whole models


def _models(records: Sequence[CaseRecord], expected: Mapping[Start, int]) -> Table:
    numbers = (Column(name, True, OWN.get(name)) for name in OF_MODELS)
    columns = (Column("model and workload"), Column("board"), *numbers, Column("verdict"))
    return Table("Whole models", columns, tuple(_model(r, expected) for r in records), MODELS_NOTE)


def _model(r: CaseRecord, expected: Mapping[Start, int]) -> Row:
    assert r.start is not None
    a, s = r.asked, r.start
    found = expected.get((a.board, a.config_hash, s.model, s.profile, s.prompt, s.generated, s.prefix, s.own))
    cells = [NA] * len(OF_MODELS) if r.verdict != "exact" else _model_cells(r, s, found)
    verdict = Cell(r.verdict, "good" if r.verdict == "exact" else "bad")
    return row(r.title, a.board, *cells, verdict, source=a.kind)


def _model_cells(r: CaseRecord, start: ModelStart, found: int | None) -> list[str]:
    cycles = r.cycles
    return [
        _interval(cycles, "{:,.0f}"),
        NA if found is None else f"{found:,}",
        NA if found is None else f"{cycles.value / found:.3f}",
        _milli(r.device_s),
        f"{r.step_s.value * r.hertz:,.0f}" if start.work == "decode" else NA,
        _interval(r.rate, "{:,.2f}"),
        _milli(r.kernel_s),
        _milli(r.copies_s),
        f"{len(r.samples)} + {len(r.warm_up)} to warm up",
    ]


def _milli(of: Interval) -> str:
    return _interval(Interval(1e3 * of.value, 1e3 * of.low, 1e3 * of.high, of.level), "{:,.3f}")

# SPDX-License-Identifier: Apache-2.0
"""The report's section of accuracy: losses and errors by layer of what `krait model eval` left."""

import json
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from golden.errors import InputError
from golden.mamba2.accuracy.records import Evaluation, LossRow, Mode, SignalRow, parse
from golden.spec.strict import decode
from golden.ternary import accuracy as ternary
from reports.document import Axis, Block, Cell, Chart, Column, Point, Row, Section, Series, Style, Table, Tone, row

NOTE = (
    "Signal-to-quantization-noise ratio against the float model in the integer model's own basis, dB; a gap where "
    "nothing differs. Running: errors of earlier layers come along. Isolated (dashed): the layer gets the float "
    "model's input."
)
PLOTTED = ("in_proj", "y", "gate_norm", "residual")
"""Tensors whose errors the chart shows by layer; the table of `accuracy.py` has all."""
MODES: tuple[tuple[Mode, Style], ...] = (("running", "line"), ("isolated", "dashed"))


def read(folder: Path) -> tuple[Evaluation | ternary.Evaluation, ...]:
    """Read every evaluation of a folder; none where there is none. InputError names a malformed file."""
    return tuple(_read(path) for path in sorted(folder.glob("*.json")))


def _read(path: Path) -> Evaluation | ternary.Evaluation:
    try:
        text = path.read_text(encoding="utf-8")
        raw = json.loads(text)
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error}); run krait model eval again") from None
    if isinstance(raw, dict) and "losses" not in raw and raw.get("schema") == ternary.SCHEMA:
        return decode(ternary.Evaluation, raw, path)
    return parse(text, path)


def section(found: Sequence[Evaluation | ternary.Evaluation]) -> Section:
    """Return losses, and errors by layer where they were measured."""
    blocks: list[Block] = []
    for each in found:
        blocks += [_bitnet(each)] if isinstance(each, ternary.Evaluation) else [_losses(each), *noise(each)]
    empty, command = "Not measured", "krait model eval"
    return Section("accuracy", "Accuracy", tuple(blocks), empty=empty, command=command)


def _columns(more: str) -> tuple[Column, ...]:
    numbers = ("bits per byte", more, "against float", "standard error", "goal")
    return (Column("model"), *(Column(name, True) for name in numbers), Column("verdict"))


def verdict(met: bool | None) -> Cell:
    """Return whether a goal is met; nothing without one."""
    return Cell("" if met is None else "met" if met else "missed", tone(met))


def tone(met: bool | None) -> Tone:
    """Return how a goal's verdict is shown."""
    return "" if met is None else "good" if met else "bad"


def percent(of: LossRow | ternary.Row) -> str:
    """Return a loss against the float model."""
    return f"{round(of.loss_percent, 2) + 0.0:+.2f} %"  # + 0.0: no -0.00


def loss_cells(of: LossRow | ternary.Row) -> tuple[str, str, str, str]:
    """Return a loss in bits per byte, what its family adds, and the loss against the float model with its error."""
    more = f"{of.greedy_percent:.2f} %" if isinstance(of, ternary.Row) else f"{of.perplexity:.3f}"
    return f"{of.bits_per_byte:.4f}", more, percent(of), f"{of.stderr_percent:.2f} %"


def goal(of: LossRow | ternary.Row) -> str:
    """Return what is to be reached; nothing where no goal is stated."""
    if isinstance(of, ternary.Row):
        return "" if of.met is None else f"{of.goal_loss_percent:g} %, {of.goal_greedy_percent:g} %"
    return "" if of.goal_percent is None else f"{of.goal_percent:g} %"


def _rows(found: Sequence[LossRow | ternary.Row]) -> tuple[Row, ...]:
    return tuple(row(r.name, *loss_cells(r), goal(r), verdict(r.met), source="measured") for r in found)


def _losses(of: Evaluation) -> Table:
    made = of.provenance
    note = f"{made.tokens:,} tokens of {made.text} in {made.windows} windows; perplexity is per token."
    return Table(f"Loss of {made.checkpoint}", _columns("perplexity"), _rows(of.losses), note)


def _bitnet(of: ternary.Evaluation) -> Table:
    note = (
        f"{of.tokens:,} tokens of {of.text} in {of.windows} windows. Goals: at most this loss, at least so many tokens."
    )
    return Table(f"Loss of {of.checkpoint}", _columns("equal greedy tokens"), _rows(of.rows), note)


def noise(of: Evaluation) -> Iterator[Chart]:
    """Yield a chart of errors by layer for each integer model."""
    for model in dict.fromkeys(r.model for r in of.signals):
        rows = [r for r in of.signals if r.model == model and r.layer >= 0]
        layers = tuple(sorted({r.layer for r in rows}))
        tensors = [tensor for tensor in PLOTTED if any(r.tensor == tensor for r in rows)]
        series = tuple(
            Series(
                f"{tensor}, {mode}",
                "measured",
                _points([r for r in rows if (r.tensor, r.mode) == (tensor, mode)]),
                style,
            )
            for mode, style in MODES
            for tensor in tensors
        )
        x = Axis("layer", names=tuple(map(str, layers)))
        if series:
            yield Chart(f"Error by layer: {model}", x, Axis("signal to noise", "dB"), series, note=NOTE)


def _points(rows: Sequence[SignalRow]) -> tuple[Point, ...]:
    found = enumerate(sorted(rows, key=lambda r: r.layer))
    return tuple(Point(i, math.nan if r.sqnr_db is None else r.sqnr_db) for i, r in found)

# SPDX-License-Identifier: Apache-2.0
"""Writes an evaluation of accuracy as HTML, everything inline, and as Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from golden.errors import MachineError
from golden.mamba2.accuracy.quoted import QUOTED
from golden.mamba2.accuracy.records import Evaluation, FunctionRow, LossRow, SignalRow
from harness.atomic import replace_text
from reports.plot import COLOURS, Line, Plot, plot

TEMPLATES = Path(__file__).parent / "templates"
PLOTTED = ("in_proj", "y", "gate_norm", "residual")
"""Tensors whose noise the plot shows by layer; the table has all."""


@dataclass(frozen=True)
class Choice:
    """A choice of a profile, and its value in each profile shown, in their order; "" where one has no such choice."""

    name: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class NoiseRow:
    """A tensor's ratio in decibels in every layer, in both modes; None where nothing differs."""

    tensor: str
    running: tuple[float | None, ...]
    isolated: tuple[float | None, ...]


@dataclass(frozen=True)
class Noise:
    """The errors of one integer model: a row for each tensor, a column for each layer; `end` are those behind them."""

    model: str
    layers: tuple[int, ...]
    rows: tuple[NoiseRow, ...]
    end: tuple[NoiseRow, ...]
    plot: Plot


def write_html(result: Evaluation, path: Path) -> Path:
    """Write `result` as one HTML file that needs no network. MachineError when it cannot be written."""
    return _write(path, _template("accuracy.html.j2", escape=True).render(**_shown(result), css=_css()))


def write_markdown(result: Evaluation, path: Path) -> Path:
    """Write `result` as Markdown tables. MachineError when it cannot be written."""
    return _write(path, markdown(result))


def markdown(result: Evaluation) -> str:
    """Return `result` as Markdown tables."""
    return _template("accuracy.md.j2", escape=False).render(**_shown(result))


def _write(path: Path, text: str) -> Path:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_text(path, text)
    except OSError as error:
        raise MachineError(f"cannot write report {path}: {error.strerror or error}; choose another --out") from error
    return path


def _template(name: str, escape: bool) -> Template:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=escape,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["fixed"] = lambda value, digits: f"{round(value, digits) + 0.0:.{digits}f}"  # + 0.0: no -0.00
    environment.filters["decibel"] = lambda value, unit="": "exact" if value is None else f"{value:.1f}{unit}"
    environment.filters["tiny"] = lambda value: f"{value:.2e}"
    environment.filters["count"] = lambda value: f"{value:,}".replace(",", "\u202f")
    return environment.get_template(name)


def _css() -> str:
    return (TEMPLATES / "report.css").read_text(encoding="utf-8")


def _shown(result: Evaluation) -> dict[str, object]:
    """What the templates print."""
    integers = [row for row in result.losses if row.kind == "integer"]
    judged = [row for row in integers if row.met is not None]
    return {
        "made": result.provenance,
        "reference": result.losses[0],
        "profiles": [row for row in result.losses if row.kind != "fake" or "linear layers only" in row.name],
        "schemes": [row for row in result.losses if row.kind == "fake" and "linear layers only" not in row.name],
        "met": sum(bool(row.met) for row in judged),
        "judged": len(judged),
        "integers": integers,
        "choices": choices(integers),
        "noise": noise(result.signals),
        "functions": result.functions,
        "study": result.study,
        "quoted": QUOTED,
        "within": within,
    }


def within(row: FunctionRow) -> str:
    """Verdict on a function's largest error against its published or derived bound; "" without one."""
    if row.reference is None:
        return ""
    return "within" if max(-row.min_error, row.max_error) <= row.reference * 1.005 else "beyond"  # printed to 3 digits


def choices(rows: Sequence[LossRow]) -> tuple[Choice, ...]:
    """Every choice of the integer models, in the order of the first that has it."""
    names = dict.fromkeys(choice.name for row in rows for choice in row.choices)
    values = [{choice.name: choice.value for choice in row.choices} for row in rows]
    return tuple(Choice(name, tuple(value.get(name, "") for value in values)) for name in names)


def noise(rows: Sequence[SignalRow]) -> tuple[Noise, ...]:
    """Errors by model, layer and tensor, with a plot for each model."""
    return tuple(_noise(model, [r for r in rows if r.model == model]) for model in dict.fromkeys(r.model for r in rows))


def _noise(model: str, rows: Sequence[SignalRow]) -> Noise:
    layers = tuple(sorted({row.layer for row in rows} - {-1}))
    found = {(row.mode, row.layer, row.tensor): row.sqnr_db for row in rows}

    def row(tensor: str, columns: Sequence[int]) -> NoiseRow:
        running, isolated = (tuple(found[mode, i, tensor] for i in columns) for mode in ("running", "isolated"))
        return NoiseRow(tensor, running, isolated)

    tensors = dict.fromkeys(r.tensor for r in rows if r.layer >= 0)
    inner = tuple(row(tensor, layers) for tensor in tensors)
    end = tuple(row(tensor, (-1,)) for tensor in dict.fromkeys(r.tensor for r in rows if r.layer < 0))
    shown = [each for each in inner if each.tensor in PLOTTED]
    lines = [Line(each.tensor, i % COLOURS, False, each.running) for i, each in enumerate(shown)]
    lines += [Line(f"{each.tensor}, isolated", i % COLOURS, True, each.isolated) for i, each in enumerate(shown)]
    return Noise(model, layers, inner, end, plot(lines, [str(i) for i in layers], "layer", "dB"))

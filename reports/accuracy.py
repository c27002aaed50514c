# SPDX-License-Identifier: Apache-2.0
"""What `krait model eval` found of one checkpoint as a document of its own, written as a page and as Markdown."""

from collections.abc import Sequence
from pathlib import Path

from golden.errors import MachineError
from golden.mamba2.accuracy.quoted import QUOTED
from golden.mamba2.accuracy.records import Evaluation, FunctionRow, LossRow, SignalRow, Study
from harness.atomic import replace_text
from reports import errors
from reports.document import Block, Card, Cell, Column, Document, Row, Section, Table, Tone, columns, row
from reports.html import page
from reports.models import count
from reports.text import markdown

LINEAR = "linear layers only"
"""What the names of profiles say of which only the linear layers are quantized."""


def write(result: Evaluation, path: Path) -> tuple[Path, Path]:
    """Write `result` as one HTML file that needs no network, and as Markdown beside it; return both paths.

    Raises MachineError: one cannot be written.
    """
    found, beside = document(result, path.stem), path.with_suffix(".md")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_text(path, page(found))
        replace_text(beside, markdown(found))
    except OSError as error:
        raise MachineError(f"cannot write report {path}: {error.strerror or error}; choose another --out") from error
    return path, beside


def document(result: Evaluation, stem: str = "accuracy") -> Document:
    """Return what an evaluation says, in whatever form; `stem` names the files that it is written to."""
    made = result.provenance
    note = (
        f"Float, fake-quantized and bit-exact integer models on the same {made.windows} windows of the same text: "
        f"{count(made.tokens)} tokens, {count(made.bytes)} bytes{'' if made.whole else ', spread evenly over it'}. "
        "Measured figures come from this run, quoted ones from papers, for other models and tasks."
    )
    outliers = (_outliers(result.study),) if result.study else ()
    models = dict.fromkeys(r.model for r in result.signals)
    by_tensor = (_by_tensor(model, [r for r in result.signals if r.model == model]) for model in models)
    noise: tuple[Block, ...] = (*errors.noise(result), *by_tensor)
    sections = (
        _loss(result),
        _ablation(result),
        *outliers,
        Section("noise", "Noise by layer and tensor", noise, empty="Not measured in this run"),
        Section("functions", "Integer functions against float64", (_functions(result.functions),)),
        _choices([each for each in result.losses if each.kind == "integer"]),
        _provenance(result),
    )
    title = f"krait: accuracy of {made.checkpoint}"
    return Document(title, result.good, note, _cards(result), sections, (f"{stem}.md", f"{stem}.json"))


def _cards(result: Evaluation) -> tuple[Card, ...]:
    reference, integers = result.losses[0], [each for each in result.losses if each.kind == "integer"]
    cards = [Card(f"{reference.bits_per_byte:.4f}", "bits per byte, float", source="measured")]
    cards += [Card(errors.percent(r), r.name, errors.tone(r.met), "measured") for r in integers]
    judged = [each.met for each in integers if each.met is not None]
    if judged:
        met = f"{judged.count(True)} / {len(judged)}"
        cards.append(Card(met, "goals met", errors.tone(all(judged)), "measured"))
    return tuple(cards)


def _scheme(r: LossRow) -> bool:
    """Whether a row is one of the papers' schemes, not a profile's."""
    return r.kind == "fake" and LINEAR not in r.name


def _loss(result: Evaluation) -> Section:
    note = (
        f"Perplexity is per token of the model ({result.provenance.tokenizer}). The standard error is that of the "
        "ratio to the float model, over the windows that both share."
    )
    heads = columns(
        "model, what is quantized, bits per byte, perplexity, against float, standard error, goal, verdict",
        "bits per byte, perplexity, against float, standard error, goal",
    )
    rows = tuple(
        row(r.name, r.doc, *errors.loss_cells(r), errors.goal(r), errors.verdict(r.met), source="measured")
        for r in result.losses
        if not _scheme(r)
    )
    return Section("loss", "Loss on the text", (Table("", heads, rows, note),))


def _ablation(result: Evaluation) -> Section:
    heads = columns(
        "scheme, linear layers; the rest is float, bits per byte, perplexity, against float, standard error",
        "bits per byte, perplexity, against float, standard error",
    )
    rows = tuple(row(r.name, r.doc, *errors.loss_cells(r), source="measured") for r in result.losses if _scheme(r))
    printed = tuple(row(q.paper, q.model, q.metric, q.method, q.value, q.ours, q.how, source="quoted") for q in QUOTED)
    quoted = columns("paper, model, metric, method, value, row here in kind, read from", "value")
    blocks = (
        Table("Schemes", heads, rows, empty="Not measured in this run."),
        Table("Printed in the papers", quoted, printed),
    )
    return Section("ablation", "What the papers compare", blocks)


def _outliers(study: Study) -> Section:
    seeds = ", ".join(map(str, study.seeds))
    note = (
        f"{study.model}; seeds {seeds}; {study.tokens} random tokens each. Distance of the logits from the float "
        "model's, mean over the seeds."
    )
    heads = columns(
        "scheme, what it is, signal to noise, KL divergence, same best token",
        "signal to noise, KL divergence, same best token",
    )
    rows = tuple(
        row(
            r.name,
            r.doc,
            f"{r.sqnr_db:.2f} dB",
            f"{r.kl_bits:.4f} bit",
            f"{100 * r.agree:.1f} %",
            source="measured",
        )
        for r in study.rows
    )
    return Section("outliers", "Generated checkpoints with outlier channels", (Table("", heads, rows, note),))


# ---- noise


def _by_tensor(model: str, rows: Sequence[SignalRow]) -> Table:
    """Return errors with a row for each tensor and a column for each layer; those behind the layers in the note."""
    layers = sorted({r.layer for r in rows if r.layer >= 0})
    found = {(r.tensor, r.layer, r.mode): _decibel(r.sqnr_db) for r in rows}

    def cell(tensor: str, layer: int) -> str:
        return f"{found[tensor, layer, 'running']} / {found[tensor, layer, 'isolated']}"

    inner, end = (dict.fromkeys(r.tensor for r in rows if (r.layer < 0) == behind) for behind in (False, True))
    heads = (Column("tensor"), *(Column(str(layer), True) for layer in layers))
    of_tensors = tuple(row(each, *(cell(each, i) for i in layers), source="measured") for each in inner)
    last = "; ".join(f"{each} {cell(each, -1)}" for each in end)
    note = "dB, running / isolated, by layer." + (f" Behind the last layer: {last}." if last else "")
    return Table(f"Error by tensor: {model}", heads, of_tensors, note)


def _decibel(value: float | None) -> str:
    return "exact" if value is None else f"{value:.1f}"


# ---- functions, choices, provenance


def _functions(rows: Sequence[FunctionRow]) -> Table:
    heads = columns(
        "function, grid, least error, greatest error, rms, largest at, bound, verdict, whose",
        "least error, greatest error, rms, largest at, bound",
        bound="quoted",
    )
    return Table("", heads, tuple(map(_function, rows)), empty="Not measured in this run.")


def _function(f: FunctionRow) -> Row:
    word = within(f)
    tones: dict[str, Tone] = {"within": "good", "beyond": "warn"}
    return row(
        f.function,
        f.range,
        f"{f.min_error:.2e}",
        f"{f.max_error:.2e}",
        f"{f.rms:.2e}",
        f"{f.where:.3f}",
        "" if f.reference is None else f"{f.reference:.2e}",
        Cell(word, tones.get(word, "")),
        f.source,
        source="measured",
    )


def within(row: FunctionRow) -> str:
    """Verdict on a function's largest error against its published or derived bound; "" without one."""
    if row.reference is None:
        return ""
    return "within" if max(-row.min_error, row.max_error) <= row.reference * 1.005 else "beyond"  # printed to 3 digits


def _choices(integers: Sequence[LossRow]) -> Section:
    """Return every choice of the integer models; "" where one has no such choice."""
    values = [{choice.name: choice.value for choice in each.choices} for each in integers]
    names = dict.fromkeys(choice.name for each in integers for choice in each.choices)
    heads = (Column("choice"), *(Column(each.name) for each in integers))
    rows = tuple(row(name, *(value.get(name, "") for value in values)) for name in names)
    note = "What each choice means stands in golden/spec/profiles and golden/mamba2/README.md."
    blocks: tuple[Block, ...] = (Table("", heads, rows, note),) if integers else ()
    return Section("choices", "Choices of the profiles", blocks, empty="No profile was measured")


def _provenance(result: Evaluation) -> Section:
    made = result.provenance
    over = "the whole text" if made.whole else "spread evenly over the text"
    rows = (
        row("checkpoint", f"{made.checkpoint}, sha256 {made.checkpoint_sha256}"),
        row("text", f"{made.text}, sha256 {made.text_sha256}"),
        row("tokenizer", made.tokenizer),
        row("windows", f"{made.windows} of {made.context} tokens, {made.stride} apart, {over}"),
        row("calibration", f"{made.calibration}, {count(made.calibration_tokens)} tokens"),
        row("seed of the quantizer", str(made.seed)),
        row("versions", f"krait {made.krait}, torch {made.torch}"),
    )
    return Section("provenance", "Provenance", (Table("", columns("what, which"), rows),))

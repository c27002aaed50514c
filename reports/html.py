# SPDX-License-Identifier: Apache-2.0
"""Writes the report from results and records: one HTML file with everything inline, the same as Markdown and JSON."""

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from golden.errors import InputError, MachineError
from harness.atomic import replace_text
from harness.bench import driver_overhead, mamba2_record, record, speed, ternary_record
from harness.bench.driver_overhead import OverheadRecord
from harness.bench.mamba2_record import Mamba2Record
from harness.bench.model_record import ModelRecord
from harness.bench.record import Record
from harness.bench.ternary_record import TernaryRecord
from harness.regress import results as regress
from harness.regress.results import Regression
from reports import figures, mamba2, roofline, sections, svg, ternary, text
from reports.document import Bars, Card, Chart, Document, Section, Tone
from reports.figures import GoalRow, Source

TEMPLATES = Path(__file__).parent / "templates"
NOTE = (
    "Hand-written Verilog against its PyTorch golden model, bit for bit. Every figure says what it is: simulated cycle "
    "counts come from RTL simulation and are exact, and times and rates made of them are these cycles at the "
    "configuration's declared clock, not wall time; measured ones come from a clock or a sensor; estimated ones are "
    "computed; quoted ones are from papers."
)


def write(path: Path, results: Path, records: Path, more: Sequence[Section] = ()) -> Path:
    """Write the report to `path`, report.md and report.json beside it; what does not exist yet is said to be missing.

    `more` sections stand behind those of the kernels.

    Raises:
        InputError: there is neither a result nor a record, or one is malformed.
        MachineError: `path` cannot be written.
    """
    regression = regress.read(results) if results.exists() else None
    benchmarks = record.read(records) if records.exists() else ()
    models = mamba2_record.read(records.with_name("mamba2.jsonl"))
    bitnets = ternary_record.read(records.with_name("ternary.jsonl"))
    if regression is None and not benchmarks and not models and not bitnets and not any(each.blocks for each in more):
        raise InputError(f"report: found neither {results} nor {records}; run krait regress and krait bench first")
    speeds = speed.read(records.with_name("speed.jsonl"))
    overheads = driver_overhead.read(records.with_name(driver_overhead.RECORDS))
    found = document(regression, benchmarks, speeds, models, bitnets, more, overheads)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_text(path, page(found))
        replace_text(path.with_name("report.md"), text.markdown(found))
        replace_text(path.with_name("report.json"), text.to_json(found))
        if models:
            replace_text(path.with_name("mamba2.md"), mamba2.PAGE.markdown(models))
        if bitnets:
            replace_text(path.with_name("ternary.md"), ternary.PAGE.markdown(bitnets))
    except OSError as error:
        raise MachineError(f"cannot write report {path}: {error.strerror or error}; choose another --out") from error
    return path


def starts(records: Path) -> tuple[ModelRecord, ...]:
    """Return the newest starts of whole models beside `records`. InputError where one is malformed."""
    models = mamba2_record.read(records.with_name("mamba2.jsonl"))
    bitnets = ternary_record.read(records.with_name("ternary.jsonl"))
    return (*mamba2.PAGE.newest(models), *ternary.PAGE.newest(bitnets))


def render(
    regression: Regression | None,
    benchmarks: tuple[Record, ...],
    speeds: tuple[speed.SpeedRecord, ...] = (),
    models: tuple[Mamba2Record, ...] = (),
    bitnets: tuple[TernaryRecord, ...] = (),
) -> str:
    """Return the report as HTML."""
    return page(document(regression, benchmarks, speeds, models, bitnets))


def document(
    regression: Regression | None,
    benchmarks: tuple[Record, ...],
    speeds: tuple[speed.SpeedRecord, ...] = (),
    models: tuple[Mamba2Record, ...] = (),
    bitnets: tuple[TernaryRecord, ...] = (),
    more: Sequence[Section] = (),
    overheads: tuple[OverheadRecord, ...] = (),
) -> Document:
    """Return what the report says, in whatever form."""
    newest = figures.newest(benchmarks)
    starts: tuple[ModelRecord, ...] = (*mamba2.PAGE.newest(models), *ternary.PAGE.newest(bitnets))
    works = [
        *map(roofline.of_record, newest),
        *(roofline.of_model(r, "mamba2_accel") for r in mamba2.PAGE.newest(models)),
        *(roofline.of_model(r, "ternary_accel") for r in ternary.PAGE.newest(bitnets)),
    ]
    kernels = (mamba2.PAGE.section(models), ternary.PAGE.section(bitnets))
    goals = [*figures.goals(newest), *(goal for kernel in kernels for goal in kernel.goals)]
    cards, good = overview(regression, newest, starts, goals)
    return Document(
        title="krait report",
        good=good,
        note=NOTE,
        cards=cards,
        sections=(
            sections.tests(regression),
            sections.failures(regression),
            sections.coverage(regression),
            sections.performance(newest, starts, works),
            sections.layers(newest),
            *map(sections.kernel, kernels),
            *more,
            sections.speed(figures.newest_speed(speeds), figures.newest_overhead(overheads)),
            sections.provenance(regression, newest, starts),
        ),
    )


def page(of: Document) -> str:
    """Return a document as one HTML file that needs nothing else."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.tests["chart"] = lambda block: isinstance(block, Chart)
    environment.tests["bars"] = lambda block: isinstance(block, Bars)
    css, script = ((TEMPLATES / name).read_text(encoding="utf-8") for name in ("report.css", "report.js"))
    template = environment.get_template("report.html.j2")
    return template.render(document=of, css=css, script=script, picture=svg.picture, colours=svg.COLOURS)


def overview(
    regression: Regression | None,
    benchmarks: Sequence[Record],
    models: Sequence[ModelRecord],
    goals: Sequence[GoalRow],
) -> tuple[tuple[Card, ...], bool]:
    """Return the figures on top, and whether all is well: what ran passed, and every start was exact."""
    statuses = [result.status for result in regression.results] if regression else []
    judged = [status for status in statuses if status not in ("NOT-RUN", "WAIVED")]
    passed = judged.count("PASS")
    exact = [sample.exact for each in benchmarks for sample in each.samples] + [each.exact for each in models]
    tone: Tone = "good" if passed == len(judged) else "bad"
    cards = [Card(f"{passed} / {len(judged)}", "tests passed", tone, "simulated")]
    for status, label in (("FLAKY", "flaky"), ("WAIVED", "waived"), ("NOT-RUN", "not run")):
        if status in statuses:
            cards.append(Card(str(statuses.count(status)), label, sections.TONES[status]))
    for name, points in figures.coverage_points(regression.coverage if regression else {}).items():
        hit, bins = (sum(getattr(point, field) for point in points) for field in ("hit", "bins"))
        cards.append(Card(f"{100 * hit / max(bins, 1):.1f} %", f"functional coverage, {name}", "", "simulated"))
    kinds = {each.kind for each in benchmarks} | {each.kind for each in models}
    kind: Source | None = next(iter(kinds)) if len(kinds) == 1 else None
    starts = f"{exact.count(True):,} / {len(exact):,}".replace(",", "\u202f")
    cards.append(Card(starts, "replayed starts exact", "good" if all(exact) else "bad", kind))
    if goals:
        met, sources = sum(goal.met for goal in goals), {goal.source for goal in goals}
        source = next(iter(sources)) if len(sources) == 1 else None
        cards.append(Card(f"{met} / {len(goals)}", "goals met", "good" if met == len(goals) else "bad", source))
    return tuple(cards), (regression is None or regression.exit_code == 0) and all(exact)

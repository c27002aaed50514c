# SPDX-License-Identifier: Apache-2.0
"""Writes the report: one HTML file with everything inline, from regression results and benchmark records."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from golden.errors import InputError, MachineError
from harness.atomic import replace_text
from harness.bench import mamba2_record, record, speed, ternary_record
from harness.bench.mamba2_record import Mamba2Record
from harness.bench.model_record import ModelRecord
from harness.bench.record import Record
from harness.bench.ternary_record import TernaryRecord
from harness.regress import results as regress
from harness.regress.results import Regression
from reports import figures, mamba2, ternary

TEMPLATES = Path(__file__).parent / "templates"


def write(path: Path, results: Path, records: Path) -> Path:
    """Write the report to `path`, whole or not at all; what does not exist yet is said to be missing in the report.

    Raises:
        InputError: there is neither a result nor a record, or one is malformed.
        MachineError: `path` cannot be written.
    """
    regression = regress.read(results) if results.exists() else None
    benchmarks = record.read(records) if records.exists() else ()
    models = mamba2_record.read(records.with_name("mamba2.jsonl"))
    bitnets = ternary_record.read(records.with_name("ternary.jsonl"))
    if regression is None and not benchmarks and not models and not bitnets:
        raise InputError(f"report: found neither {results} nor {records}; run krait regress and krait bench first")
    text = render(regression, benchmarks, speed.read(records.with_name("speed.jsonl")), models, bitnets)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if models:
            replace_text(path.with_name("mamba2.md"), mamba2.markdown(models))
        if bitnets:
            replace_text(path.with_name("ternary.md"), ternary.markdown(bitnets))
        replace_text(path, text)
    except OSError as error:
        raise MachineError(f"cannot write report {path}: {error.strerror or error}; choose another --out") from error
    return path


def render(
    regression: Regression | None,
    benchmarks: tuple[Record, ...],
    speeds: tuple[speed.SpeedRecord, ...] = (),
    models: tuple[Mamba2Record, ...] = (),
    bitnets: tuple[TernaryRecord, ...] = (),
) -> str:
    """Return the report as HTML."""
    newest = figures.newest(benchmarks)
    starts: tuple[ModelRecord, ...] = (*mamba2.newest(models), *ternary.newest(bitnets))
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["share"] = lambda value: f"{100 * value:.1f} %"
    environment.filters["count"] = lambda value: f"{value:,}".replace(",", "\u202f")
    environment.filters["fixed"] = lambda value, digits=1: f"{value:,.{digits}f}".replace(",", "\u202f")
    points = figures.coverage_points(regression.coverage) if regression else {}
    return environment.get_template("report.html.j2").render(
        css=(TEMPLATES / "report.css").read_text(),
        regression=regression,
        verdict=_verdict(regression, newest, starts),
        coverage=points,
        performance=[figures.performance(each) for each in newest],
        layers=[(each, figures.layers(each)) for each in newest if len(figures.layers(each)) > 1],
        goals=figures.goals(newest),
        sections=(mamba2.section(models), ternary.section(bitnets)),
        speeds=figures.newest_speed(speeds),
        provenance=_provenance(regression, newest, starts),
    )


def _verdict(
    regression: Regression | None, benchmarks: tuple[Record, ...], models: tuple[ModelRecord, ...]
) -> dict[str, int | bool]:
    statuses = [result.status for result in regression.results] if regression else []
    return {
        "passed": statuses.count("PASS"),
        "failed": statuses.count("FAIL"),
        "skipped": statuses.count("NOT-RUN"),
        "starts": sum(len(each.samples) for each in benchmarks) + len(models),
        "inexact": sum(not sample.exact for each in benchmarks for sample in each.samples)
        + sum(not each.exact for each in models),
        "good": (regression is None or regression.exit_code == 0)
        and all(each.exact for each in benchmarks)
        and all(each.exact for each in models),
    }


def _provenance(
    regression: Regression | None, benchmarks: tuple[Record, ...], models: tuple[ModelRecord, ...]
) -> dict[str, dict[str, str]]:
    """Return what made each part, as rows of name and value."""
    parts = {"regression": regression.provenance} if regression else {}
    parts |= {f"{each.workload}, {each.board}, {each.memory} memory": each.provenance for each in benchmarks}
    parts |= {f"{each.title}, {each.board} {each.config}, {each.memory} memory": each.provenance for each in models}
    return {
        name: {
            "time": made.time_utc,
            "revision": made.revision + (" + local changes" if made.dirty else ""),
            "krait": made.krait,
            "python": made.python,
            "machine": f"{made.machine}, {made.cores} cores, {made.cpu}",
            "tools": ", ".join(f"{tool} {version}" for tool, version in made.tools.items()),
        }
        for name, made in parts.items()
    }

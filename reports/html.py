# SPDX-License-Identifier: Apache-2.0
"""Writes the report: one HTML file with everything inline, from regression results and benchmark records."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from golden.errors import InputError, MachineError
from harness.atomic import replace_text
from harness.bench import record, speed
from harness.bench.record import Record
from harness.regress import results as regress
from harness.regress.results import Regression
from reports import figures

TEMPLATES = Path(__file__).parent / "templates"


def write(path: Path, results: Path, records: Path) -> Path:
    """Write the report to `path`, whole or not at all; what does not exist yet is said to be missing in the report.

    Raises:
        InputError: there is neither a result nor a record, or one is malformed.
        MachineError: `path` cannot be written.
    """
    regression = regress.read(results) if results.exists() else None
    benchmarks = record.read(records) if records.exists() else ()
    if regression is None and not benchmarks:
        raise InputError(f"report: found neither {results} nor {records}; run krait regress and krait bench first")
    text = render(regression, benchmarks, speed.read(records.with_name("speed.jsonl")))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_text(path, text)
    except OSError as error:
        raise MachineError(f"cannot write report {path}: {error.strerror or error}; choose another --out") from error
    return path


def render(
    regression: Regression | None, benchmarks: tuple[Record, ...], speeds: tuple[speed.SpeedRecord, ...] = ()
) -> str:
    """Return the report as HTML."""
    newest = figures.newest(benchmarks)
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
        verdict=_verdict(regression, newest),
        coverage=points,
        performance=[figures.performance(each) for each in newest],
        layers=[(each, figures.layers(each)) for each in newest if len(figures.layers(each)) > 1],
        goals=figures.goals(newest),
        speeds=figures.newest_speed(speeds),
        provenance=_provenance(regression, newest),
    )


def _verdict(regression: Regression | None, benchmarks: tuple[Record, ...]) -> dict[str, int | bool]:
    statuses = [result.status for result in regression.results] if regression else []
    return {
        "passed": statuses.count("PASS"),
        "failed": statuses.count("FAIL"),
        "skipped": statuses.count("NOT-RUN"),
        "starts": sum(len(each.samples) for each in benchmarks),
        "inexact": sum(not sample.exact for each in benchmarks for sample in each.samples),
        "good": (regression is None or regression.exit_code == 0) and all(each.exact for each in benchmarks),
    }


def _provenance(regression: Regression | None, benchmarks: tuple[Record, ...]) -> dict[str, dict[str, str]]:
    """Return what made each part, as rows of name and value."""
    parts = {"regression": regression.provenance} if regression else {}
    parts |= {f"{each.workload}, {each.board}, {each.memory} memory": each.provenance for each in benchmarks}
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

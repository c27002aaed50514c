# SPDX-License-Identifier: Apache-2.0
"""`krait`: the command line, and the one place that joins golden, harness, boards and reports."""

import os
import sys
from pathlib import Path
from typing import Annotated

import click
import typer

from golden.errors import CheckError, InputError, KraitError
from harness import console
from harness.paths import build_dir

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
vectors_app = typer.Typer(no_args_is_help=True, help="Make, check and compare test-vector bundles.")
board_app = typer.Typer(no_args_is_help=True, help="List boards, show their facts, test them.")
app.add_typer(vectors_app, name="vectors")
app.add_typer(board_app, name="board")

Seed = Annotated[int | None, typer.Option(help="Seed of the run; without it KRAIT_SEED, or 1.")]
Out = Annotated[Path | None, typer.Option(help="Folder for what is written; without it below build/.")]
Config = Annotated[str, typer.Option(help="Kernel configuration, as in golden/spec/configs.")]


@app.callback()
def _options(debug: Annotated[bool, typer.Option(help="Show the traceback of an error.")] = False) -> None:
    """Verify and benchmark hand-written Verilog accelerators."""
    if debug:
        os.environ["KRAIT_DEBUG"] = "1"


@app.command()
def doctor() -> None:
    """Say what is installed, what is missing and how to get it; exit code 3 if a needed tool is missing."""
    from rich.table import Table

    from harness.toolchain import doctor as examine

    table = Table("tool", "version", "status", "where", "how to get it", box=None)
    rows = examine()
    for row in rows:
        table.add_row(row.tool, row.version, row.status, str(row.path or ""), "" if row.status == "ok" else row.remedy)
    console.out.print(table)
    if any(row.status != "ok" and row.needed for row in rows):
        raise typer.Exit(3)


@app.command()
def gen(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail if a file is stale.")] = False,
) -> None:
    """Write headers, wrappers, typed offsets and tables from golden/spec."""
    from harness import generate

    if check:
        generate.check()
        console.say("generated files are fresh")
    else:
        changed = generate.write()
        console.say("\n".join(f"wrote {path}" for path in changed) or "generated files were fresh")


@app.command()
def lint() -> None:
    """Run ruff, mypy --strict, and Verilator, Icarus and Yosys on the Verilog."""
    from harness.lint import run_all

    problems = run_all(console.say)
    if problems:
        raise CheckError(f"lint: {problems} of the checks above failed")


@app.command()
def regress(
    names: Annotated[list[str] | None, typer.Argument(help="Suites, tests or patterns (random_*).")] = None,
    jobs: Annotated[int, typer.Option(help="Simulations at a time.")] = os.cpu_count() or 1,
    seed: Seed = None,
    out: Out = None,
) -> None:
    """Run simulations against the golden model: the suite `smoke`, or what is named. Exit code 1 if one fails."""
    from harness import bundles
    from harness.regress import results, run
    from harness.regress.plan import plan

    entries = plan(names or ["smoke"], seed)
    folder = out or build_dir() / "regress"
    bundle = bundles.make_model("bitnet-tiny", "sim")
    outcome = run.run(entries, folder, bundle, jobs, console.RunView())
    results.save(folder, outcome)
    _show_regression(outcome, folder)
    raise typer.Exit(outcome.exit_code)


def _show_regression(outcome: "results.Regression", folder: Path) -> None:  # type: ignore[name-defined]  # noqa: F821
    from harness.regress.results import share

    counts = {status: sum(r.status == status for r in outcome.results) for status in ("PASS", "FAIL", "NOT-RUN")}
    for result in outcome.results:
        if result.status == "FAIL":
            console.say(f"\n{result.name}: {result.reason}\n  log:    {folder / result.log}\n  repeat: {result.repeat}")
    for group, points in outcome.coverage.items():
        hit, bins = share(points)
        console.say(f"coverage of {group}: {hit} of {bins} bins")
    words = f"{counts['PASS']} passed, {counts['FAIL']} failed, {counts['NOT-RUN']} skipped"
    console.say(f"{words} in {outcome.seconds:.0f} s; results: {folder / 'results.json'}, {folder / 'junit.xml'}")


@vectors_app.command("make")
def vectors_make(
    config: Config = "sim",
    model: Annotated[str | None, typer.Option(help="Zoo model whose linear layers are captured.")] = None,
    tokens: Annotated[int, typer.Option(help="Tokens of held-out text that the model reads.")] = 64,
    shape: Annotated[str | None, typer.Option(help="ROWSxCOLS of random matrices instead of a model.")] = None,
    starts: Annotated[int, typer.Option(help="Random matrices.")] = 1,
    seed: Seed = None,
    out: Out = None,
) -> None:
    """Make a bundle from a model's layers or at random, and print where it is."""
    from harness import bundles

    if (model is None) == (shape is None):
        raise InputError("vectors make: give either --model or --shape")
    if model is not None:
        path = bundles.make_model(model, config, tokens, out)
    else:
        rows, cols = _parse_shape(shape or "")
        path = bundles.make_random(rows, cols, starts, config, seed=bundles.SEED if seed is None else seed, out=out)
    console.say(str(path))


def _parse_shape(text: str) -> tuple[int, int]:
    rows, cross, cols = text.partition("x")
    if not (cross and rows.isdecimal() and cols.isdecimal()):
        raise InputError(f"--shape: found {text!r}, expected ROWSxCOLS such as 1536x4096")
    return int(rows), int(cols)


@vectors_app.command("check")
def vectors_check(
    path: Path, config: Annotated[str | None, typer.Option(help="Also check that it fits this.")] = None
) -> None:
    """Check a bundle's structure, hashes and references, and its results against the golden model."""
    from golden import vectors
    from golden.spec.configs import load_config
    from golden.ternary.bundles import check_results

    bundle = vectors.load(path, load_config("tern_matvec", config) if config else None)
    check_results(bundle, load_config("tern_matvec", bundle.manifest.config))
    console.say(f"{bundle.name}: {len(bundle.manifest.cases)} cases, {len(bundle.tensors)} tensors, all good")


@vectors_app.command("diff")
def vectors_diff(first: Path, second: Path) -> None:
    """Tell how two bundles differ; exit code 1 if they do."""
    from golden import vectors

    lines = vectors.diff(vectors.load(first), vectors.load(second))
    console.say("\n".join(lines) or "no difference")
    raise typer.Exit(1 if lines else 0)


@app.command()
def bench(
    board: Annotated[str, typer.Option(help="sim, sim:u280.")] = "sim",
    all_boards: Annotated[
        bool, typer.Option("--all", help="Every workload on every virtual board, and speed.")
    ] = False,
    bundle: Annotated[Path | None, typer.Option(help="Replay this bundle instead of the board's workloads.")] = None,
    memory: Annotated[str, typer.Option(help="With --bundle: ideal or model.")] = "ideal",
    out: Out = None,
) -> None:
    """Replay bundles on a board, check every result, record cycles. Exit code 1 if a result or a goal is missed."""
    from boards import bench as benchmarks

    records = (out or build_dir() / "bench") / "records.jsonl"
    if bundle is not None:
        good = benchmarks.run_bundle(board, bundle, memory, records)
    else:
        good = benchmarks.run_workloads(None if all_boards else board, records)
        good = (benchmarks.run_speed(records.with_name("speed.jsonl")) if all_boards else True) and good
    raise typer.Exit(0 if good else 1)


@app.command()
def report(
    out: Annotated[Path | None, typer.Option(help="The HTML file; without it build/report/index.html.")] = None,
    records: Annotated[Path | None, typer.Option(help="Benchmark records; without it the newest.")] = None,
    results: Annotated[Path | None, typer.Option(help="Regression results; without it the newest.")] = None,
) -> None:
    """Write one offline HTML file from the regression's results and the benchmark's records."""
    from reports.html import write

    path = write(
        out or build_dir() / "report" / "index.html",
        results=results or build_dir() / "regress" / "results.json",
        records=records or build_dir() / "bench" / "records.jsonl",
    )
    console.say(f"report: {path}")


@board_app.command("list")
def board_list() -> None:
    """List the boards."""
    from boards.facts import known_boards, load_board

    for name in known_boards():
        facts = load_board(name)
        console.say(f"{name:8} {facts.kind:9} {facts.title}")


@board_app.command("info")
def board_info(name: str) -> None:
    """Show a board's declared facts."""
    from dataclasses import asdict

    from boards.facts import load_board

    for key, value in asdict(load_board(name.removeprefix("sim:"))).items():
        console.say(f"{key:12} {value}")


@board_app.command("selftest")
def board_selftest(name: str = "sim") -> None:
    """Open a board, check identity and registers, write and read its memory, run one small product."""
    from boards import bench as benchmarks

    console.say(benchmarks.selftest(name))


def main() -> None:
    """Run the command line: one line and an exit code for every error that krait knows."""
    try:
        code = app(standalone_mode=False)
    except click.exceptions.Abort:
        code = 130
    except click.ClickException as error:
        console.error(error.format_message())
        code = 2
    except KraitError as error:
        if os.environ.get("KRAIT_DEBUG"):
            raise
        console.error(str(error))
        code = error.exit_code
    sys.exit(code)

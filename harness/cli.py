# SPDX-License-Identifier: Apache-2.0
"""`krait`: the command line, and the one place that joins golden, harness, boards and reports."""

import importlib.metadata
import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Annotated

import typer
from typer.exceptions import TyperException

from golden.errors import CheckError, InputError, KraitError, MachineError
from harness import (
    cli_bitstream,
    cli_cover,
    cli_coverage,
    cli_formal,
    cli_generate,
    cli_history,
    cli_layers,
    cli_model,
    cli_mutate,
    cli_newdut,
    cli_power,
    cli_program,
    cli_regress,
    cli_replay,
    cli_synth,
    cli_testplan,
    console,
    junit_files,
)
from harness.atomic import writable_dir
from harness.paths import ROOT, build_dir

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
vectors_app = typer.Typer(no_args_is_help=True, help="Make, check and compare test-vector bundles.")
board_app = typer.Typer(no_args_is_help=True, help="List boards, show their facts, test them.")
app.add_typer(vectors_app, name="vectors")
app.add_typer(board_app, name="board")
app.add_typer(cli_model.app, name="model")
app.add_typer(cli_coverage.app, name="coverage")
board_app.command()(cli_bitstream.bitstream)
app.command()(cli_generate.generate)
app.command()(cli_synth.synth)
app.command()(cli_formal.formal)
app.command()(cli_mutate.mutate)
app.command()(cli_layers.layers)
app.command()(cli_newdut.new_dut)
app.command()(cli_replay.replay)
app.command()(cli_regress.regress)
app.command("testplan")(cli_testplan.progress)
app.command()(cli_cover.cover)
board_app.command("power")(cli_power.power)
board_app.command("program")(cli_program.program)

Seed = Annotated[int | None, typer.Option(help="Seed of the run; without it KRAIT_SEED, or 1.")]
Out = Annotated[Path | None, typer.Option(help="Folder for what is written; without it below build/.")]
Config = Annotated[str, typer.Option(help="Kernel configuration, as in golden/spec/configs.")]
Jobs = Annotated[int, typer.Option(min=1, help="Processes at a time.")]
BundleDir = Annotated[Path, typer.Argument(help="Folder of a bundle.")]
CORES = os.cpu_count() or 1
WHOLE = ("mamba2_accel", "ternary_accel")
"""Kernels of whole models."""


def _version(wanted: bool) -> None:
    if wanted:
        console.say(f"krait {importlib.metadata.version('krait')}")
        raise typer.Exit


@app.callback()
def _options(
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version and exit.", is_eager=True, callback=_version)
    ] = False,
) -> None:
    """Verify and benchmark hand-written Verilog accelerators.

    Exit codes: 0 good, 1 a check failed, 2 the input is at fault, 3 the machine, a tool or a device is.
    """
    if debug:
        os.environ["KRAIT_DEBUG"] = "1"


@app.command()
def doctor() -> None:
    """Say what is installed, what is missing and how to get it, which boards are here; exit code 3 if a tool lacks."""
    from boards.present import BOARDS, findings
    from harness.toolchain import doctor as examine

    lacking = False
    for row in examine():
        console.say(f"{row.status:16} {row.tool:16} {row.version:20} {row.path}".rstrip())
        if row.status != "ok":
            console.say(f"{'':16} {'needed' if row.needed else 'optional'}: {row.remedy}")
            lacking |= row.needed
    for tag in BOARDS:
        for found in findings(tag):
            console.say(f"{found.status:16} {f'board {tag}':16} {found.what}: {found.text}")
    if lacking:
        raise MachineError(
            "doctor: a needed tool is missing or of the wrong version; the lines above say how to get it"
        )


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
    """Run ruff, mypy --strict, tclint, and Verilator, Icarus and Yosys on the Verilog."""
    from harness.lint import run_all

    problems = run_all(console.say)
    if problems:
        raise CheckError(f"lint: {problems} of the checks above failed")


@app.command("test")
def run_tests(
    paths: Annotated[list[str] | None, typer.Argument(help="Test files or folders; all without.")] = None,
    jobs: Jobs = CORES,
    seed: Seed = None,
    power_up: Annotated[
        bool, typer.Option("--power-up", help="Only tests on Icarus; registers begin with random values, not with X.")
    ] = False,
    cov: Annotated[
        bool, typer.Option("--cov", help="Unit tests on Verilator leave code coverage in build/test/coverage.ucisdb.")
    ] = False,
    edges: Annotated[
        bool, typer.Option("--edges/--no-edges", help="With --cov: edges of bits, most of its cost.")
    ] = True,
    resume: Annotated[
        bool, typer.Option("--resume", help="With --cov: tests that passed before on this RTL do not run again.")
    ] = False,
) -> None:
    """Run the tests with pytest. Exit code 1 if one fails or none runs; JUnit goes to build/test.

    Of all tests it is junit.xml; each choice of them has a file of its own, until all run again.
    """
    if importlib.util.find_spec("pytest") is None:
        raise MachineError(f"no pytest: not installed for {sys.executable}; pip install -e '.[dev]'")
    choice = (*(paths or ()), *(("--power-up",) if power_up else ()), *(("--cov",) if cov else ()))
    junit = junit_files.place(writable_dir(build_dir() / "test"), choice)
    command = [sys.executable, "-m", "pytest", f"--junitxml={junit}"]
    command += ["-n", str(jobs)] if jobs > 1 else []
    command += ["--seed", str(seed)] if seed is not None else []
    command += ["-m", f"{'' if power_up else 'not '}icarus and not nightly"] if power_up or cov else []
    environment = os.environ | ({"KRAIT_POWER_UP": "1"} if power_up else {})
    with cli_coverage.of_units(cov, edges, resume, seed) as more:
        code = subprocess.run([*command, *(paths or [])], cwd=ROOT, env=environment | more, check=False).returncode
    if code in (0, 1):
        junit_files.supersede(junit)
    # pytest: 0 good, 1 failures, 2 interrupted, 3 internal error, 4 wrong usage, 5 nothing collected
    nothing = 0 if resume and cli_coverage.finished(paths or ()) else 1
    raise typer.Exit({0: 0, 1: 1, 2: 130, 4: 2, 5: nothing}.get(code, 3))


@vectors_app.command("make")
def vectors_make(
    config: Config = "sim",
    model: Annotated[str | None, typer.Option(help="Zoo model whose linear layers or units are captured.")] = None,
    tokens: Annotated[int, typer.Option(help="Tokens of held-out text that a ternary model reads.")] = 64,
    shape: Annotated[str | None, typer.Option(help="ROWSxCOLS of random matrices instead of a model.")] = None,
    starts: Annotated[int, typer.Option(help="Random matrices.")] = 1,
    profile: Annotated[str | None, typer.Option(help="Integer profile: every Mamba2 unit, layer and model.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="CHOICE=VALUE of the profile, such as hadamard=off; repeatable.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(help="Of what is drawn; without it KRAIT_SEED, or the one of all records.")
    ] = None,
    out: Out = None,
) -> None:
    """Make a bundle from a model's layers, from the units of a profile or at random, and print where it is."""
    from harness import bundles
    from harness.sim.runner import run_seed

    if (model is not None or profile is not None) == (shape is not None):
        raise InputError("vectors make: give either --model (with --profile for Mamba2) or --shape, and not both")
    if settings and profile is None:
        raise InputError("vectors make: found --set without --profile; expected the profile that it changes")
    out = None if out is None else writable_dir(out)
    seed = run_seed(seed, bundles.SEED)
    if profile is not None:
        path = bundles.make_mamba2(profile, model or bundles.MAMBA2_MODELS[0], tuple(settings or ()), seed, out)
    elif model is not None:
        path = bundles.make_model(model, config, tokens, out)
    else:
        rows, cols = _parse_shape(shape or "")
        path = bundles.make_random(rows, cols, starts, config, seed=seed, out=out)
    console.say(str(path))


def _parse_shape(text: str) -> tuple[int, int]:
    rows, cross, cols = text.partition("x")
    if not (cross and rows.isdecimal() and cols.isdecimal()):
        raise InputError(f"--shape: found {text!r}, expected ROWSxCOLS such as 1536x4096")
    return int(rows), int(cols)


@vectors_app.command("check")
def vectors_check(
    path: BundleDir,
    config: Annotated[str | None, typer.Option(help="Also check that the bundle fits this configuration.")] = None,
) -> None:
    """Check a bundle's structure, hashes and references, and its results against the golden model."""
    from harness import bundles

    console.say(bundles.check(path, config))


@vectors_app.command("diff")
def vectors_diff(first: BundleDir, second: BundleDir) -> None:
    """Tell how two bundles differ; exit code 1 if they do."""
    from golden import vectors

    lines = vectors.diff(vectors.load_any(first), vectors.load_any(second))
    console.say("\n".join(lines) or "no difference")
    raise typer.Exit(1 if lines else 0)


@app.command()
@cli_history.remembered
def bench(
    board: Annotated[str, typer.Option(help="sim, sim:u280 and the like, or a physical one such as vc709.")] = "sim",
    all_boards: Annotated[
        bool, typer.Option("--all", help="Every short workload on every virtual board, and speed.")
    ] = False,
    kernel: Annotated[
        str | None, typer.Option(help="tern_matvec, mamba2_accel or ternary_accel; all without it.")
    ] = None,
    bundle: Annotated[Path | None, typer.Option(help="Replay this bundle instead of the board's workloads.")] = None,
    memory: Annotated[
        str | None, typer.Option(help="ideal or model; for whole models also worse (a model 10 % less efficient), all.")
    ] = None,
    config: Annotated[str | None, typer.Option(help="Of a kernel of whole models; without it the board's.")] = None,
    model: Annotated[
        str | None,
        typer.Option(
            help="mamba2_accel: tiny, 130m, 2.7b. ternary_accel: bitnet-tiny, bitnet-0.73b, bitnet-2b-4t. Large ones "
            "are generated."
        ),
    ] = None,
    workload: Annotated[
        str | None,
        typer.Option(
            help="tgN, N decode steps, or ppN, a prompt of N tokens. ternary_accel: tgN@C behind C positions, "
            "sharedB@C+S, B texts of S positions behind a prefix of C. On a physical board tgN@dC of either kernel, "
            "several with commas; pp64, pp512, tg128 and tg128@d1024 without."
        ),
    ] = None,
    layers: Annotated[
        int | None, typer.Option(help="Of ternary_accel's model only so many layers; the records say so.")
    ] = None,
    overlay: Annotated[
        Path | None, typer.Option(help="Overlay file of a physical board; without it the newest that was built for it.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="On a physical board: leave out what an interrupted run measured already.")
    ] = False,
    sweep: Annotated[
        bool, typer.Option("--sweep", help="Cycles against cells of configurations around a small one of mamba2_accel.")
    ] = False,
    bdf: Annotated[
        str | None,
        typer.Option(help="Of a physical board's power: PCI address of one of several Alveo cards."),
    ] = None,
    via: Annotated[
        str | None, typer.Option(help="Of the same: words that run a command on a VCK190's system controller.")
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option(
            help="cpu, gpu or all: models in PyTorch on this machine instead; tgN@dC, N steps behind C positions."
        ),
    ] = None,
    dtype: Annotated[str | None, typer.Option(help="Of a baseline, float32 or bfloat16; both without it.")] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Of a baseline on the CPU; PyTorch's own without.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of the random matrices; without it the one of all records.")] = None,
    against: cli_history.Against = None,
    database: cli_history.Database = None,
    out: Out = None,
) -> None:
    """Replay bundles and models on a board, check every result, record cycles. Exit code 1 if one or a goal is missed.

    Without --kernel the tiny models run on the board `sim`; full-size ones run only when they are named. Whole models
    on a physical board are measured with their energy, where it has sensors. With --baseline models run in PyTorch:
    bitnet-tiny, mamba2-tiny, or of published shapes, such as 130m, bitnet-0.73b.
    """
    from boards import bench as benchmarks
    from boards import mamba2_bench, ternary_bench
    from harness.bench import baseline_record, baseline_run
    from harness.bench import measured as measured_records

    _check_baseline(baseline, (dtype, threads), (kernel, bundle, memory, config, layers), sweep or all_boards)
    _check_bench(kernel, bundle, sweep, (config, *(() if baseline else (model, workload))), layers)
    records = writable_dir(out or build_dir() / "bench") / "records.jsonl"
    baselines = records.with_name(baseline_record.RECORDS)
    if baseline is not None:
        from boards.baseline_energy import follower
        from harness.bench import energy_record

        wanted = baseline_run.asked(baseline, model, workload, dtype, threads)
        follow = follower(records.with_name(energy_record.RECORDS))
        raise typer.Exit(0 if baseline_run.run(wanted, baselines, follow=follow) else 1)
    if sweep:
        from boards.mamba2_sweep import run_sweep

        raise typer.Exit(0 if run_sweep(config or "sim", records.with_name("sweep.jsonl")) else 1)
    if board.partition(":")[0] != "sim":
        _not_on_boards(board, memory, sweep or all_boards)
        measured = records.with_name(measured_records.RECORDS)
        if kernel in WHOLE:
            from boards.model_energy import metering
            from boards.model_measure import run as run_model
            from boards.power.open import open_source

            power = metering(lambda: open_source(board, bdf=bdf, via=via))
            good = run_model(board, kernel, measured, model, workload, overlay, config, resume, power, layers)
        else:
            from boards.measure import run
            from harness.bundles import SEED

            good = run(board, measured, bundle, overlay, resume, SEED if seed is None else seed)
        raise typer.Exit(0 if good else 1)
    if resume or any(each is not None for each in (overlay, bdf, via)):
        raise InputError(f"bench: --overlay, --resume, --bdf and --via are for physical boards, found --board {board}")
    good = True
    mamba2_records = records.with_name(mamba2_bench.RECORDS)
    if bundle is not None:
        good = benchmarks.run_bundle(board, bundle, memory or "ideal", records)
    elif kernel == "mamba2_accel":
        good = mamba2_bench.run(mamba2_bench.asked(board, config, model, workload, memory), mamba2_records)
    elif kernel == "ternary_accel":
        start = ternary_bench.asked(board, config, model, workload, memory, layers)
        good = ternary_bench.run(start, records.with_name(ternary_bench.RECORDS))
    else:
        good = benchmarks.run_workloads(None if all_boards else board, records, seed)
        good = (benchmarks.run_speed(records.with_name("speed.jsonl")) if all_boards else True) and good
        good = (benchmarks.run_overhead(records.with_name("overhead.jsonl")) if all_boards else True) and good
        if kernel is None and (all_boards or board == "sim"):
            good = mamba2_bench.run_quick(mamba2_records) and good
            good = ternary_bench.run_quick(records.with_name(ternary_bench.RECORDS)) and good
        if all_boards and kernel is None:
            good = baseline_run.run(baseline_run.asked("all"), baselines, baseline_run.SHORT) and good
    raise typer.Exit(0 if good else 1)


def _check_baseline(baseline: str | None, own: tuple[object, ...], of_boards: tuple[object, ...], more: bool) -> None:
    """Raise InputError where --baseline meets options `of_boards`, or its `own` stand without it."""
    if baseline is None and any(each is not None for each in own):
        raise InputError("bench: --dtype and --threads need --baseline")
    if baseline is not None and (more or any(each is not None for each in of_boards)):
        raise InputError("bench: --baseline runs on no board; found an option of boards beside it, expected none")


def _check_bench(
    kernel: str | None, bundle: Path | None, sweep: bool, of_models: tuple[str | None, ...], layers: int | None
) -> None:
    """Raise InputError where options of `bench` do not go together; `of_models` are those of whole models."""
    if kernel not in (None, "tern_matvec", *WHOLE):
        raise InputError(f"--kernel: found {kernel!r}, expected tern_matvec, {' or '.join(WHOLE)}")
    if kernel in WHOLE and bundle is not None:
        raise InputError("bench: --bundle is for tern_matvec")
    if kernel not in WHOLE and not sweep and any(each is not None for each in of_models):
        raise InputError(f"bench: --config, --model and --workload need --kernel {' or '.join(WHOLE)}")
    if kernel != "ternary_accel" and layers is not None:
        raise InputError("bench: --layers needs --kernel ternary_accel")


def _not_on_boards(board: str, memory: str | None, more: bool) -> None:
    """Raise InputError for an unknown board, and for what `bench` does on virtual boards alone."""
    from boards.facts import load_board

    load_board(board)
    if more or memory is not None:
        raise InputError("bench: --memory, --sweep and --all are for virtual boards")


@app.command()
def report(
    out: Annotated[Path | None, typer.Option(help="The HTML file; without it build/report/index.html.")] = None,
    records: Annotated[Path | None, typer.Option(help="Benchmark records; without it the newest.")] = None,
    results: Annotated[Path | None, typer.Option(help="Regression results; without it the newest.")] = None,
    vivado: Annotated[
        list[Path] | None,
        typer.Option(help="Vivado's utilization, timing summary and power reports, or a folder of them; repeatable."),
    ] = None,
    history: Annotated[bool, typer.Option("--history", help="Also figures over revisions, from the history.")] = False,
    database: cli_history.Database = None,
) -> None:
    """Write one offline HTML file from results and records, and the same figures as report.md and report.json."""
    from harness.bench import baseline_record, energy_record, measured, record
    from harness.closure import record as closure_record
    from harness.formal import record as formal_record
    from harness.mutate import reasons as mutation_reasons
    from harness.mutate import record as mutation_record
    from harness.synth import record as synth_record
    from harness.synth import vivado as vivado_reports
    from reports import baselines, boards, closure, coverage, energy, errors, formal, mutation, resources
    from reports.html import starts, write

    for option, given in (("--records", records), ("--results", results)):
        if given is not None and not given.is_file():
            raise InputError(f"report: {option}: found no file {given}; expected one that krait wrote")
    for place in vivado or ():
        if not place.exists():
            raise InputError(f"report: --vivado: found nothing at {place}; expected a report or a folder of reports")
    results = results or build_dir() / "regress" / "results.json"
    records = records or build_dir() / "bench" / "records.jsonl"
    page = out or build_dir() / "report" / "index.html"
    covered = cli_coverage.beside(results, page)
    virtual = record.read(records) if records.exists() else ()
    energies = energy_record.read(records.with_name(energy_record.RECORDS))
    more = (
        coverage.section(covered),
        boards.section(measured.read(records.with_name(measured.RECORDS)), virtual, starts(records)),
        baselines.section(starts(records), baseline_record.read(records.with_name(baseline_record.RECORDS)), energies),
        errors.section(errors.read(build_dir() / "accuracy")),
        energy.section(energies),
        formal.section(formal_record.read(build_dir() / "formal" / formal_record.FILE)),
        mutation.section(mutation_record.read(build_dir() / "mutate" / mutation_record.FILE), mutation_reasons.read()),
        closure.section(closure_record.read_all(build_dir() / "cover")),
        resources.section(synth_record.read_all(build_dir() / "synth"), vivado_reports.read(vivado or ())),
        *([cli_history.trends(records, database)] if history else []),
        cli_testplan.section(),
    )
    path = write(
        page,
        results=results,
        records=records,
        more=more,
    )
    console.say(f"report: {path}")


@board_app.command("list")
def board_list() -> None:
    """List the boards; of physical ones whether they are here, and whether what is there is as krait needs it."""
    from boards.facts import known_boards, load_board
    from boards.present import BOARDS, findings

    for name in known_boards():
        facts = load_board(name)
        console.say(f"{name:8} {facts.kind:9} {facts.title}")
        for found in findings(name) if name in BOARDS else ():
            console.say(f"{'':8} {found.status:9} {found.what}: {found.text}")


@board_app.command("info")
def board_info(name: Annotated[str, typer.Argument(help="Board, such as u280.")]) -> None:
    """Show a board's declared facts."""
    from dataclasses import asdict

    from boards.facts import load_board

    facts = load_board(name.removeprefix("sim:"))
    said = asdict(facts) | {"power": "n/a (simulated)" if name.startswith("sim:") else cli_power.info(facts)}
    for key, value in said.items():
        console.say(f"{key:12} {value}")


@board_app.command("selftest")
def board_selftest(
    name: Annotated[str, typer.Argument(help="sim, sim:u280, or a physical board such as vc709.")] = "sim",
    overlay: Annotated[
        Path | None, typer.Option(help="Overlay file of a physical board; without it the newest that was built for it.")
    ] = None,
) -> None:
    """Open a board, check identity, clock and memory; on a virtual one also run small products."""
    from boards.selftest import selftest

    console.say(selftest(name, overlay))


def main() -> None:
    """Run the command line: one line on standard error and an exit code for every error."""
    try:
        code = app(standalone_mode=False)
    except (typer.Abort, KeyboardInterrupt):
        code = 130
    except TyperException as error:
        if type(error).__name__ == "NoArgsIsHelpError":  # typer's own class for it is private
            console.say(error.format_message())
        else:
            console.error(error.format_message())
        code = 2
    except Exception as error:
        if os.environ.get("KRAIT_DEBUG"):
            raise
        line, code = _explain(error)
        console.error(line)
    sys.exit(code)


def _explain(error: Exception) -> tuple[str, int]:
    """Return the line and the exit code of an error."""
    if isinstance(error, KraitError):
        return str(error), error.exit_code
    if isinstance(error, OSError):
        return f"{error.filename or 'input/output'}: {error.strerror or error}", 3
    return f"internal error: {type(error).__name__}: {error}; krait --debug ... shows where", 3

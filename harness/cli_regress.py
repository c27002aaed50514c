# SPDX-License-Identifier: Apache-2.0
"""`krait regress`: which simulations, how they run, and what is said of them."""

import os
import secrets
import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from golden.errors import InputError
from harness import console
from harness.atomic import writable_dir
from harness.paths import build_dir

if TYPE_CHECKING:
    from harness.regress.results import Group, Regression
    from harness.regress.suites import Entry

REPEAT = "repeat"
TELL = 3
"""Results of a failure group that are named; the report has all."""


def regress(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            help="Suites (smoke, nightly, power_up, all), tests or patterns (random_*); TESTCASE, or smoke, without."
        ),
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Processes at a time.")] = os.cpu_count() or 1,
    seed: Annotated[
        str | None,
        typer.Option(help="Seed of the run, or repeat: those of the last run; without it SEED, KRAIT_SEED, or 1."),
    ] = None,
    seeds: Annotated[int | None, typer.Option(min=1, help="Seeds of each test; as the suite has it without.")] = None,
    reseed: Annotated[
        int | None, typer.Option(min=1, help="That many seeds of each test, from a seed of the run that is drawn anew.")
    ] = None,
    sim: Annotated[str | None, typer.Option(help="Only tests on verilator or icarus; SIM without it.")] = None,
    waves: Annotated[
        bool | None,
        typer.Option("--waves/--no-waves", help="FST waves of all runs, or of none; else of failures."),
    ] = None,
    cov: Annotated[
        bool | None,
        typer.Option("--cov/--no-cov", help="Code coverage by Verilator, added up in coverage.dat; or COV."),
    ] = None,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds of wall-clock time that a simulation may take.")] = (
        600.0
    ),
    rerun_failed: Annotated[
        bool, typer.Option("--rerun-failed", help="What did not pass in the last run, with the same seeds.")
    ] = False,
    executor: Annotated[str, typer.Option(help="Where simulations run: local, or dask://HOST:PORT.")] = "local",
    waivers: Annotated[
        Path | None, typer.Option(help="File of known failures; without it harness/regress/waivers.toml.")
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Keep nothing of a run of the same sources that was interrupted.")
    ] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for what is written; without it build/regress.")] = None,
) -> None:
    """Run simulations against the golden model, in parallel; what fails runs again with the same seed and waves.

    Exit codes: 0 all passed, 1 one failed, differed between two runs, was killed, or none ran, 3 the machine did it.
    """
    from harness.regress import run, variables
    from harness.regress import waivers as known
    from harness.regress.jobs import Options
    from harness.regress.plan import entries

    asked = variables.read(os.environ)
    selected = names or list(asked.names)
    folder = (out or build_dir() / "regress").resolve()
    of_variables = None if reseed or rerun_failed else asked.seed
    wanted = _Seeds(of_variables if seed is None else seed, seeds, reseed)
    chosen = _chosen(selected, folder, wanted, rerun_failed)
    chosen = _on(asked.sim if sim is None else variables.simulator("--sim", sim), chosen)
    options = Options(
        jobs=jobs,
        timeout_s=timeout,
        waves=asked.waves or None if waves is None else waves,
        cov=asked.cov if cov is None else cov,
        executor=executor,
        waivers=known.read(waivers or known.DEFAULT, entries()),
        fresh=fresh,
        bundle=cache(_bundle),
    )
    if reseed:
        console.say(f"seed of the run: {wanted.seed}")
    with _terminable(), console.RunView(len(chosen)) as view:
        outcome = run.run(chosen, writable_dir(folder), options, view)
    _show(outcome, folder)
    raise typer.Exit(outcome.exit_code)


class _Seeds:
    """What the options of seeds ask for."""

    def __init__(self, seed: str | None, seeds: int | None, reseed: int | None) -> None:
        """InputError where they do not go together, or a seed is none."""
        self.repeat = seed == REPEAT
        if seed is not None and not self.repeat and not seed.isdecimal():
            raise InputError(f"--seed: found {seed!r}, expected an integer from 0 on, or {REPEAT}")
        if reseed is not None and (seed is not None or seeds is not None):
            raise InputError("regress: --reseed draws seeds anew; found --seed, SEED or --seeds beside it")
        if self.repeat and seeds is not None:
            raise InputError(f"regress: --seed {REPEAT} takes the last run's seeds; found --seeds beside it")
        self.seed: int | None = None
        if reseed is not None:
            self.seed = secrets.randbelow(2**31)
        elif seed is not None and not self.repeat:
            self.seed = int(seed)
        self.seeds = reseed or seeds


def _chosen(names: Sequence[str], folder: Path, seeds: _Seeds, failed: bool) -> "tuple[Entry, ...]":
    """Return what is to be run. InputError where nothing is, or the last run cannot be read."""
    from harness.regress.plan import again, plan
    from harness.regress.results import read

    if failed or seeds.repeat:
        if seeds.seed is not None or seeds.seeds is not None:
            raise InputError("regress: --rerun-failed takes the last run's seeds; found an option of seeds beside it")
        return again(read(folder / "results.json"), names, failed)
    return plan(names or ["smoke"], seeds.seed, seeds.seeds)


def _on(sim: str | None, chosen: "tuple[Entry, ...]") -> "tuple[Entry, ...]":
    """Return the entries on a simulator. InputError when there are none."""
    found = tuple(entry for entry in chosen if sim is None or entry.simulator == sim)
    if not found:
        raise InputError(f"regress: found no test on {sim} among those that are named, expected one")
    return found


def _bundle() -> Path:
    """Make the test vectors of the tests that sample some."""
    from harness import bundles

    return bundles.make_model("bitnet-tiny", "sim")


@contextmanager
def _terminable() -> Iterator[None]:
    """End as on an interrupt, with all simulations, where a machine asks a job to end (SIGTERM)."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only there handlers can be set
        return
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _show(outcome: "Regression", folder: Path) -> None:
    from harness.regress.results import groups, share

    for group in groups(outcome.results):
        _show_group(group, folder)
    for name, points in outcome.coverage.items():
        hit, bins = share(points)
        console.say(f"coverage of {name}: {hit} of {bins} bins")
    for kind, found in outcome.code.items():
        console.say(f"code coverage, {kind}: {found.hit} of {found.points} points")
    statuses: list[str] = [result.status for result in outcome.results]
    words = {"PASS": "passed", "FAIL": "failed", "NOT-RUN": "skipped"}
    counts = {status: statuses.count(status) for status in (*words, *sorted(set(statuses) - set(words)))}
    told = ", ".join(f"{count} {words.get(status, status.lower())}" for status, count in counts.items())
    kept = f", {outcome.kept} of them kept from the interrupted run" if outcome.kept else ""
    files = ", ".join(str(folder / name) for name in ("results.json", "junit.xml"))
    console.say(f"{told}{kept} in {outcome.seconds:.0f} s; results: {files}")


def _show_group(group: "Group", folder: Path) -> None:
    """Tell a group of failures: the first in full, of some others what repeats them."""
    first = group.results[0]
    console.say(f"\n{group.status} {len(group.results)}x: {group.signature}")
    console.say(f"  {first.name}: {first.reason}")
    waves = folder / first.waves if first.waves else ""
    for what, text in (("note", first.note), ("log", folder / first.log), ("waves", waves)):
        if text:
            console.say(f"  {what + ':':7} {text}")
    for result in group.results[:TELL]:
        console.say(f"  repeat: {result.repeat}")
    if len(group.results) > TELL:
        console.say(f"  and {len(group.results) - TELL} more, in the report")

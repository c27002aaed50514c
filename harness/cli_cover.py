# SPDX-License-Identifier: Apache-2.0
"""`krait cover`: coverage closure of a kernel's random test, beside pure random where that is asked for."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness import console
from harness.atomic import writable_dir
from harness.paths import build_dir
from harness.sim.runner import run_seed

if TYPE_CHECKING:
    from harness.closure.grade import Ran
    from harness.closure.kernels import Kernel
    from harness.closure.loop import Run
    from harness.closure.plan import Batch
    from harness.closure.record import Closure
    from harness.closure.run import Asked
    from harness.regress.jobs import Options
    from harness.uvm.steer import Bin

CAP = 20.0
"""Times closure's cycles that pure random may take."""
GOAL_SPEEDUP = 5.0
ENDS = {"goal": "goal reached", "plateau": "plateau", "cycles": "limit of cycles", "failed": "a simulation failed"}
TELL = 20
"""Missing bins that are told; closure.json has all."""


def cover(
    kernel: Annotated[str, typer.Option(help="tern_matvec, mamba2_accel or ternary_accel.")] = "tern_matvec",
    goal: Annotated[float, typer.Option(min=0, max=100, help="Percent of the bins to reach.")] = 100.0,
    jobs: Annotated[int, typer.Option("--jobs", "-j", min=1, help="Processes at a time.")] = os.cpu_count() or 1,
    batch: Annotated[int, typer.Option(min=1, help="Simulations of a batch, at most.")] = 8,
    starts: Annotated[int | None, typer.Option(min=1, help="Starts of a simulation; the kernel's own without.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed of the run; without it KRAIT_SEED, or 1.")] = None,
    plateau: Annotated[int, typer.Option(min=1, help="Batches in a row without a new bin that end it.")] = 5,
    cycles: Annotated[int | None, typer.Option(min=1, help="Simulated cycles after which it ends.")] = None,
    compare: Annotated[
        bool, typer.Option("--compare", help="Then pure random as well, to the goal or --cap times the cycles.")
    ] = False,
    cap: Annotated[float, typer.Option(min=0.1, help="Times closure's cycles that --compare may take.")] = CAP,
    write_smoke: Annotated[
        bool, typer.Option("--write-smoke", help="Run the minimal list again, then put it into the smoke suite.")
    ] = False,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds of wall-clock time of a simulation.")] = 600.0,
    fresh: Annotated[bool, typer.Option("--fresh", help="Keep nothing of a run that was interrupted.")] = False,
    out: Annotated[Path | None, typer.Option(help="Folder for what is written; without it build/cover.")] = None,
) -> None:
    """Run random starts in batches, each led to bins that are still empty, until the goal or a plateau.

    Weights and values of knobs follow from the seed and the bins that were found, whatever -j is. Exit codes:
    0 the goal is reached, 1 it is not (what is missing is told) or a simulation failed.
    """
    from harness.closure import kernels, record
    from harness.closure.loop import Until
    from harness.closure.plan import Size
    from harness.closure.run import Asked
    from harness.regress.jobs import Options

    known = kernels.load(kernel)
    asked = Asked(run_seed(seed), Size(batch, starts or known.starts), Until(goal, plateau, cycles))
    folder = writable_dir((out or build_dir() / "cover").resolve() / kernel)
    options = Options(jobs=jobs, timeout_s=timeout, fresh=fresh)
    closure = _run(known, asked, folder, options, cap if compare else None, write_smoke)
    path = record.save(folder, closure)
    _show(closure)
    console.say(f"record: {path}")
    raise typer.Exit(_exit_code(closure))


def _run(
    kernel: "Kernel", asked: "Asked", folder: Path, options: "Options", cap: float | None, write_smoke: bool
) -> "Closure":
    """Close, compare and check the minimal list; all in one folder, so that all of it resumes."""
    from harness.closure import record, run, smoke
    from harness.closure.simulate import simulations
    from harness.provenance import collect
    from harness.regress.run import tools

    with simulations(folder, options, lambda *_: None) as simulate:
        closed = run.close(kernel, asked, _Told("closure", len(kernel.bins), simulate))
        random = None
        if closed.verdict != "failed":
            if cap is not None:
                random = run.undirected(kernel, asked, closed, cap, _Told("random", len(kernel.bins), simulate))
            path = run.shortest(kernel, closed, folder, simulate if write_smoke else None)
            if write_smoke:
                console.say(f"wrote {smoke.install(path, kernel.name)}")
        if simulate.kept:
            console.say(f"{simulate.kept} simulations kept from the interrupted run")
    return record.made(collect(tools()), kernel, asked.seed, asked.until.goal, closed, random)


class _Told:
    """Runs batches and tells what becomes of each."""

    def __init__(self, what: str, bins: int, run: "Run") -> None:
        self._what, self._bins, self._run = what, bins, run
        self._covered: frozenset[Bin] = frozenset()
        self._cycles = self._number = 0

    def __call__(self, batch: "Batch") -> "Sequence[Ran]":
        """Run a batch."""
        from harness.closure.grade import union

        ran = self._run(batch)
        before, self._covered = len(self._covered), self._covered | union(ran)
        self._cycles += sum(each.cycles for each in ran)
        starts, new = sum(each.entry.items for each in ran), len(self._covered) - before
        console.say(
            f"{self._what} {self._number:3}: {len(ran)} simulations, {starts} starts, {self._cycles} cycles so far, "
            f"{len(self._covered)} of {self._bins} bins, {new} new"
        )
        self._number += 1
        for each in ran:
            if each.status != "PASS":
                console.say(f"{each.status} {each.entry.name}: {each.reason}\n  repeat: {each.entry.repeat}")
        return ran


def _exit_code(closure: "Closure") -> int:
    """0 the goal is reached; 1 it is not, or a simulation failed; 3 the machine kept one from a verdict."""
    statuses = {each.status for batch in closure.closure.batches for each in batch}
    if statuses & {"BLOCKED", "INVALID", "NOT-RUN"} and not statuses & {"FAIL", "FLAKY", "KILLED"}:
        return 3
    return int(closure.closure.verdict != "goal")


def _show(closure: "Closure") -> None:
    ours = closure.closure
    told = f"{ours.bins} of {closure.bins} bins in {ours.cycles} simulated cycles, {ENDS[ours.verdict]}"
    console.say(f"{closure.kernel}: {told}; {len(closure.minimal)} simulations keep them")
    for each in ours.missing[:TELL]:
        console.say(f"  missing {each.text}")
    if len(ours.missing) > TELL:
        console.say(f"  and {len(ours.missing) - TELL} more, in the record")
    if closure.random is not None:
        console.say(
            f"pure random: {closure.random.bins} of {closure.bins} bins in {closure.random.cycles} simulated cycles"
        )
    if closure.speedup is not None:
        console.say(f"to the bins that both have, random takes {closure.speedup:.1f} times the cycles of closure")
    if closure.to_goal is not None:
        times, bound = closure.to_goal
        console.say(f"to the goal {'more than ' if bound else ''}{times:.1f} times; to reach: {GOAL_SPEEDUP:g}")

# SPDX-License-Identifier: Apache-2.0
"""`krait bench`: opens boards, replays bundles on them, records what was found and says which goals were met."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from boards.drivers.arena import ALIGN
from boards.facts import load_board
from boards.sim import overhead
from boards.sim.open import Memory, open_board
from boards.sim.speed import measure_board
from boards.target import VirtualTarget
from golden import vectors
from golden.errors import CheckError, InputError
from golden.spec.configs import TernConfig
from golden.ternary.packing import tiling
from golden.vectors import Bundle
from harness import bundles, console
from harness.bench import driver_overhead, record, sim_speed, speed, transport_speed
from harness.bench.record import Record
from harness.bench.replay import first_difference, replay
from harness.bench.speed import SpeedRecord
from harness.bench.workloads import Goal, Workload, select
from harness.provenance import collect
from harness.regress.run import tools


@contextmanager
def opened(board: str, memory: str, bundle: Bundle) -> Iterator[VirtualTarget]:
    """Open a board as the bundle's configuration needs it, with an arena for all weights; free everything at the end.

    Raises:
        InputError: the board is unknown, or the bundle was made for another board or configuration.
        MachineError: the board is in use, or a tool is missing.
    """
    if memory not in ("ideal", "model"):
        raise InputError(f"--memory: found {memory!r}, expected ideal or model")
    kind: Memory = "ideal" if memory == "ideal" else "model"
    with open_board(board, bundle.manifest.config, kind) as opening:
        vectors.check_config(bundle.path, bundle.manifest, opening.config)
        size = arena_bytes(bundle, opening.kernel.config)
        with closing(VirtualTarget(opening.device, opening.kernel, size)) as target:
            yield target


def arena_bytes(bundle: Bundle, cfg: TernConfig) -> int:
    """Return the bytes a port that all weights and the largest start of a bundle take, each region in whole pages."""

    def pages(beats: int) -> int:
        return -(-beats * cfg.port_bytes // ALIGN) * ALIGN

    sizes = {case.weights: tiling(case.rows, case.cols, case.vectors, cfg) for case in bundle.manifest.cases}
    largest = max(pages(size.x_beats) + pages(size.y_beats) for size in sizes.values())
    return sum(pages(size.w_beats) for size in sizes.values()) + largest


def run_workloads(board: str | None, path: Path, seed: int | None = None) -> bool:
    """Run the workloads of a board (all for None), append their records to `path`; whether all was exact and met.

    `seed` draws the random matrices; the models' layers do not depend on it.
    """
    good = True
    for workload in select(board):
        bundle = vectors.load(_make(workload, bundles.SEED if seed is None else seed))
        good = _run(workload.board, workload.memory, workload.name, bundle, workload.goals, path) and good
    console.say(f"records: {path}")
    return good


def run_bundle(board: str, bundle_path: Path, memory: str, path: Path) -> bool:
    """Replay one bundle on a board, append its record to `path`; whether every result was exact."""
    bundle = vectors.load(bundle_path)
    good = _run(board, memory, bundle.manifest.origin.name, bundle, (), path)
    console.say(f"records: {path}")
    return good


def _make(workload: Workload, seed: int) -> Path:
    if workload.source == "random":
        return bundles.make_random(*workload.shape, workload.starts, workload.config, seed=seed)
    return bundles.make_model(workload.source, workload.config)


def _run(board: str, memory: str, name: str, bundle: Bundle, goals: tuple[Goal, ...], path: Path) -> bool:
    with opened(board, memory, bundle) as target:
        with console.progress(f"{name} on {board}") as bar:
            found = replay(target, bundle, name, collect(tools()), bar)
        record.append(path, found)
        _tell(found, goals)
        if not found.exact:
            wrong = next(sample.case for sample in found.samples if not sample.exact)
            console.say(f"  {first_difference(target, bundle, wrong)}")
    return found.exact and all(goal.met(found) for goal in goals)


def _tell(found: Record, goals: tuple[Goal, ...]) -> None:
    exact = sum(sample.exact for sample in found.samples)
    console.say(
        f"{found.workload}, {found.board}, {found.memory} memory: {exact} of {len(found.samples)} starts exact, "
        f"{found.cycles} cycles, {found.macs / max(found.cycles, 1):.1f} MAC/cycle [{found.kind}]"
    )
    for goal in goals:
        value = goal.figure(found)
        shown = f"{100 * value:.2f} %" if goal.unit == "%" else f"{value:.1f} {goal.unit}"
        bound = f"{100 * goal.bound:g} %" if goal.unit == "%" else f"{goal.bound:g} {goal.unit}"
        sign = "<=" if goal.at_most else ">="
        console.say(
            f"  {'met   ' if goal.met(found) else 'MISSED'} {goal.name}: {shown} ({sign} {bound}) [{found.kind}]"
        )


def run_speed(path: Path) -> bool:
    """Measure the harness's own speed, append the records to `path`; whether every goal was met."""
    measures: tuple[Callable[[], SpeedRecord], ...] = (_virtual_board, _transports, _visibility)
    good = True
    for measure in measures:
        found = measure()
        speed.append(path, found)
        console.say(f"{sim_speed.line(found)} [measured]")
        good = found.met and good
    return good


def run_overhead(path: Path) -> bool:
    """Measure what a call costs beyond the simulation, append the record to `path`; whether the goal was met."""
    found = overhead.measure_board()
    driver_overhead.append(path, found)
    console.say(f"{driver_overhead.line(found)} [measured]")
    return found.met


def _virtual_board() -> SpeedRecord:
    return measure_board("sim")


def _transports() -> SpeedRecord:
    return transport_speed.transports(collect(tools()))


def _visibility() -> SpeedRecord:
    return transport_speed.visibility(collect(tools()))


def selftest(board: str) -> str:
    """Open a board, check identity, clock and memory, run one small product; return one line that says so.

    Raises:
        KraitError: what failed, and where.
    """
    config = load_board(board.removeprefix("sim:")).identifier
    bundle = vectors.load(bundles.make_random(33, 57, 2, config))
    with opened(board, "model", bundle) as target:
        clock = target.check()
        found = replay(target, bundle, "selftest", collect(tools()))
        if not found.exact:
            wrong = next(sample.case for sample in found.samples if not sample.exact)
            raise CheckError(first_difference(target, bundle, wrong))
    return f"{board}: identity and clock ({clock:.1f} MHz) as declared, {len(found.samples)} products exact"

# SPDX-License-Identifier: Apache-2.0
"""`krait bench` on a physical board: nothing is measured before the board is known to be the declared one."""

from collections.abc import Callable, Collection, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

from boards.bench import arena_bytes
from boards.drivers.arena import Arena
from boards.open import OpenBoard, open_board
from boards.preflight import preflight
from boards.target import TimedTarget
from golden import vectors
from golden.errors import InvalidError
from golden.vectors import Bundle
from harness import bundles, console
from harness.bench import measured
from harness.bench.measure import BundleCase, invalid, lines, measure
from harness.bench.measured import Asked, CaseRecord, Preflight
from harness.bench.record import Kind
from harness.bench.statistics import Rule
from harness.provenance import Provenance, collect

SHAPE, STARTS = (1536, 4096), 16
"""What is measured where nothing is asked: random matrices of a layer of 0.73B."""
RULE = Rule()
Opening = Callable[[], OpenBoard[Any]]


def run(
    board: str, path: Path, bundle: Path | None = None, overlay: Path | None = None, resume: bool = False, seed: int = 1
) -> bool:
    """Measure the cases of a bundle on a physical board, append a record for each to `path`; whether all was exact.

    Args:
        board: its tag.
        path: of the records.
        bundle: what to replay; without it random matrices in the overlay's configuration.
        overlay: the overlay file; without it the newest that was built for the board.
        resume: leave out what an earlier, interrupted run of the same measured to its end.
        seed: of random matrices.

    Raises:
        InputError: the bundle or overlay does not fit. InvalidError: the board is not the declared one; a record says
        so. MachineError: it is absent, in use, or does not come back after a hang.
    """
    with opened(board, path, lambda: open_board(board, kernel="tern_matvec", overlay=overlay)) as found:
        what = vectors.load(bundle or bundles.make_random(*SHAPE, STARTS, found.config.name, seed=seed))
        return run_opened(found, what, path, resume=resume)


def opened(board: str, path: Path, opening: Opening) -> OpenBoard[Any]:
    """Open a board; one that answers as another than its overlay file says leaves an INVALID record."""
    try:
        return opening()
    except InvalidError as error:
        asked = Asked(board, board, "measured", "", "", "", "", RULE)
        measured.append(path, invalid(asked, str(error), collect({})))
        raise


def run_opened(
    board: OpenBoard[Any],
    bundle: Bundle,
    path: Path,
    rule: Rule = RULE,
    resume: bool = False,
    timeout_s: float = 60.0,
    kind: Kind = "measured",
) -> bool:
    """Measure on a board that is open; as `run`. `kind` is what the kernel's cycles are."""
    vectors.check_config(bundle.path, bundle.manifest, board.config)
    asked = Asked(
        workload=bundle.manifest.origin.name,
        board=board.tag,
        kind=kind,
        config=board.config.name,
        config_hash=f"{board.config.config_hash:016x}",
        bitstream=board.bitstream,
        bundle=bundle.name,
        rule=rule,
    )
    done = measured.finished(measured.read(path), asked) if resume else frozenset()
    with closing(TimedTarget(board, arena_bytes(bundle, board.kernel.config), timeout_s)) as target:
        provenance = collect({})
        checked = check(board, target.arena, asked, path, provenance)
        cases = [BundleCase(target, bundle, case) for case in bundle.manifest.cases]
        return keep(path, asked, done, measure(cases, asked, checked, provenance, target.recover, done))


def check(board: OpenBoard[Any], arena: Arena, asked: Asked, path: Path, provenance: Provenance) -> Preflight:
    """Return what `preflight` found of a board; one that is not the declared one leaves an INVALID record."""
    try:
        return preflight(board, arena)
    except InvalidError as error:
        measured.append(path, invalid(asked, str(error), provenance))
        raise


def keep(
    path: Path,
    asked: Asked,
    done: Collection[str],
    records: Iterable[CaseRecord],
    then: Callable[[CaseRecord], None] = lambda record: None,
) -> bool:
    """Append records as they come and say what they hold; `then` is called with exact ones. Whether all were exact."""
    good = True
    if done:
        console.say(f"{len(done)} cases of run {asked.run} are in {path} already")
    for record in records:
        measured.append(path, record)
        for line in lines(record):
            console.say(line)
        if record.verdict == "exact":
            then(record)
        good = good and record.verdict == "exact"
    console.say(f"records: {path}")
    return good

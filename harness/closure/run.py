# SPDX-License-Identifier: Apache-2.0
"""A closure from its first batch to its record, and pure random beside it."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from golden.errors import MachineError
from harness.atomic import replace_text
from harness.closure import plan, smoke
from harness.closure.grade import minimal
from harness.closure.kernels import Kernel
from harness.closure.loop import History, Run, Until, loop
from harness.closure.plan import Size

MINIMAL = "minimal.toml"
UNDIRECTED = Size(4, 4)
"""Simulations of a batch of pure random at most, and times closure's starts in each: processes cost most."""


@dataclass(frozen=True)
class Asked:
    """What a closure is asked for: seed, size of a batch, and when it ends."""

    seed: int
    size: Size
    until: Until


def close(kernel: Kernel, asked: Asked, run: Run) -> History:
    """Lead starts to empty bins until the goal, a plateau, the limit of cycles or a failure."""
    return loop(kernel.bins, partial(plan.directed, kernel, asked.seed, asked.size), run, asked.until)


def undirected(kernel: Kernel, asked: Asked, closed: History, cap: float, run: Run) -> History:
    """Draw starts with the kernel's own weights until the goal, or `cap` times the cycles of `closed`."""
    until = Until(asked.until.goal, cycles=round(cap * closed.cycles))
    size = Size(min(asked.size.jobs, UNDIRECTED.jobs), UNDIRECTED.starts * asked.size.starts)
    return loop(closed.state.bins, partial(plan.undirected, kernel, asked.seed, size), run, until)


def shortest(kernel: Kernel, closed: History, folder: Path, run: Run | None) -> Path:
    """Write the fewest simulations that keep the coverage; with `run` only if they have the same bins once more.

    Raises:
        CheckError: they do not.
        MachineError: the file cannot be written.
    """
    chosen = minimal(closed.ran)
    entries = smoke.named(kernel.name, chosen)
    if run is not None:
        smoke.check(entries, chosen, run)
    path = folder / MINIMAL
    try:
        replace_text(path, smoke.toml(entries))
    except OSError as error:
        raise MachineError(f"{path}: cannot be written ({error.strerror}); choose another --out") from error
    return path

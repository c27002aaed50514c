# SPDX-License-Identifier: Apache-2.0
"""What `krait bench` runs on which board, and the numbers that it should reach."""

from collections.abc import Callable
from dataclasses import dataclass

from golden.errors import InputError
from harness.bench.record import Record

Figure = Callable[[Record], float]


@dataclass(frozen=True)
class Goal:
    """A number to reach: at least `bound`, or at most when `at_most`. `unit` is "%" for a share, else a word."""

    name: str
    figure: Figure
    bound: float
    unit: str
    at_most: bool = False

    def met(self, record: Record) -> bool:
        """Whether the record reaches the goal."""
        value = self.figure(record)
        return value <= self.bound if self.at_most else value >= self.bound


@dataclass(frozen=True)
class Workload:
    """A bundle on a configuration under a memory. `source` is a checkpoint of the zoo, or "random" of `shape`."""

    name: str
    board: str
    config: str
    memory: str
    source: str
    shape: tuple[int, int] = (0, 0)
    starts: int = 1
    goals: tuple[Goal, ...] = ()


_BUSY = Goal("busy from start to done", lambda r: r.busy, 0.97, "%")
_WINDOW = Goal("busy from first to last weight beat", lambda r: r.window_busy, 0.97, "%")
_OF_MODEL = Goal("weight beats of what the memory model can deliver", lambda r: r.window_of_deliverable, 0.92, "%")
_FIXED = Goal("fixed cost of one start", lambda r: r.fixed_cost, 250, "cycles", at_most=True)

BITNET = Workload("bitnet-tiny linears, 64 tokens", "sim", "sim", "ideal", "bitnet-tiny")
WORKLOADS = (
    BITNET,
    Workload("1536 x 4096, one 512-bit port", "sim", "sim512", "ideal", "random", (1536, 4096), 1, (_BUSY,)),
    Workload("1536 x 4096, 16 starts", "sim:u280", "u280", "ideal", "random", (1536, 4096), 16, (_WINDOW, _FIXED)),
    Workload("1536 x 4096, 16 starts", "sim:u280", "u280", "model", "random", (1536, 4096), 16, (_OF_MODEL, _FIXED)),
)


def select(board: str | None) -> tuple[Workload, ...]:
    """Return the workloads of a board; those of `make sim` for "sim" (its small configuration), all for None."""
    if board is None:
        return WORKLOADS
    if board == "sim":
        return (BITNET,)
    chosen = tuple(workload for workload in WORKLOADS if workload.board == board)
    if not chosen:
        known = ", ".join(dict.fromkeys(workload.board for workload in WORKLOADS))
        raise InputError(f"bench: no workload for board {board!r}; expected one of {known}")
    return chosen

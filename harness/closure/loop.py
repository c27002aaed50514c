# SPDX-License-Identifier: Apache-2.0
"""Batch after batch until the goal, a plateau, a limit of cycles, or a failure."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from harness.closure.grade import Ran, union
from harness.closure.plan import Batch, State
from harness.uvm.steer import Bin

Verdict = Literal["goal", "plateau", "cycles", "failed"]
Plan = Callable[[State], Batch]
Run = Callable[[Batch], Sequence[Ran]]
"""Runs the simulations of a batch; their results are in the batch's order."""


@dataclass(frozen=True)
class Until:
    """When it ends: percent of the bins, batches in a row without a new one, simulated cycles; None for no limit."""

    goal: float
    plateau: int | None = None
    cycles: int | None = None


@dataclass(frozen=True)
class History:
    """What became of it: the simulations of each batch, what is known at the end, and why it ended."""

    batches: tuple[tuple[Ran, ...], ...]
    state: State
    verdict: Verdict

    @property
    def ran(self) -> tuple[Ran, ...]:
        """All simulations, in the plan's order."""
        return tuple(each for batch in self.batches for each in batch)

    @property
    def cycles(self) -> int:
        """Simulated cycles of all."""
        return sum(each.cycles for each in self.ran)


def loop(bins: tuple[Bin, ...], plan: Plan, run: Run, until: Until) -> History:
    """Plan and run batches. One that does not pass ends it behind its batch; what it covered does not count."""
    state, batches, idle = State(0, bins), list[tuple[Ran, ...]](), 0
    while True:
        batch = plan(state)
        ran = tuple(run(batch))
        batches.append(ran)
        after = _after(state, batch, ran)
        idle = 0 if after.covered - state.covered else idle + 1
        state = after
        cycles = sum(each.cycles for batch in batches for each in batch)
        if (verdict := _verdict(state, ran, idle, cycles, until)) is not None:
            return History(tuple(batches), state, verdict)


def _after(state: State, batch: Batch, ran: Sequence[Ran]) -> State:
    """What is known behind a batch; bins that only a simulation knows of join the others."""
    known = tuple(dict.fromkeys((*state.bins, *(each for one in ran for each in one.known))))
    tried = Counter(state.tried) + Counter(batch.meant)
    covered = state.covered | union(each for each in ran if each.status == "PASS")
    return replace(state, number=state.number + 1, bins=known, covered=covered, tried=dict(tried))


def _verdict(state: State, ran: Sequence[Ran], idle: int, cycles: int, until: Until) -> Verdict | None:
    if any(each.status != "PASS" for each in ran):
        return "failed"
    if 100 * len(state.covered) >= until.goal * len(state.bins):
        return "goal"
    if until.plateau is not None and idle >= until.plateau:
        return "plateau"
    return "cycles" if until.cycles is not None and cycles >= until.cycles else None

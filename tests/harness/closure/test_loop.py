# SPDX-License-Identifier: Apache-2.0
"""Batches until the goal, a plateau, a limit or a failure; what closure needs on a coverage model in closed form."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import pytest

from harness.closure import plan
from harness.closure.grade import Ran
from harness.closure.kernels import Kernel
from harness.closure.loop import History, Run, Until, loop
from harness.closure.plan import Batch, Size
from harness.uvm.steer import Bin
from tests.harness.closure import synthetic

KERNEL = synthetic.kernel()
SIZE = Size(jobs=2, starts=4)
ALL = Until(100, 3)


def closed(kernel: Kernel = KERNEL, run: Run = synthetic.run, until: Until = ALL, seed: int = 1) -> History:
    return loop(kernel.bins, partial(plan.directed, kernel, seed, SIZE), run, until)


def test_the_goal_takes_one_start_for_each_bin_of_the_cross() -> None:
    """Sixteen starts, eight a batch: 160 cycles, nothing left."""
    found = closed()
    assert (found.verdict, found.cycles, len(found.batches)) == ("goal", 160, 2)
    assert found.state.empty == ()


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_needs_more(seed: int) -> None:
    """Twelve of sixteen bins have a probability of 1/44: 44 (1 + 1/2 + .. + 1/12), or 137, drawn starts; never 16."""
    found = loop(KERNEL.bins, partial(plan.undirected, KERNEL, seed, SIZE), synthetic.run, Until(100))
    assert found.verdict == "goal"
    assert found.cycles > 2 * closed(seed=seed).cycles


def test_a_part_of_the_bins_may_be_the_goal() -> None:
    """Half of 24 bins are met by the first batch of eight starts, which is the last."""
    found = closed(until=Until(50, 3))
    assert (found.verdict, len(found.batches)) == ("goal", 1)


def test_a_plateau_ends_it_with_what_is_missing() -> None:
    """A bin that no start meets: the batches that bring something, three that do not, and its name."""
    odd = synthetic.kernel(synthetic.steering(odd={"never": None}))
    found = closed(odd)
    news = [bool(any(each.hit for each in batch)) for batch in found.batches]
    assert found.verdict == "plateau"
    assert found.state.empty == (Bin("odd", "never"),)
    useful = len(found.batches) - 3
    assert useful >= 2
    assert all(news)


def test_a_limit_of_cycles_ends_it() -> None:
    """Behind the batch in which it is passed."""
    found = closed(until=Until(100, 3, 50))
    assert (found.verdict, found.cycles) == ("cycles", 80)


def test_a_failure_ends_it_and_does_not_count() -> None:
    """What a simulation covered before it failed was not checked."""

    def run(batch: Batch) -> Sequence[Ran]:
        return [synthetic.ran(each, status="PASS" if index else "FAIL") for index, each in enumerate(batch.entries)]

    found = closed(run=run)
    assert (found.verdict, len(found.batches)) == ("failed", 1)
    assert found.state.covered == found.batches[0][1].hit


def test_bins_that_only_a_simulation_knows_of_must_be_met_too() -> None:
    """They join the others, so that the goal is not reached without them."""

    def run(batch: Batch) -> Sequence[Ran]:
        return [replace(each, known=(Bin("new", "bin"),)) for each in synthetic.run(batch)]

    found = closed(run=run)
    assert (found.verdict, found.state.empty) == ("plateau", (Bin("new", "bin"),))


def test_luck_is_tried_for_until_it_comes() -> None:
    """A bin of `odd` that one start in eight of those led to a = 1 meets is met, and what was tried is counted."""
    count = iter(range(1, 1000))
    odd = synthetic.kernel(synthetic.steering(odd={"rare": {"a": ("1",)}}))

    def lucky(a: str, b: str) -> str | None:
        return "rare" if a == "1" and next(count) % 8 == 0 else None

    def run(batch: Batch) -> Sequence[Ran]:
        return [synthetic.ran(each, lucky) for each in batch.entries]

    found = closed(odd, run)
    assert found.verdict == "goal"
    assert found.state.tried[Bin("odd", "rare")] == 3


def test_the_same_seed_takes_the_same_course() -> None:
    """Whatever came before, and in whatever order the simulations of a batch end."""

    def backwards(batch: Batch) -> Sequence[Ran]:
        found = [synthetic.ran(each) for each in reversed(batch.entries)]
        return found[::-1]

    assert closed() == closed(run=backwards)
    assert closed(seed=2) != closed()

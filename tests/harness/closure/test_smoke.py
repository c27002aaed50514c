# SPDX-License-Identifier: Apache-2.0
"""The minimal list as a file of the smoke suite: read back as it was, checked by a second run, one list a kernel."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

from golden.errors import CheckError
from harness.closure import plan, smoke
from harness.closure.grade import Ran, minimal, union
from harness.closure.plan import Batch, Size, State
from harness.regress import graded, suites
from tests.harness.closure import synthetic

KERNEL = synthetic.kernel()
BATCH = plan.directed(KERNEL, 1, Size(4, 4), State(0, KERNEL.bins))
RAN = synthetic.run(BATCH)


def test_the_file_gives_the_same_simulations(tmp_path: Path) -> None:
    """Seed, starts, weights and directions; only the name is one that lasts."""
    chosen = minimal(RAN)
    entries = smoke.named("toy", chosen)
    path = tmp_path / "minimal.toml"
    path.write_text(smoke.toml(entries))
    assert tuple(map(suites.entry, graded.read(path))) == entries
    assert [each.name for each in entries] == [f"toy_random_bulk_closed_{index}" for index in range(len(chosen))]
    assert [replace(entry, name="", again="") for entry in entries] == [
        replace(each.entry, name="", again="") for each in chosen
    ]
    assert union(synthetic.run(Batch(entries))) == union(RAN)


def test_the_list_is_run_again_before_it_is_taken() -> None:
    """The same bins, or one line about what differs: bins, or a simulation that fails."""
    chosen = minimal(RAN)
    entries = smoke.named("toy", chosen)
    smoke.check(entries, chosen, synthetic.run)

    def fewer(batch: Batch) -> Sequence[Ran]:
        return synthetic.run(batch)[1:]

    def failing(batch: Batch) -> Sequence[Ran]:
        return [replace(each, status="FAIL", reason="why") for each in synthetic.run(batch)]

    with pytest.raises(CheckError, match=r"5 bins differ when it is run again, the first a\.0"):
        smoke.check(entries, chosen, fewer)
    with pytest.raises(CheckError, match="toy_random_bulk_closed_0: FAIL why, expected PASS"):
        smoke.check(entries, chosen, failing)


def test_a_kernels_list_takes_the_place_of_its_former_one(tmp_path: Path) -> None:
    """Those of other kernels stay."""
    into = tmp_path / "smoke.toml"
    write = partial(_list, tmp_path)
    smoke.install(write("toy", 3), "toy", into)
    smoke.install(write("other", 1), "other", into)
    smoke.install(write("toy", 2), "toy", into)
    assert [(each.kernel, each.name) for each in graded.read(into)] == [
        ("other", "other_random_bulk_closed_0"),
        ("toy", "toy_random_bulk_closed_0"),
        ("toy", "toy_random_bulk_closed_1"),
    ]


def _list(folder: Path, kernel: str, count: int) -> Path:
    path = folder / f"{kernel}.toml"
    entries = smoke.named(kernel, [replace(each, entry=replace(each.entry, kernel=kernel)) for each in RAN[:count]])
    path.write_text(smoke.toml(entries))
    return path

# SPDX-License-Identifier: Apache-2.0
"""Closure, pure random beside it, and the minimal list as a file."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from golden.errors import CheckError, MachineError
from harness.closure import run
from harness.closure.grade import Ran
from harness.closure.loop import Until
from harness.closure.plan import Batch, Size
from harness.closure.run import UNDIRECTED, Asked
from harness.regress import graded
from tests.harness.closure import synthetic

KERNEL = synthetic.kernel()
ASKED = Asked(1, Size(2, 4), Until(100, 2))
CLOSED = run.close(KERNEL, ASKED, synthetic.run)


@pytest.mark.parametrize("cap", [0.5, 3.0])
def test_random_ends_behind_the_cap(cap: float) -> None:
    """With the batch in which it is passed; no start of it has a bias, and each simulation is larger."""
    found = run.undirected(KERNEL, ASKED, CLOSED, cap, synthetic.run)
    batch = 2 * UNDIRECTED.starts * ASKED.size.starts * synthetic.START_CYCLES
    assert found.verdict in ("cycles", "goal")
    assert found.cycles < cap * CLOSED.cycles + batch
    assert {(each.entry.bias, each.entry.items) for each in found.ran} == {(None, 16)}


def test_the_shortest_list_is_written(tmp_path: Path) -> None:
    """As the smoke suite reads it; with a second run only if that has the same bins."""
    path = run.shortest(KERNEL, CLOSED, tmp_path, synthetic.run)
    assert path == tmp_path / "minimal.toml"
    assert sum(each.items for each in graded.read(path)) == 16

    def failing(batch: Batch) -> Sequence[Ran]:
        return [synthetic.ran(each, status="FAIL") for each in batch.entries]

    path.unlink()
    with pytest.raises(CheckError, match="FAIL"):
        run.shortest(KERNEL, CLOSED, tmp_path, failing)
    assert not path.exists()


def test_a_list_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    """The machine's fault, with the path."""
    with pytest.raises(MachineError, match=r"minimal\.toml: cannot be written"):
        run.shortest(KERNEL, CLOSED, tmp_path / "none", None)

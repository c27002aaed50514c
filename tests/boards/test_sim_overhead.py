# SPDX-License-Identifier: Apache-2.0
"""Calls on the virtual board whose cost beyond the simulation is measured: real ones, and checked."""

from pathlib import Path

import pytest
import torch

from boards.sim.open import open_board
from boards.sim.overhead import MatvecCall
from golden.errors import CheckError
from harness.bench.driver_overhead import measure
from tests.harness.samples import PROVENANCE


def test_calls_run_and_are_checked(own_locks: Path) -> None:
    """A call is a whole product on the virtual board; the simulation's time is part of the wall time, not all of it.

    It enters the simulation for two runs of arguments and the start, CTRL before and after the wait, ISR both ways,
    ERROR, beats that were read and written, and the counters: twelve times.
    """
    with open_board("sim", "sim", "ideal") as board, board.kernel.arena():
        with board.device.model.timed() as library:
            caller = MatvecCall(board, library)
            found = measure(caller, PROVENANCE, calls=3, rounds=2)
            assert found.entries == 12
            assert min((*found.samples_us, *found.simulated_us)) > 0
            caller._expected = torch.zeros_like(caller._expected)
            with pytest.raises(CheckError, match="differs from the golden model"):
                caller.call()
        entered = library.calls
        board.kernel.get(0)
        assert library.calls == entered

# SPDX-License-Identifier: Apache-2.0
"""Batches through the regression's machinery, in a folder of their own (test_cli_cover.py has real simulations)."""

from pathlib import Path

import pytest

from golden.errors import InputError, MachineError
from harness.closure.plan import Batch
from harness.closure.simulate import simulations
from harness.regress.jobs import Options
from harness.regress.store import MARK
from harness.regress.suites import Entry


def test_an_error_leaves_it_to_be_resumed(tmp_path: Path) -> None:
    """A configuration that does not exist ends it at once; what ran before would be kept."""
    entry = Entry("batch_000_0", "RandomTest", "none", "bulk", "verilator", 1, 7)
    with pytest.raises(InputError, match="none"), simulations(tmp_path, Options(), lambda *_: None) as simulate:
        simulate(Batch((entry,)))
    assert (tmp_path / MARK).exists(), "it did not come to its end"


def test_two_do_not_share_a_folder(tmp_path: Path) -> None:
    """The second is refused, and the first comes to its end."""
    with simulations(tmp_path, Options(), lambda *_: None) as first:
        with (
            pytest.raises(MachineError, match="another regression is running there"),
            simulations(tmp_path, Options(), lambda *_: None),
        ):
            pass
        assert first(Batch(())) == []
    assert not (tmp_path / MARK).exists()

# SPDX-License-Identifier: Apache-2.0
"""Tests that simulate toy_gate inside of toy_frame, for test_run.py alone: pytest does not collect this file."""

from harness.sim.runner import simulate
from tests.harness.mutate.judges import COCOTB, SOURCE


def test_gate_in_its_frame() -> None:
    """y is a and b."""
    simulate("toy_frame", [SOURCE, SOURCE.with_name("toy_frame.v")], {"W": 2}, COCOTB, sim="icarus")

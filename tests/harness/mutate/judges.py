# SPDX-License-Identifier: Apache-2.0
"""The unit tests of toy_gate, for test_run.py alone: pytest does not collect this file by its name."""

from pathlib import Path

import pytest

from golden.errors import InputError
from harness.sim.runner import simulate

SOURCE = Path(__file__).with_name("toy_gate.v")
COCOTB = "tests.harness.mutate.cocotb_toy_gate"


@pytest.mark.parametrize("sim", ["verilator", "icarus"])
@pytest.mark.parametrize("w", [2, 3])
def test_gate(w: int, sim: str) -> None:
    """y is a and b."""
    simulate("toy_gate", [SOURCE], {"W": w}, COCOTB, sim=sim)  # type: ignore[arg-type]


def test_a_refused_build() -> None:
    """It passes only where the design is really built."""
    with pytest.raises(InputError):
        simulate("toy_gate", [SOURCE], {"NONE": 7}, COCOTB)

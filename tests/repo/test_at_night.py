# SPDX-License-Identifier: Apache-2.0
"""What runs at night only is there, and runs by day on the other simulator."""

from pathlib import Path

import pytest

from tests.conftest import AT_NIGHT

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("line", sorted(AT_NIGHT))
def test_each_line_names_a_test(line: str) -> None:
    """File and function exist, and the run is one on Icarus: the same runs on Verilator by day."""
    path, _, name = line.partition("::")
    function, _, case = name.partition("[")
    assert f"def {function}(" in (ROOT / path).read_text()
    assert case.endswith("icarus]")

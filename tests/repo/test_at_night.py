# SPDX-License-Identifier: Apache-2.0
"""What runs at night only is there, and runs by day on the other simulator."""

from pathlib import Path

import pytest

from tests.conftest import AT_NIGHT, COLLECTED

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("line", sorted(AT_NIGHT))
def test_each_line_names_a_run(line: str, request: pytest.FixtureRequest) -> None:
    """It is one on Icarus; by day there are the same one on Verilator, and another one of its file on Icarus.

    Of files that are not collected with this one, only that the function is there.
    """
    path, _, name = line.partition("::")
    function, _, case = name.partition("[")
    assert f"def {function}(" in (ROOT / path).read_text()
    assert case.endswith("icarus]")
    runs = {each for each in request.config.stash[COLLECTED] if each.startswith(f"{path}::")}
    if runs:
        assert line in runs
        by_day = runs - AT_NIGHT
        assert f"{line.removesuffix('icarus]')}verilator]" in by_day
        assert any(each.endswith("icarus]") for each in by_day)

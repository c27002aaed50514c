# SPDX-License-Identifier: Apache-2.0
"""The tests are tested: a wrong bit in a copy of a unit of ternary_accel fails that unit's test.

All units are a matter of a night (`make faults`); some are always tried.
"""

from pathlib import Path

import pytest

from tests.rtl.faults import assert_unit_test_finds
from tests.rtl.ternary_faults import FAULTS

pytestmark = pytest.mark.icarus
QUICK = ("product", "quantizer")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.nightly) for name in FAULTS]
)
def test_unit_finds_a_planted_fault(name: str, tmp_path: Path) -> None:
    """Law: the unit's own test on Icarus fails in one of its cases, and by a failure of the simulation."""
    assert_unit_test_finds(FAULTS[name], tmp_path)

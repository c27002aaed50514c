# SPDX-License-Identifier: Apache-2.0
"""The tests are tested: a wrong bit in a copy of a unit of ternary_accel fails that unit's test, and the accelerator's.

All units are a matter of a night (`make faults`); some are always tried.
"""

from pathlib import Path

import pytest

from tests.rtl.faults import assert_unit_test_finds
from tests.rtl.ternary_faults import ALONE, FAULTS
from tests.tree import copy_tree, regress

pytestmark = pytest.mark.icarus
QUICK = ("product", "quantizer")


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=() if name in QUICK else pytest.mark.nightly) for name in FAULTS]
)
def test_unit_finds_a_planted_fault(name: str, tmp_path: Path) -> None:
    """Law: the unit's own test on Icarus fails in one of its cases, and by a failure of the simulation."""
    assert_unit_test_finds(FAULTS[name], tmp_path)


@pytest.mark.nightly
@pytest.mark.parametrize("name", [name for name in FAULTS if name not in ALONE])
def test_accelerator_finds_a_planted_fault(name: str, tmp_path: Path) -> None:
    """Law: a start of the least model fails, with the first difference; on Icarus, which builds it in seconds."""
    tree, out = tmp_path / "tree", tmp_path / "out"
    copy_tree(tree)
    copy = FAULTS[name].plant(tmp_path)
    (place,) = (tree / "hw" / "verilog").rglob(copy.name)
    place.write_text(copy.read_text())
    done = regress(tree, out, "ternary_silu_icarus", "--no-waves")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "golden" in done.stdout, done.stdout

# SPDX-License-Identifier: Apache-2.0
"""The same fault in another build: at the same place of the source, where that build has such a bit."""

from pathlib import Path

import pytest

from harness.mutate import netlist
from harness.mutate.netlist import Mutant, Netlist
from harness.mutate.twins import twin
from harness.mutate.units import all_units, choose
from tests.harness.mutate.toys import TOY


def named(of: Netlist, what: str) -> Mutant:
    return next(each for each in of.mutants if each.what == what)


@pytest.mark.parametrize(
    ("what", "there"),
    [
        ("$and.Y[1] inverted", True),
        ("$and.Y[2] inverted", False),
        ("$procdff.Q[0] (y[0]) inverted while bit 2 is 1", False),
    ],
)
def test_a_bit(what: str, there: bool, tmp_path: Path) -> None:
    """The narrower build has the lower two bits, to be wrong and to be asked about."""
    wide, narrow = (netlist.elaborate(TOY, {"W": width}, 1, tmp_path) for width in (3, 2))
    found = twin(named(wide, what), wide, narrow, tmp_path)
    assert (found is not None) == there
    if found:
        assert found.arguments == named(narrow, what).arguments
        assert netlist.write(narrow, [found], tmp_path).is_file()


def test_a_part_that_a_build_leaves_out(tmp_path: Path) -> None:
    """A memory of one pass is a register: the other build has no such cell."""
    (lane,) = choose(("tern_linear_lane",), all_units())
    one, four = (netlist.elaborate(lane, {"PASSES": passes}, 1, tmp_path) for passes in (1, 4))
    found = next(each for each in one.mutants if "(g_pass.sums_q[" in each.what)
    assert twin(found, one, four, tmp_path) is None


def test_cells_of_a_loop(tmp_path: Path) -> None:
    """A cell of a lane has its twin in the same lane; where there are fewer, they are counted in turns."""
    (quant,) = choose(("tern_act_quant",), all_units())
    three, two = (netlist.elaborate(quant, {"LANES": lanes}, 1, tmp_path) for lanes in (3, 2))
    for lane, mapped in ((0, 0), (1, 1), (2, 0)):
        found = next(each for each in three.mutants if f"g_lane[{lane}].u_normal.y" in each.what)
        there = twin(found, three, two, tmp_path)
        assert there is not None
        assert f"-cell g_lane[{mapped}].u_normal " in there.arguments

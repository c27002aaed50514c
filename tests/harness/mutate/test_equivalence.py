# SPDX-License-Identifier: Apache-2.0
"""Proofs that a mutant is none: right about changes and no changes, and never more than the solver said."""

from pathlib import Path

import pytest

from golden.errors import CheckError
from harness.mutate import netlist
from harness.mutate.equivalence import answer, compare, cuts
from harness.mutate.units import all_units, choose
from tests.harness.mutate.toys import TOY


def test_what_children_put_out_is_seen_in_full(tmp_path: Path) -> None:
    """A wrong bit of a memory is a change, above the width of its default parameters too."""
    (fifo,) = choose(("strm_fifo",), all_units())
    cells = netlist.elaborate(fifo, {"DATA_W": 9, "DEPTH": 2}, 1, tmp_path)
    highest = next(each for each in cells.mutants if each.what == "g_lutram.u_mem.rd_data[8] (m_data[8]) inverted")
    assert compare(cells, highest, tmp_path / "proofs") == "different"


@pytest.mark.parametrize(
    ("what", "found"),
    [
        ("$le.Y[0] (one[0]) stuck at 1", "equal"),
        ("$le.Y[0] (one[0]) stuck at 0", "different"),
        ("$procdff.Q[1] (y[1]) inverted", "different"),
        ("$procdff.D[0] stuck at 1", "different"),
    ],
)
def test_a_unit(what: str, found: str, tmp_path: Path) -> None:
    """A bit stuck at what it always is changes nothing; one in front of a register or behind it does."""
    cells = netlist.elaborate(TOY, {"W": 2}, 1, tmp_path)
    mutant = next(each for each in cells.mutants if each.what == what)
    assert compare(cells, mutant, tmp_path / "proofs") == found


@pytest.mark.parametrize(("bit", "found"), [(11, "equal"), (25, "different")])
def test_what_nothing_reads(bit: int, found: str, tmp_path: Path) -> None:
    """A product's low bits are cut off two registers later: a wrong one changes nothing; a wrong upper one does."""
    (product,) = choose(("tern_scale_mul",), all_units())
    cells = netlist.elaborate(product, {"E_W": 6}, 1, tmp_path)
    mutant = next(each for each in cells.mutants if each.what == f"$procdff.Q[{bit}] (p1_product_q[{bit}]) inverted")
    assert compare(cells, mutant, tmp_path / "proofs") == found


@pytest.mark.parametrize(("width", "found"), [(16, "equal"), (20, "different")])
def test_what_a_child_never_puts_out(width: int, found: str, tmp_path: Path) -> None:
    """Elements of as many bits as results never have bits over, which the child finds; wider ones have."""
    (quant,) = choose(("m2_quant",), all_units())
    shape = {"GROUPS": 1, "GROUP": 1, "BITS": 16, "IN_W": width, "MAX_SHIFT": 15}
    cells = netlist.elaborate(quant, shape, 1, tmp_path)
    what = "g_group[0].u_length.x[0] (g_group[0].p1_over[0]) stuck at 0"
    mutant = next(each for each in cells.mutants if each.what == what)
    assert compare(cells, mutant, tmp_path / "proofs") == found


@pytest.mark.parametrize(("bit", "found"), [(206, "equal"), (212, "different")])
def test_what_a_shifter_never_picks(bit: int, found: str, tmp_path: Path) -> None:
    """Of the bytes of a beat of scales the upper two bits are read by nobody, whichever byte is picked."""
    (feed,) = choose(("m2_feed",), all_units())
    shape = {"ADDITIVE": 1, "BEATS": 8, "INPUTS": 16, "ROWS": 4, "WEIGHT_BITS": 4}
    cells = netlist.elaborate(feed, shape, 1, tmp_path)
    what = f"$procdff.Q[{bit}] (scales_q[{bit}]) stuck at 0"
    mutant = next(each for each in cells.mutants if each.what == what)
    assert compare(cells, mutant, tmp_path / "proofs") == found


def test_state_is_cut_out_and_logic_is_not() -> None:
    """Registers, memories and modules become ports, as wide as what is connected."""
    one = {"port_directions": {"D": "input", "Q": "output"}, "connections": {"D": [1, 2, 3], "Q": [4]}}
    kinds = ["$dff", "$sdffe", "$mem_v2", "mem_sdp", "$add", "$mux", "$memrd"]
    cells = {f"c{index}": {"type": kind, **one} for index, kind in enumerate(kinds)}
    found = list(cuts(cells))
    assert [each.cell for each in found] == ["c0", "c1", "c2", "c3", "c6"]
    assert found[0].ports == "  wire width 3 input 1 \\D\n  wire width 1 output 2 \\Q\n"


def test_answers() -> None:
    """No answer in time is unknown, and what is not understood is no answer."""
    assert answer("SAT proof finished - no model found: SUCCESS!") == "equal"
    assert answer("SAT proof finished - model found: FAIL!") == "different"
    assert answer("Interrupted SAT solver: TIMEOUT!") == "unknown"
    with pytest.raises(CheckError, match="nothing known"):
        answer("something else")

# SPDX-License-Identifier: Apache-2.0
"""Register bits that never change behind a reset: those that do not, with their values, and no other."""

import re
from pathlib import Path

import pytest

from harness.mutate import netlist
from harness.mutate.assign import Judge
from harness.mutate.constants import base, constants
from harness.mutate.equivalence import compare
from harness.mutate.netlist import Netlist
from harness.mutate.units import Unit, all_units, choose

HERE = Path(__file__).parent
STILL = Unit("toy_still", HERE / "toy_still.v", Judge("toy_still", HERE / "judges.py"))


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Netlist:
    return netlist.elaborate(STILL, {}, 1, tmp_path_factory.mktemp("still"))


def by_wire(of: Netlist, folder: Path) -> dict[str, str | None]:
    """What each bit of a register always holds, or None, by the wire that mutants of its output are told with."""
    found = constants(of, folder)
    outputs = [each for each in of.mutants if each.what.startswith("$procdff.Q[")]
    cells = {re.findall(r"\((.*?)\)", each.what)[0]: _cell(each.arguments) for each in outputs}
    return {wire: found.get(cell) for wire, cell in cells.items()}


def _cell(arguments: str) -> tuple[str, int]:
    found = re.search(r"-cell (\S+) -port Q -portbit (\d+)", arguments)
    assert found
    return found[1], int(found[2])


def test_what_never_changes(still: Netlist, tmp_path: Path) -> None:
    """Reset and held, always given the same, following such a bit, a part of a register, inside of a block; so is what
    nothing writes, which keeps what it had at power-up, and what is written one value now and then. Not what x sets.
    """
    assert by_wire(still, tmp_path) == {
        "set[0]": "1",
        "free[0]": None,
        "given[0]": "0",
        "kept[0]": "0",
        "later[0]": "1",
        "both[0]": None,
        "count[0]": None,
        "count[1]": None,
        "count[2]": "1",
        "count[3]": "0",
        "pair[0]": "1",
        "pair[1]": None,
        "second[0]": "1",
        "deep[0]": "0",
    }


@pytest.mark.parametrize(
    ("what", "found"),
    [
        ("(set[0]) stuck at 1", "equal"),
        ("(set[0]) stuck at 0", "different"),
        ("(free[0]) stuck at 0", "different"),
        ("(kept[0]) stuck at 0", "equal"),
        ("(kept[0]) stuck at 1", "different"),
        ("(later[0]) stuck at 1", "equal"),
        ("(later[0]) stuck at 0", "different"),
        ("(both[0]) stuck at 1", "different"),
        ("(count[2]) stuck at 1", "equal"),
        ("(count[3]) stuck at 1", "different"),
        ("(count[0]) inverted while bit 3 is 1", "equal"),
        ("(second[0]) inverted", "different"),
    ],
)
def test_a_mutant_of_them(what: str, found: str, still: Netlist, tmp_path: Path) -> None:
    """Stuck at what it always holds is no change, and so is what waits for another value of it."""
    mutant = next(each for each in still.mutants if each.what.endswith(what))
    assert compare(still, mutant, tmp_path) == found


@pytest.mark.parametrize(("outputs", "value"), [(1, "0"), (2, None)])
def test_it_depends_on_parameters(outputs: int, value: str | None, tmp_path: Path) -> None:
    """A fork of one output never has one that is done before the others; of two outputs it has."""
    (fork,) = choose(("strm_fork",), all_units())
    of = netlist.elaborate(fork, {"DATA_W": 4, "N": outputs}, 1, tmp_path)
    assert by_wire(of, tmp_path)["done_q[0]"] == value


def test_bits_of_split_cells() -> None:
    """A part's bits count from where it begins, of a part of a part too."""
    assert base("$procdff$7", 3) == ("$procdff$7", 3)
    assert base("$procdff$7[5]", 0) == ("$procdff$7", 5)
    assert base("$procdff$7[9:4]", 2) == ("$procdff$7", 6)
    assert base("$procdff$7[9:4][3:2]", 1) == ("$procdff$7", 7)

# SPDX-License-Identifier: Apache-2.0
"""Netlists: lists of mutants, their words for people, and Verilog with a selector inside."""

from pathlib import Path

import pytest

from golden.errors import CheckError
from harness.mutate import netlist
from harness.mutate.netlist import Mutant, parse, selectable
from harness.mutate.units import all_units, choose
from tests.harness.mutate.toys import TOY

LINE = (
    "mutate -mode cnot1 -module m -cell $procdff$95 -port Q -portbit 3 -ctrlbit 2 -wire level -wirebit 3 "
    "-src ../../a.v:32.35-32.40 -src ../../a.v:49.3-52.6"
)


def test_a_line_of_the_list() -> None:
    """The cell's place is the mutant's; a wire that has a name is told; Yosys gets what it needs."""
    assert parse(LINE, 7, "a.v") == Mutant(
        7,
        "-mode cnot1 -module m -cell $procdff$95 -port Q -portbit 3 -ctrlbit 2",
        "a.v",
        49,
        "$procdff.Q[3] (level[3]) inverted while bit 2 is 1",
    )
    stuck = parse(LINE.replace("cnot1", "const0").replace("-wire level -wirebit 3 ", ""), 7, "b.v")
    assert (stuck.file, stuck.what) == ("a.v", "$procdff.Q[3] stuck at 0")


def test_a_unit(tmp_path: Path) -> None:
    """Every line with logic has mutants, numbered through; the clock has none; the Verilog can be told which."""
    cells = netlist.elaborate(TOY, {"W": 2}, 11, tmp_path)
    text = TOY.source.read_text().splitlines()
    lines = {text[each.line - 1].strip() for each in cells.mutants}
    assert [each.number for each in cells.mutants] == list(range(11, 11 + len(cells.mutants)))
    assert {line for line in lines if line.startswith(("assign", "always"))} == {
        "assign parity = ^a;  // no test looks at it",
        "assign one = (a & b) <= b;",
        "always @(posedge clk) y_q <= a & b;",
        "always @(posedge clk) ready <= !rst;",
    }
    assert not [each for each in cells.mutants if ".CLK[" in each.what]
    chosen = cells.mutants[:2]
    source = netlist.write(cells, chosen, tmp_path)
    made = source.read_text()
    assert source.name == "toy_gate.v"
    assert "module toy_gate #(parameter W = 2) (" in made
    assert '$value$plusargs("krait_mutant=%d", krait_mutant)' in made
    assert "input [31:0] krait_mutant" not in made
    assert all(f"krait_mutant == 32'd{each.number}" in made or f"32'h{each.number:08x}" in made for each in chosen)


def test_what_a_memory_holds_at_the_beginning(tmp_path: Path) -> None:
    """It has no mutants: Yosys cannot write them. What reads the memory has."""
    (decode,) = choose(("tern_decode",), all_units())
    cells = netlist.elaborate(decode, {"N": 1}, 1, tmp_path)
    assert "$meminit" in cells.text
    assert not [each for each in cells.mutants if each.what.startswith("$meminit")]
    assert netlist.write(cells, cells.mutants[:3], tmp_path).is_file()


def test_a_header_in_a_folder_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A netlist is another one as soon as any header of hw/verilog is, whatever folder it stands in."""
    header = tmp_path / "mamba2" / "job.vh"
    header.parent.mkdir()
    header.write_text("`define KIND 0\n")
    monkeypatch.setattr(netlist, "VERILOG", tmp_path)
    before = netlist._key(TOY, {})
    assert netlist._key(TOY, {}) == before
    header.write_text("`define KIND 1\n")
    assert netlist._key(TOY, {}) != before


def test_a_memory_has_an_address_while_it_is_not_written(tmp_path: Path) -> None:
    """A write to no address changes nothing: a fault in the write enable would survive."""
    (memory,) = choose(("mem_lutram",), all_units())
    cells = netlist.elaborate(memory, {"DATA_W": 8, "DEPTH": 4}, 1, tmp_path)
    made = netlist.write(cells, cells.mutants[:1], tmp_path).read_text()
    assert "mem[wr_addr]" in made
    assert "'hx" not in made


def test_a_text_without_a_selector() -> None:
    """Another Yosys might write it in another way: that is said, and no build without mutants takes place."""
    with pytest.raises(CheckError, match="wrote 0 wires krait_mutant"):
        selectable("module m(a);\n  input a;\nendmodule\n", "m", {})

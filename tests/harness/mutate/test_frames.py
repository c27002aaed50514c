# SPDX-License-Identifier: Apache-2.0
"""Frames: the parameters with which a unit stands in another top, and the file that replaces it there."""

from pathlib import Path

import pytest

from golden.errors import CheckError
from harness.mutate.frames import framed, shapes
from tests.harness.mutate.test_judge import simulation
from tests.harness.mutate.toys import FRAMED, HERE

SOURCE = FRAMED.source.read_text()
NETLIST = "module toy_gate #(parameter W = 2) (clk, rst, a, b, y, parity, one, ready);\nendmodule\n"
FILES = (str(FRAMED.source), str(HERE / "toy_frame.v"))


@pytest.mark.icarus
def test_parameters_of_instances(tmp_path: Path) -> None:
    """Each set of parameters that stands in the design, all of them told; of a top those that are given."""
    found = shapes(FRAMED, simulation(top="toy_frame", sources=FILES, params={"W": 5}), tmp_path)
    assert found == {(("W", 5),), (("W", 6),)}
    assert shapes(FRAMED, simulation(params={"W": 3}), tmp_path) == {(("W", 3),)}


@pytest.mark.icarus
def test_a_design_without_an_instance(tmp_path: Path) -> None:
    """It has no parameters of the unit to tell."""
    (tmp_path / "empty.v").write_text("module empty;\nendmodule\n")
    alone = simulation(top="empty", sources=(str(FRAMED.source), str(tmp_path / "empty.v")), params={})
    assert not shapes(FRAMED, alone, tmp_path)


def test_what_takes_the_place() -> None:
    """The module chooses by all parameters between netlist and source, which have names of their own; ports stay."""
    made = framed(SOURCE, NETLIST, "toy_gate", {"W": 2, "HASH": 1 << 40})
    assert "generate if (W == 2 && HASH == 64'h10000000000) begin : g_faulty" in made
    assert "toy_gate_krait_faulty u_faulty (.clk(clk), .rst(rst), .a(a)" in made
    assert "toy_gate_krait_plain #(.W(W), .HASH(HASH)) u_plain (.clk(clk)" in made
    for name in ("toy_gate", "toy_gate_krait_plain", "toy_gate_krait_faulty"):
        assert made.count(f"module {name} ") == 1
    chooser = made[made.index("module toy_gate #") : made.index("generate if")]
    assert "output wire          ready" in chooser
    assert "output reg " not in chooser


def test_without_parameters() -> None:
    made = framed("module a (\n    input x\n);\nendmodule\n", "module a(x);\nendmodule\n", "a", {})
    assert "if (1) begin" in made
    assert "a_krait_plain u_plain (.x(x));" in made


def test_texts_in_another_form() -> None:
    """They are refused, and not replaced by something else."""
    with pytest.raises(CheckError, match="list of ports does not end"):
        framed("module a(x); endmodule", NETLIST, "a", {})
    with pytest.raises(CheckError, match="Yosys wrote no list of ports"):
        framed(SOURCE, "", "toy_gate", {})

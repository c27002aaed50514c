# SPDX-License-Identifier: Apache-2.0
"""The arcs that the logic of a module allows are those of the table."""

import dataclasses
from pathlib import Path

from harness.coverage import machines
from harness.coverage.arcs import possible
from harness.coverage.machines import Machine


def test_the_table_has_the_arcs_of_the_logic(tmp_path: Path) -> None:
    """All that the modules allow, no more and no less, by a SAT solver on their logic: of one-hot machines, too, and
    with the parameters that add arcs."""
    table = machines.read().machine
    found = possible(table, tmp_path)
    wrong = {f"{m.unit}: {m.register}": set(m.arcs) ^ arcs for m, arcs in zip(table, found, strict=True)}
    assert {name: arcs for name, arcs in wrong.items() if arcs} == {}


def test_arcs_follow_the_logic(tmp_path: Path) -> None:
    """A module that may leave a state otherwise has that arc; one in a cycle that is not active has none."""
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "toy.v").write_text(
        "module toy (input wire clk, input wire rst, input wire go, input wire stop);\n"
        "  localparam [1:0] IDLE = 0, RUN = 1, END = 2;\n  reg [1:0] state_q;\n"
        "  always @(posedge clk) if (rst) state_q <= END; else if (stop) state_q <= IDLE;\n"
        "    else if (go) state_q <= state_q + 2'd1;\nendmodule\n"
    )
    toy = Machine("a/toy.v", "state_q", {"IDLE": (), "RUN": (), "END": ()})
    calm = dataclasses.replace(toy, active="!stop")
    both = possible([toy], tmp_path / "one", tmp_path) + possible([calm], tmp_path / "two", tmp_path)
    ahead = {("IDLE", "RUN"), ("RUN", "END")}
    assert both == (ahead | {("RUN", "IDLE"), ("END", "IDLE")}, ahead)

# SPDX-License-Identifier: Apache-2.0
"""The three lints are silent on a clean design and speak on a bad one."""

from pathlib import Path

import pytest

from harness.lint import lint_icarus, lint_verilator, lint_yosys

RTL = Path(__file__).parent / "rtl"
LINTS = pytest.mark.parametrize(
    "lint", [lint_verilator, pytest.param(lint_icarus, marks=pytest.mark.icarus), lint_yosys]
)


@LINTS
def test_clean_design_is_silent(lint):
    """A clean design, with a parameter set, gives no message."""
    assert lint([RTL / "toy_counter.v"], "toy_counter", {"WIDTH": 12}, (RTL,)) == []


@LINTS
def test_missing_top_is_a_message(lint):
    """A top that is not in the files is a message."""
    assert lint([RTL / "toy_counter.v"], "nosuch", {}, (RTL,))


@pytest.mark.parametrize(
    ("lint", "body"),
    [
        (lint_verilator, "assign y = a + 9'd1;"),
        pytest.param(lint_icarus, "reg [7:0] q; always_comb q = a; assign y = q;", marks=pytest.mark.icarus),
        (lint_yosys, "wire z; assign y = a + z;"),
        (lint_yosys, "reg [7:0] q; always @* if (a[0]) q = a; assign y = q;"),
    ],
    ids=["width", "systemverilog", "undriven", "latch"],
)
def test_bad_design_is_a_message(lint, body, tmp_path):
    """A width mismatch, SystemVerilog, an undriven wire and a latch are each seen by the judge in charge."""
    path = tmp_path / "bad.v"
    path.write_text(f"module bad(input wire [7:0] a, output wire [7:0] y);\n{body}\nendmodule\n")
    assert lint([path], "bad", {}, (tmp_path,))

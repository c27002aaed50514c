# SPDX-License-Identifier: Apache-2.0
"""The lints are silent on a clean design and speak on a bad one."""

from pathlib import Path

import pytest

from golden.spec import load_configs
from harness import lint
from harness.generate import KERNELS
from harness.lint import lint_icarus, lint_verilator, lint_yosys, run_all
from harness.tcl_lint import lint_tcl
from harness.toolchain import find_tclint

RTL = Path(__file__).parent / "rtl"
LINTS = pytest.mark.parametrize(
    "judge", [lint_verilator, pytest.param(lint_icarus, marks=pytest.mark.icarus), lint_yosys]
)


@LINTS
def test_clean_design_is_silent(judge):
    """A clean design, with a parameter set, gives no message."""
    assert judge([RTL / "toy_counter.v"], "toy_counter", {"WIDTH": 12}, (RTL,)) == []


@LINTS
def test_missing_top_is_a_message(judge):
    """A top that is not in the files is a message."""
    assert judge([RTL / "toy_counter.v"], "nosuch", {}, (RTL,))


@pytest.mark.parametrize(
    ("judge", "body"),
    [
        (lint_verilator, "assign y = a + 9'd1;"),
        pytest.param(lint_icarus, "reg [7:0] q; always_comb q = a; assign y = q;", marks=pytest.mark.icarus),
        (lint_yosys, "wire z; assign y = a + z;"),
        (lint_yosys, "reg [7:0] q; always @* if (a[0]) q = a; assign y = q;"),
    ],
    ids=["width", "systemverilog", "undriven", "latch"],
)
def test_bad_design_is_a_message(judge, body, tmp_path):
    """A width mismatch, SystemVerilog, an undriven wire and a latch are each seen by the judge in charge."""
    path = tmp_path / "bad.v"
    path.write_text(f"module bad(input wire [7:0] a, output wire [7:0] y);\n{body}\nendmodule\n")
    assert judge([path], "bad", {}, (tmp_path,))


def test_run_all_says_one_line_a_check_and_counts_failures(monkeypatch):
    """PASS, FAIL with the first messages and the number of the others, SKIP with the remedy; the count is of FAILs."""
    messages = [f"message {index}" for index in range(lint.SHOWN + 2)]
    checks = [
        ("good", list),
        ("bad", lambda: messages),
        ("absent", lambda: None),
        ("tclint", lambda: None),
        ("bad too", lambda: ["one"]),
    ]
    monkeypatch.setattr(lint, "_checks", lambda: iter(checks))
    said: list[str] = []
    assert run_all(said.append) == 2
    shown = [f"      {line}" for line in messages[: lint.SHOWN]]
    assert said == [
        "PASS  good",
        "FAIL  bad",
        *shown,
        "      ... and 2 more lines",
        "SKIP  absent: not on PATH; apt install iverilog",
        "SKIP  tclint: not on PATH; pipx install tclint==0.9.0",
        "FAIL  bad too",
        "      one",
    ]


def test_every_judge_and_configuration_is_asked():
    """Python by ruff and mypy, Tcl by tclint; a wrapper of each by all judges, all configurations by Verilator."""
    names = " / ".join(name for name, _ in lint._checks())
    for word in ("ruff check", "ruff format --check", "mypy --strict", "tclint"):
        assert word in names
    for kernel in KERNELS:
        assert f"iverilog -g2005 -Wall {kernel}_sim" in names
        assert f"yosys check -assert {kernel}_sim" in names
        for config in load_configs(kernel):
            assert f"verilator -Wall {kernel}_{config}" in names


@pytest.mark.parametrize("index", [0, 1], ids=["ruff check", "ruff format"])
def test_python_tools_are_heard(index, tmp_path, monkeypatch):
    """A bad file is named with its line by the very check that `krait lint` makes; a good one gives nothing."""
    (tmp_path / "pyproject.toml").write_text("[tool.ruff]\n")
    monkeypatch.setattr(lint, "ROOT", tmp_path)
    _, check = list(lint._checks())[index]
    path = tmp_path / "some.py"
    path.write_text("x = 1\n")
    assert check() == []
    path.write_text("import os\nx  =  1\n")
    assert {line.split(":")[0] for line in check()} == {"some.py"}


def test_a_missing_tclint_skips_the_check(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.prefix", str(tmp_path))
    assert lint_tcl() is None


needs_tclint = pytest.mark.skipif(find_tclint() is None, reason="tclint is not on PATH: pipx install tclint==0.9.0")


@needs_tclint
def test_tcl_is_clean():
    """All scripts and constraints: syntax, arguments of Tcl's own commands, braces, spacing, line length."""
    assert lint_tcl() == []


@needs_tclint
@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("if {1} {\n    puts a\n", "syntax error"),
        ("set a 1\nexpr $a + 2\n", "unbraced-expr"),
        ("set a b c\n", "too many args"),
        (f"puts {'x' * 120}\n", "line-length"),
    ],
)
def test_bad_tcl_is_a_message(text, message, tmp_path):
    """A missing brace, an unbraced expression, an argument too many and a long line are each seen."""
    (tmp_path / "boards").mkdir()
    (tmp_path / "boards" / "bad.tcl").write_text(text)
    (tmp_path / "pyproject.toml").write_text("[tool.tclint]\nstyle.line-length = 120\n")
    assert any(message in line for line in lint_tcl(tmp_path) or [])

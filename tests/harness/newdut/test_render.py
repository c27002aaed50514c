# SPDX-License-Identifier: Apache-2.0
"""The files of a new design: Python that compiles, whatever the ports; nothing of somebody's is overwritten."""

import ast
from pathlib import Path
from types import SimpleNamespace

import pytest

from golden.errors import InputError, MachineError
from harness.newdut import render
from harness.newdut.ports import Interface, Pin, Stream
from harness.uvm.stream_pins import ActiveLow

TWO_IN = Interface(
    "join_two",
    {"W": 8, "DEPTH": 2},
    "clk",
    "rst_n",
    True,
    (
        Stream("a", "input", "a_valid", "a_ready", (Pin("a_data", "input", 8), Pin("a_last", "input", 1))),
        Stream("b", "input", "b_valid", "b_ready", ()),
        Stream("m", "output", "m_valid", "m_ready", (Pin("m_data", "output", 4),)),
    ),
    (Pin("mode", "input", 3), Pin("busy", "output", 1)),
)


def test_texts() -> None:
    """Every Python file compiles; ports, parameters, sources and inputs that hold still are in them."""
    texts = render.texts(TWO_IN, ["../a.v", "../b.v"])
    for name, text in texts.items():
        if name.endswith(".py"):
            ast.parse(text)
    assert 'STATICS = {"mode": 0}' in texts["join_two_env.py"]
    assert "ActiveLow(dut.rst_n)" in texts["join_two_env.py"]
    assert 'WIDTHS = {"a": 9, "b": 0}' in texts["join_two_coverage.py"]
    assert 'SOURCES = ["../a.v", "../b.v"]' in texts["test_join_two.py"]
    assert '{"W": 8, "DEPTH": 2}' in texts["test_join_two.py"]


def test_systemverilog_is_for_verilator_alone() -> None:
    """Icarus is called for Verilog-2005: a .sv file among the sources leaves it out, and the file still compiles."""
    text = render.texts(TWO_IN, ["../a.v", "../b.sv"])["test_join_two.py"]
    ast.parse(text)
    assert "icarus" not in text.lower().replace("icarus is called for verilog-2005", "")
    assert "find_icarus" in render.texts(TWO_IN, ["../a.v"])["test_join_two.py"]


def test_the_stub_hands_beats_through() -> None:
    """Of the first input, cut to the width of the output."""
    place: dict[str, object] = {}
    exec(render.texts(TWO_IN, [])["join_two_golden.py"], place)
    expected = place["expected"]
    assert callable(expected)
    assert expected({"a": [0x1F, 3], "b": [0, 0]}) == {"m": [0xF, 3]}


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """A folder that has one of the files is refused, and nothing in it changes; nor is a file a folder."""
    (tmp_path / "join_two_golden.py").write_text("mine")
    with pytest.raises(InputError, match=r"join_two_golden\.py: is there already"):
        render.write(tmp_path, TWO_IN, [tmp_path / "a.v"])
    assert [path.name for path in tmp_path.iterdir()] == ["join_two_golden.py"]
    with pytest.raises(MachineError, match="cannot be written"):
        render.write(tmp_path / "join_two_golden.py" / "x", TWO_IN, [])


def test_sources_are_relative(tmp_path: Path) -> None:
    """The folder finds the design when both have moved."""
    made = render.write(tmp_path / "dut", TWO_IN, [tmp_path / "rtl" / "a.v"])
    (test,) = (path for path in made if path.name == "test_join_two.py")
    assert 'SOURCES = ["../rtl/a.v"]' in test.read_text()


def test_active_low() -> None:
    """A reset that is on drives the pin low."""
    pin = SimpleNamespace(value=1)
    reset = ActiveLow(pin)
    assert reset.value == 0
    reset.value = 1
    assert (pin.value, reset.value) == (0, 1)

# SPDX-License-Identifier: Apache-2.0
"""Emitted widths: the header says in Verilog what is derived in Python, the document lists every row."""

import re
import subprocess
from pathlib import Path

import pytest

from golden.mamba2.integer.build import LIMITS_TEXT, build_widths
from golden.mamba2.integer.profile import NAMES, load
from golden.spec import load_profile
from golden.spec.emit import emit_width_header, emit_width_tables


def header(name: str) -> str:
    return emit_width_header("kr_m2_x", load_profile(name), build_widths(load(name)), LIMITS_TEXT)


@pytest.mark.parametrize("name", NAMES)
def test_header_defines_each_name_once_with_its_value(name: str) -> None:
    """Width and fraction bits of every row, every number of the profile; only `define KR_ lines, no name twice."""
    lines = [line for line in header(name).splitlines() if line and not line.startswith("//")]
    assert lines[:2] == ["`ifndef KR_M2_WIDTHS_VH", "`define KR_M2_WIDTHS_VH"]
    assert lines[-1] == "`endif"
    pairs = [line.split()[1:] for line in lines[2:-1] if re.fullmatch(r"`define KR_M2_\w+ -?\d+", line)]
    assert len(pairs) == len(lines) - 3
    values = {key: int(value) for key, value in pairs}
    assert len(values) == len(pairs)
    expected = {f"KR_M2_{row.name.upper()}_W": row.bits for row in build_widths(load(name))}
    expected |= {f"KR_M2_{row.name.upper()}_FRAC": row.frac for row in build_widths(load(name))}
    numbers = {each.name.upper(): each.value for each in load_profile(name).choices if isinstance(each.value, int)}
    assert values == expected | {f"KR_M2_CFG_{key}": value for key, value in numbers.items()}


@pytest.mark.icarus
@pytest.mark.parametrize("name", NAMES)
def test_header_is_verilog(tmp_path: Path, name: str) -> None:
    """Icarus reads the header without a warning, and a signal declared with a width has its range's bits."""
    (tmp_path / "h.vh").write_text(header(name))
    bits = {row.name: row.bits for row in build_widths(load(name))}["readout_acc"]
    source = tmp_path / "t.v"
    source.write_text(
        '`include "h.vh"\nmodule t;\n  wire [`KR_M2_READOUT_ACC_W-1:0] x;\n'
        '  initial $display("%0d", $bits(x));\nendmodule\n'
    )
    command = ["iverilog", "-g2005", "-Wall", "-I", str(tmp_path), "-o", str(tmp_path / "t"), str(source)]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stderr == ""
    shown = subprocess.run(["vvp", str(tmp_path / "t")], capture_output=True, text=True, check=True)
    assert shown.stdout.split() == [str(bits)]


def test_document_lists_every_row() -> None:
    """One table a profile, one line a row, in the order of the computation, with its range."""
    tables = [(load_profile(name), build_widths(load(name))) for name in NAMES]
    text = emit_width_tables(tables, LIMITS_TEXT)
    assert re.findall(r"^## `(.+)`$", text, re.M) == list(NAMES)
    rows = [row for _, widths in tables for row in widths]
    assert re.findall(r"^\| `(\w+)` \|", text, re.M) == [row.name for row in rows]
    for row in rows:
        assert f"| {row.q_name} | {row.bits} | {row.low} .. {row.high} |" in text

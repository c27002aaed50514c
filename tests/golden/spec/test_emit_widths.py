# SPDX-License-Identifier: Apache-2.0
"""Emitted widths: the header says in Verilog what is derived in Python, the document lists every row."""

import re
import subprocess
from pathlib import Path

import pytest

from golden.mamba2.integer.build import LIMITS_TEXT, build_widths
from golden.mamba2.integer.profile import NAMES, load
from golden.mamba2.integer.rows import Width
from golden.spec import Profile, load_profile
from golden.spec.emit import emit_width_header, emit_width_tables
from golden.spec.emit.widths import WORDS


def tables() -> list[tuple[Profile, tuple[Width, ...]]]:
    return [(load_profile(name), build_widths(load(name))) for name in NAMES]


def numbers(folder: Path, macros: list[str]) -> list[int]:
    """Return what Icarus makes of macros, read without a warning."""
    (folder / "h.vh").write_text(emit_width_header(tables(), LIMITS_TEXT))
    shown = "\n".join(f'  initial $display("%0d", `{macro});' for macro in macros)
    (folder / "t.v").write_text(f'`include "h.vh"\nmodule t;\n{shown}\nendmodule\n')
    command = ["iverilog", "-g2005", "-Wall", "-I", str(folder), "-o", str(folder / "t"), str(folder / "t.v")]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stderr == ""
    run = subprocess.run(["vvp", str(folder / "t")], capture_output=True, text=True, check=True)
    return [int(line) for line in run.stdout.split()]


def test_header_defines_each_name_once() -> None:
    """Only `define KR_ lines beside the guard, and no name twice."""
    text = emit_width_header(tables(), LIMITS_TEXT)
    lines = [line for line in text.splitlines() if line and not line.startswith("//")]
    assert lines[:2] == ["`ifndef KR_M2_WIDTHS_VH", "`define KR_M2_WIDTHS_VH"]
    assert lines[-1] == "`endif"
    found = [re.match(r"`define (KR_M2_\w+)(\(P\))? ", line) for line in lines[2:-1]]
    names = [match[1] for match in found if match]
    assert len(names) == len(lines) - 3 == len(set(names))


@pytest.mark.icarus
@pytest.mark.parametrize("index", range(len(NAMES)))
def test_header_says_what_is_derived(tmp_path: Path, index: int) -> None:
    """Icarus reads the header without a warning; every row's width and fraction bits, every choice, by profile."""
    profile, rows = tables()[index]
    expected = {f"KR_M2_{row.name.upper()}_W({index})": row.bits for row in rows}
    expected |= {f"KR_M2_{row.name.upper()}_FRAC({index})": row.frac for row in rows}
    for choice in profile.choices:
        value = choice.value if isinstance(choice.value, int) else WORDS[choice.name].index(str(choice.value))
        expected[f"KR_M2_CFG_{choice.name.upper()}({index})"] = value
    expected[f"KR_M2_PROFILE_{profile.name.upper().replace('-', '_')}"] = index
    assert numbers(tmp_path, list(expected)) == list(expected.values())


def test_document_lists_every_row() -> None:
    """One table a profile, one line a row, in the order of the computation, with its range."""
    text = emit_width_tables(tables(), LIMITS_TEXT)
    assert re.findall(r"^## `(.+)`$", text, re.M) == list(NAMES)
    rows = [row for _, widths in tables() for row in widths]
    assert re.findall(r"^\| `(\w+)` \|", text, re.M) == [row.name for row in rows]
    for row in rows:
        assert f"| {row.q_name} | {row.bits} | {row.low} .. {row.high} |" in text

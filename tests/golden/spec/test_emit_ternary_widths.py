# SPDX-License-Identifier: Apache-2.0
"""Emitted widths of BitNet's profile: the header says in Verilog what is derived in Python, the document lists all."""

import re

from golden.spec import load_profile
from golden.spec.emit import emit_ternary_header, emit_ternary_widths
from golden.ternary.integer import profile
from golden.ternary.integer.widths import BUILD_TEXT, build_widths

ROWS = build_widths(profile.load())
PROFILE = load_profile(profile.NAME)


def test_header_says_each_width_and_choice_once() -> None:
    """Every row, every choice that is a number, and the guard: nothing else, no name twice."""
    text = emit_ternary_header(PROFILE, ROWS, BUILD_TEXT)
    lines = [line for line in text.splitlines() if line and not line.startswith("//")]
    assert lines[:2] == ["`ifndef KR_TERN_WIDTHS_VH", "`define KR_TERN_WIDTHS_VH"]
    assert lines[-1] == "`endif"
    found = [re.fullmatch(r"`define KR_TERN_(\w+) (\d+)", line) for line in lines[2:-1]]
    names = {match[1]: int(match[2]) for match in found if match}
    assert len(names) == len(lines) - 3
    expected = {f"{row.name.upper()}_W": row.bits for row in ROWS}
    expected |= {f"CFG_{key.upper()}": value for key, value in vars(profile.load()).items()}
    assert names == expected


def test_document_lists_every_row_in_order() -> None:
    """One line a row, with its range."""
    found = re.findall(
        r"^\| `(\w+)` \| (\d+) \| (-?\d+) \.\. (-?\d+) \|", emit_ternary_widths(PROFILE, ROWS, BUILD_TEXT), re.M
    )
    assert found == [(row.name, str(row.bits), str(row.low), str(row.high)) for row in ROWS]

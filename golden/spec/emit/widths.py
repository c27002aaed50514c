# SPDX-License-Identifier: Apache-2.0
"""Derived widths as a Verilog header for each profile, and as one Markdown document."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from golden.spec.emit.template import render
from golden.spec.numbers import Profile

if TYPE_CHECKING:  # declarations know nothing of what is derived from them
    from golden.mamba2.integer.rows import Width


def emit_width_header(stem: str, profile: Profile, rows: Sequence["Width"], limits: str) -> str:
    """Return the header `stem`: the profile's numbers, and width and fraction bits of each row, within `limits`."""
    return render("widths.vh.j2", stem=stem, profile=profile, rows=rows, limits=limits)


def emit_width_tables(tables: Sequence[tuple[Profile, Sequence["Width"]]], limits: str) -> str:
    """Return the document that lists the rows of each profile, within `limits`."""
    return render("widths.md.j2", tables=tables, limits=limits)

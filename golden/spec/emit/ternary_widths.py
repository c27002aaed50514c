# SPDX-License-Identifier: Apache-2.0
"""Derived widths of the profile of BitNet models as a Verilog header, and as a Markdown document."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from golden.spec.emit.template import render
from golden.spec.numbers import Profile

if TYPE_CHECKING:  # declarations know nothing of what is derived from them
    from golden.ternary.integer.widths import Width


def emit_ternary_header(profile: Profile, rows: Sequence["Width"], limits: str) -> str:
    """Return `kr_tern_widths.vh`: the numbers that the profile chooses, and the width of each row, within `limits`."""
    choices = [choice for choice in profile.choices if isinstance(choice.value, int)]
    return render("ternary_widths.vh.j2", profile=profile, choices=choices, rows=rows, limits=limits)


def emit_ternary_widths(profile: Profile, rows: Sequence["Width"], limits: str) -> str:
    """Return the document that lists the rows, within `limits`."""
    return render("ternary_widths.md.j2", profile=profile, rows=rows, limits=limits)

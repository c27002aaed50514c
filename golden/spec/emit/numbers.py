# SPDX-License-Identifier: Apache-2.0
"""Number formats as a Verilog header; formats and profiles as a Markdown document."""

from collections.abc import Sequence

from golden.spec.emit.template import render
from golden.spec.numbers import Formats, Profile


def emit_format_header(formats: Formats) -> str:
    """Return the header: width and fraction bits of each fixed format, codes of each digit format."""
    return render("formats.vh.j2", formats=formats)


def emit_number_tables(formats: Formats, profiles: Sequence[Profile]) -> str:
    """Return the document that lists formats and profiles."""
    return render("numbers.md.j2", formats=formats, profiles=profiles)

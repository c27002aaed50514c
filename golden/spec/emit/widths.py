# SPDX-License-Identifier: Apache-2.0
"""Derived widths as a Verilog header for all profiles, and as one Markdown document."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from golden.spec.emit.template import render
from golden.spec.numbers import Profile

if TYPE_CHECKING:  # declarations know nothing of what is derived from them
    from golden.mamba2.integer.rows import Width

WORDS = {
    "hadamard": ("off", "out_proj", "both"),
    "weight_scale": ("additive_pot", "channel"),
    "nonlinear": ("table", "nau"),
    "norm": ("table", "rsqrt"),
}
"""Choices that are words: what the RTL knows them as is their place here."""

Tables = Sequence[tuple[Profile, Sequence["Width"]]]


@dataclass(frozen=True)
class _Macro:
    """One name of the header: its line of documentation, and its number in each profile."""

    name: str
    doc: str
    numbers: tuple[int, ...]

    @property
    def text(self) -> str:
        """Return the definition: the number where all agree, else a choice by P."""
        *first, last = self.numbers
        if set(first) <= {last}:
            return str(last)
        return "(" + "".join(f"(P) == {p} ? {number} : " for p, number in enumerate(first)) + f"{last})"


def emit_width_header(tables: Tables, limits: str) -> str:
    """Return `kr_m2_widths.vh`: each profile's choices, and width and fraction bits of each row, within `limits`."""
    profiles = [profile for profile, _ in tables]
    return render(
        "widths.vh.j2", profiles=profiles, words=WORDS, choices=_choices(profiles), rows=_rows(tables), limits=limits
    )


def emit_width_tables(tables: Tables, limits: str) -> str:
    """Return the document that lists the rows of each profile, within `limits`."""
    return render("widths.md.j2", tables=tables, limits=limits)


def _choices(profiles: Sequence[Profile]) -> list[_Macro]:
    values = [{choice.name: choice.value for choice in profile.choices} for profile in profiles]
    return [
        _Macro(
            f"CFG_{choice.name.upper()}", choice.doc, tuple(_number(choice.name, each[choice.name]) for each in values)
        )
        for choice in profiles[0].choices
    ]


def _number(name: str, value: object) -> int:
    return value if isinstance(value, int) else WORDS[name].index(str(value))


def _rows(tables: Tables) -> list[tuple[_Macro, _Macro]]:
    known = [{row.name: row for row in rows} for _, rows in tables]
    docs = {row.name: row.doc for _, rows in reversed(tables) for row in rows}
    names = dict.fromkeys(row.name for _, rows in tables for row in rows)
    return [
        (
            _Macro(f"{name.upper()}_W", docs[name], tuple(rows[name].bits if name in rows else 0 for rows in known)),
            _Macro(f"{name.upper()}_FRAC", "", tuple(rows[name].frac if name in rows else 0 for rows in known)),
        )
        for name in names
    ]

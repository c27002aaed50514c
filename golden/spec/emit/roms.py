# SPDX-License-Identifier: Apache-2.0
"""ROMs as Verilog modules, and the constants of their tables as a header."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from golden.spec.emit.template import render

if TYPE_CHECKING:  # declarations know nothing of what is derived from them
    from golden.fixed.roms import Constant, Rom

LINE_BITS = 320
"""Greatest width of a line of contents."""
PART_WORDS = 256
"""Words filled from one constant, where this divides the ROM: few bits for Icarus, a long loop for Verilator."""
BLOCK_BITS = 4096
"""From here on a ROM goes to block RAM; smaller ones are left to the tools, which take LUTs."""


@dataclass(frozen=True)
class Row:
    """One line of contents: words `first` (highest) down to `last`, as hexadecimal digits of a number of `bits`."""

    first: int
    last: int
    bits: int
    digits: str


def emit_rom(rom: "Rom") -> str:
    """Return the module of a ROM: one or two read ports with registered outputs."""
    block = len(rom.words) * rom.width >= BLOCK_BITS
    addr_w, step = (len(rom.words) - 1).bit_length(), len(rom.words) if len(rom.words) % PART_WORDS else PART_WORDS
    return render("rom.v.j2", rom=rom, rows=_rows(rom), addr_w=addr_w, block=block, step=step)


def emit_table_header(constants: Sequence["Constant"]) -> str:
    """Return the header with the constants of the tables."""
    return render("m2_tables.vh.j2", macros=[(each.name, each.doc, _literal(each)) for each in constants])


def _rows(rom: "Rom") -> list[Row]:
    """Return the contents, highest words first, a power of two of them on a line."""
    count = 1 << (LINE_BITS // rom.width).bit_length() - 1
    rows = []
    for last in range(0, len(rom.words), count):
        words = rom.words[last : last + count]
        bits = len(words) * rom.width
        value = sum(word << (k * rom.width) for k, word in enumerate(words))
        rows.append(Row(last + len(words) - 1, last, bits, f"{value:0{-(-bits // 4)}x}"))
    return rows[::-1]


def _literal(constant: "Constant") -> str:
    """Return a plain number, or numbers side by side, the first one lowest."""
    if not constant.bits:
        return str(constant.values[0]) if constant.values[0] >= 0 else f"({constant.values[0]})"
    return "{" + ", ".join(f"{constant.bits}'d{value}" for value in reversed(constant.values)) + "}"

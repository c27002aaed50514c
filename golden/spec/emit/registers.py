# SPDX-License-Identifier: Apache-2.0
"""A register map as a Verilog header, as typed Python and as a Markdown table."""

from itertools import groupby

from golden.spec.emit.template import render
from golden.spec.register_file import MAP_BYTES, WORD_BITS
from golden.spec.registers import Register, RegisterMap

MADE_BY = "make gen"


def emit_verilog_header(regs: RegisterMap, made_by: str = MADE_BY) -> str:
    """Return the header: one `define for each place, field, code and constant; nothing but defines."""
    prefix = f"KR_{regs.name.upper()}"
    runs = {"mask_runs": mask_runs(regs), "exist_runs": exist_runs(regs)}
    return render("registers.vh.j2", regs=regs, prefix=prefix, made_by=made_by, parts=parts, **runs)


def emit_python(regs: RegisterMap, made_by: str = MADE_BY) -> str:
    """Return the Python module with offsets, fields, codes and constants."""
    return render("registers.py.j2", regs=regs, map_bytes=MAP_BYTES, made_by=made_by)


def emit_markdown(regs: RegisterMap, made_by: str = MADE_BY) -> str:
    """Return the map as a document."""
    return render("registers.md.j2", regs=regs, bits=bits, made_by=made_by)


def parts(register: Register) -> list[tuple[str, int]]:
    """Return the (suffix, word index) of the first element's words: one, or _LO and _HI of a 64-bit register."""
    if register.width == WORD_BITS:
        return [("", register.words[0])]
    return [("_LO", register.words[0]), ("_HI", register.words[1])]


def mask_runs(regs: RegisterMap) -> list[tuple[int, int]]:
    """Return (mask, repetitions) of the words' storage masks, highest word first, as a concatenation wants them."""
    return [(mask, len(list(run))) for mask, run in groupby(reversed(regs.rw_words))]


def exist_runs(regs: RegisterMap) -> list[tuple[int, int]]:
    """Return (1 for words of registers else 0, repetitions), highest word first."""
    there = {word for register in regs.registers for word in register.words}
    return [
        (found, len(list(run))) for found, run in groupby(int(w in there) for w in reversed(range(regs.word_count)))
    ]


def bits(lsb: int, width: int) -> str:
    """Return the bit range as documents write it."""
    return str(lsb) if width == 1 else f"{lsb + width - 1}:{lsb}"

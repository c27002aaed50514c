# SPDX-License-Identifier: Apache-2.0
"""What the hardware's ROMs hold, and the constants that go with them: this package's tables, packed into words."""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from golden.fixed import nau, rsqrt, sigmoid
from golden.fixed.norm_tables import NormTable, rms1_table, rms2_table
from golden.fixed.tables import ActivationTable, exp_table, silu_table, softplus_table

REFERENCE: Mapping[str, Mapping[int, int]] = {
    "rms1": {1: 1 << 19, 3: 3 << 17, 5: 5 << 16},
    "rms2": {1: 1 << 19, 3: 3 << 18, 5: 5 << 17},
}
"""Norm tables in hardware: for each kind and odd part of the width, which holds every published Mamba2 model, the width
whose constants are emitted. They are the same for the three, and half the width halves every a_k and step: the values
stay, and alpha_k >> 1 and d_k - 1 are its constants."""


@dataclass(frozen=True)
class Rom:
    """Words of a ROM, by address.

    Attributes:
        name: of its module.
        doc: what it holds, one line without a period.
        word: its fields, highest first.
        source: file of the law.
        width: bits of a word.
        words: unsigned.
    """

    name: str
    doc: str
    word: str
    source: str
    width: int
    words: tuple[int, ...]


@dataclass(frozen=True)
class Constant:
    """Numbers of a table that stand in logic: of `bits` each, side by side, first lowest; 0 bits: one plain number."""

    name: str
    doc: str
    bits: int
    values: tuple[int, ...]


def roms() -> tuple[Rom, ...]:
    """Return every ROM."""
    activations = (silu_table(), softplus_table(), exp_table())
    norms = [
        _norm_rom(kind, odd, norm_table(kind, width)) for kind in REFERENCE for odd, width in REFERENCE[kind].items()
    ]
    return (*(rom for table in activations for rom in _activation_roms(table)), *norms, *_segment_roms())


def constants() -> tuple[Constant, ...]:
    """Return the constants of the activation tables and of the norm tables."""
    found: list[Constant] = []
    for table in (silu_table(), softplus_table(), exp_table()):
        name = table.name.upper()
        found += [
            Constant(f"{name}_ALPHA", f"Where the table of {table.name} starts, Q.10.", 0, (table.alpha,)),
            Constant(f"{name}_D", "log2 of the arguments that share an entry.", 0, (table.d,)),
        ]
    return (*found, *(constant for kind in REFERENCE for constant in _norm_constants(kind)))


def norm_table(kind: str, width: int) -> NormTable:
    """Table "rms1" or "rms2" of a width."""
    return rms1_table(width) if kind == "rms1" else rms2_table(width)


def pack(fields: Iterable[tuple[int, int]]) -> int:
    """Return (value, width) fields, first lowest, as one word; two's complement."""
    word = at = 0
    for value, width in fields:
        assert -(1 << width) <= 2 * value < 1 << (width + 1), f"{value} has more than {width} bits"
        word |= (value & ((1 << width) - 1)) << at
        at += width
    return word


def _activation_roms(table: ActivationTable) -> tuple[Rom, Rom]:
    source = "golden/fixed/tables.py"
    entries = tuple(pack([(int(value), 8)]) for value in table.values)
    return (
        Rom(
            f"m2_rom_{table.name}", f"entries of LightMamba's table of {table.name}", "signed byte", source, 8, entries
        ),
        Rom(f"m2_rom_{table.name}_shift", "shift of each 1/32 of its table", "shift", source, 4, table.shifts),
    )


def _norm_rom(kind: str, odd: int, table: NormTable) -> Rom:
    width = int(table.values.max()).bit_length()
    words = tuple(int(value) for value in table.values.flatten())
    doc = f"reciprocal square roots of table norm {kind}, for widths {odd} << k"
    return Rom(f"m2_rom_{kind}_x{odd}", doc, "entry; addr {table, index}", "golden/fixed/norm_tables.py", width, words)


def _norm_constants(kind: str) -> Iterator[Constant]:
    tables = [norm_table(kind, width) for width in REFERENCE[kind].values()]
    first = tables[0]
    assert all((table.alpha, table.d, table.o) == (first.alpha, first.d, first.o) for table in tables), kind
    name = kind.upper()
    yield Constant(f"{name}_ALPHA", f"Where each table of {kind} starts.", 64, first.alpha)
    yield Constant(f"{name}_D", "log2 of the sums that share an entry of each table.", 8, first.d)
    yield Constant(f"{name}_O", "Shift of each table's entries, at every width.", 8, first.o)
    for odd, table in zip(REFERENCE[kind], tables, strict=True):
        doc = f"Width odd << k, odd {odd}, of which {name}_ALPHA and {name}_D are."
        yield Constant(f"{name}_X{odd}_WIDTH", doc, 0, (table.width,))


def _segments(ends: Sequence[int], sign: int, start_bits: int, step_bits: int) -> tuple[int, ...]:
    """Words {step, start} of the segments between neighbouring ends, step = sign (next - start), not negative."""
    pairs = itertools.pairwise(ends)
    return tuple(pack([(low, start_bits), (sign * (high - low), step_bits)]) for low, high in pairs)


def _segment_roms() -> tuple[Rom, ...]:
    powers = tuple(pack([(base, 15), (slope, 15)]) for base, slope in zip(nau.BASE, nau.SLOPE, strict=True))
    s_shape = _segments(sigmoid.sigmoid_table().tolist(), 1, 19, 12)
    roots = _segments(rsqrt.rsqrt_table().tolist(), -1, 21, 13)
    return (
        Rom("m2_rom_nau", "2^v in 8 segments", "{SLOPE, BASE}, Q1.14", "golden/fixed/nau.py", 30, powers),
        Rom(
            "m2_rom_sigmoid",
            "sigmoid in 256 segments of 1/16",
            "{12 bits T[i+1] - T[i], 19 bits T[i]}, Q.18",
            "golden/fixed/sigmoid.py",
            31,
            s_shape,
        ),
        Rom(
            "fxp_rom_rsqrt",
            "1 / sqrt(n) in 192 segments over 1..4",
            "{13 bits T[i] - T[i+1], 21 bits T[i]}, Q.20",
            "golden/fixed/rsqrt.py",
            34,
            roots,
        ),
    )

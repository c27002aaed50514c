# SPDX-License-Identifier: Apache-2.0
"""Register maps: what the files declare, and what the loader refuses."""

import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golden.errors import InputError
from golden.spec import load_register_map
from golden.spec.configs import MAX_PORTS
from golden.spec.register_file import MAP_BYTES, Field, RegisterDecl
from golden.spec.registers import FOLDER


def test_offsets_are_aligned_unique_and_inside_the_map() -> None:
    """Every word of the map belongs to one register at most; 64-bit registers lie on 8 bytes."""
    regs = load_register_map("tern_matvec")
    words = [word for register in regs.registers for word in register.words]
    assert len(words) == len(set(words))
    assert max(words) < regs.word_count <= MAP_BYTES // 4
    assert all(at % (register.width // 8) == 0 for register in regs.registers for at in register.offsets)


def test_map_has_the_places_that_xrt_fixes() -> None:
    """ap_ctrl_hs: CTRL, GIE, IER, ISR in words 0 .. 3, arguments from 0x10; start, done, idle, ready in bits 0 .. 3."""
    regs = load_register_map("tern_matvec")
    assert [(r.name, r.offset) for r in regs.registers[:5]] == [
        ("CTRL", 0x0),
        ("GIE", 0x4),
        ("IER", 0x8),
        ("ISR", 0xC),
        ("ROW_TILES", 0x10),
    ]
    assert [f.lsb for f in regs["CTRL"].fields] == [0, 1, 2, 3]
    assert [f.name for f in regs["CTRL"].fields] == ["AP_START", "AP_DONE", "AP_IDLE", "AP_READY"]


def test_identity_resets() -> None:
    """The identity registers take their values from the map: the letters KRAI, the version, the kernel."""
    regs = load_register_map("tern_matvec")
    assert regs["MAGIC"].reset == int.from_bytes(b"KRAI", "big")
    assert regs["VERSION"].reset == regs.version == 1
    assert regs["KERNEL_ID"].reset == regs.kernel_id == 1


def test_port_arrays_hold_the_widest_configuration() -> None:
    """Each array by port has as many elements as a configuration may have ports."""
    regs = load_register_map("tern_matvec")
    assert {regs[name].count for name in ("PORT_BASE", "RD_BEATS", "WR_BEATS")} == {MAX_PORTS}


def test_storage_mask_is_the_union_of_rw_fields() -> None:
    """A bit of the dense file is stored exactly if an rw field covers it."""
    regs = load_register_map("tern_matvec")
    stored = set()
    for register in regs.registers:
        for at in register.offsets:
            for field in register.fields:
                if field.access == "rw":
                    stored |= {at * 8 + bit for bit in range(field.lsb, field.lsb + field.width)}
    got = {word * 32 + bit for word, mask in enumerate(regs.rw_words) for bit in range(32) if mask >> bit & 1}
    assert got == stored
    assert stored


def test_storage_mask_splits_wide_registers(tmp_path: Path) -> None:
    """The mask of a 64-bit register lies in two words, low half first; a field may cross them."""
    (tmp_path / "k.toml").write_text(
        '[map]\nversion = 1\nkernel_id = 9\ndoc = "x"\n'
        '[[registers]]\nname = "R"\noffset = 8\nwidth = 64\ncount = 2\nstride = 16\ndoc = "x"\n'
        '[[registers.fields]]\nname = "F"\nlsb = 28\nwidth = 12\naccess = "rw"\ndoc = "x"\n'
        '[[registers.fields]]\nname = "G"\nlsb = 48\nwidth = 8\naccess = "ro"\ndoc = "x"\n'
    )
    regs = load_register_map("k", tmp_path)
    assert regs.rw_words == (0, 0, 0xF000_0000, 0xFF, 0, 0, 0xF000_0000, 0xFF)


def test_lookup_by_unknown_name_lists_the_known() -> None:
    """Asking for a register or field that is not there is an InputError that lists what is."""
    regs = load_register_map("tern_matvec")
    with pytest.raises(InputError, match="no register 'CTLR'; known: CTRL"):
        regs["CTLR"]
    with pytest.raises(InputError, match="no field 'START'; known: AP_START"):
        regs["CTRL"].field("START")


@given(st.lists(st.tuples(st.integers(0, 31), st.integers(1, 32)), min_size=1, max_size=4))
def test_fields_are_accepted_exactly_if_disjoint_and_inside(places: list[tuple[int, int]]) -> None:
    """A register of 32 bits takes a set of fields if and only if no bit is used twice and none lies above bit 31."""
    fields = tuple(Field(f"F{i}", lsb, width, "ro", "x") for i, (lsb, width) in enumerate(places))
    used = [bit for lsb, width in places for bit in range(lsb, lsb + width)]
    legal = len(used) == len(set(used)) and max(used) < 32
    try:
        RegisterDecl("R", 0, "x", fields=fields)
    except InputError:
        assert not legal
    else:
        assert legal


@pytest.mark.parametrize(
    ("file", "old", "new", "parts"),
    [
        (
            "tern_matvec",
            "offset = 0x014",
            "offset = 0x010",
            ("registers", "COL_BLOCKS and ROW_TILES at 0x010"),
        ),
        ("tern_matvec", "offset = 0x028", "offset = 0x024", ("registers[4].offset", "0x24", "a multiple of 8 bytes")),
        ("tern_matvec", "offset = 0x010", "offset = 0x011", ("registers[0].offset", "0x11", "a multiple of 4 bytes")),
        ("tern_matvec", "offset = 0x0B0", "offset = 0x1000", ("STALL_HAZARD at 0x1000", "offsets below 0x1000")),
        ("tern_matvec", "offset = 0x0B0", "offset = 0x400", ()),
        ("tern_matvec", '"COL_BLOCKS"', '"ROW_TILES"', ("registers", "'ROW_TILES'", "each name")),
        ("tern_matvec", '"COL_BLOCKS"', '"colBlocks"', ("registers[1].name", "'colBlocks'", "upper case")),
        ("tern_matvec", "version = 1", "version = 0", ("map.version", "found 0", "at least 1")),
        ("tern_matvec", "version = 1", "revision = 1", ("map.revision", "no such key")),
        ("tern_matvec", "code = 7", "code = 4", ("errors", "found 4", "each name and code once")),
        ("tern_matvec", '"BAD_WEIGHT"', '"AXI_READ"', ("errors", "'AXI_READ'", "each name and code once")),
        ("tern_matvec", 'access = "rw"', 'access = "wr"', ("registers[0].access", "'wr'", "one of")),
        ("tern_matvec", 'access = "rw"\n', "", ("registers[0].access", "either access or fields")),
        ("tern_matvec", "width = 64", "width = 48", ("registers[3].width", "found 48", "32 or 64")),
        ("tern_matvec", 'access = "rw"', 'access = "rw"\nreset = 1', ("reset", "found 1", "0 for access 'rw'")),
        ("tern_matvec", 'doc = "Row tiles: ceil(M / OUTS)."', 'doc = " "', ("registers[0].doc", "a sentence")),
        (
            "tern_matvec",
            'doc = "Row tiles',
            'doc = "' + "Row tiles " * 11,
            ("registers[0].doc", "at most 110 characters"),
        ),
        ("tern_matvec", '"common.toml"', '"comon.toml"', ("comon.toml", "cannot be read")),
        ("common", "lsb = 2", "lsb = 1", ("registers[0].fields", "AP_DONE and AP_IDLE on bit 1", "do not overlap")),
        ("common", '"AP_IDLE"', '"AP_DONE"', ("registers[0].fields", "'AP_DONE'", "each field name once")),
        ("common", "lsb = 24", "lsb = 25", ("fields", "T_COLS up to bit 32", "bits 0 .. 31")),
        ("common", "stride = 8", "stride = 4", ("stride", "found 4", "a multiple of 8")),
        ("common", "stride = 8\n", "", ("stride", "found 0", "given when count > 1")),
        ("common", "count = 32", "count = 33", ("registers", "overlap")),
        ("common", "0x4B524149", "0x1_4B524149", ("reset", "a value of 32 bits")),
    ],
)
def test_bad_map_is_refused(tmp_path: Path, file: str, old: str, new: str, parts: tuple[str, ...]) -> None:
    """A broken rule is an InputError naming the file, the key, what was found and what was expected."""
    folder = tmp_path / "registers"
    shutil.copytree(FOLDER, folder)
    path = folder / f"{file}.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))
    if not parts:  # the control: a change that breaks no rule
        load_register_map("tern_matvec", folder)
        return
    with pytest.raises(InputError) as caught:
        load_register_map("tern_matvec", folder)
    for part in ("toml: ", *parts):
        assert part in str(caught.value)

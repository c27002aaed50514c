# SPDX-License-Identifier: Apache-2.0
"""Emitted ROMs and constants say what they were given, to the last bit."""

import re

import pytest

from golden.fixed.roms import Constant, Rom, constants, roms
from golden.spec.emit import emit_rom, emit_table_header

ODD = Rom("rom_odd", "odd sizes", "bits", "golden/fixed/roms.py", 5, (1, 31, 0, 16, 7, 9, 2))


def contents(text: str, width: int) -> list[int]:
    """Return the words in a module's text: lines of hexadecimal digits, highest first."""
    value = 0
    for bits, digits in re.findall(r"^ +(\d+)'h([0-9a-f]+),?  // \d+\.\.\d+$", text, re.M):
        assert len(digits) == -(-int(bits) // 4)
        assert int(digits, 16) < 1 << int(bits)
        value = value << int(bits) | int(digits, 16)
    count = int(re.findall(r"rom\[0:(\d+)\]", text)[0]) + 1
    assert f"localparam [{count * width - 1}:0] WORDS" in text
    return [value >> (k * width) & ((1 << width) - 1) for k in range(count)]


@pytest.mark.parametrize("rom", [*roms(), ODD], ids=lambda rom: rom.name)
def test_words(rom: Rom) -> None:
    """The module's lines, put together, are the words; its address reaches all of them."""
    text = emit_rom(rom)
    assert contents(text, rom.width) == list(rom.words)
    address_bits = int(re.findall(r"\[PORTS\*(\d+)-1:0\] addr", text)[0])
    assert 1 << (address_bits - 1) < len(rom.words) <= 1 << address_bits
    limit, step, part, loop = re.findall(
        r"part < (\d+); part = part \+ (\d+)\).*?WORDS\[part\*\d+\+:(\d+)\].*?i < (\d+);", text, re.S
    )[0]
    assert int(limit) == len(rom.words)
    assert int(limit) % int(step) == 0
    assert (int(part), int(loop)) == (int(step) * rom.width, int(step))


def test_only_large_roms_ask_for_block_ram() -> None:
    """4096 bits are the border."""
    small = Rom("rom_small", "below", "bits", "golden/fixed/roms.py", 15, tuple(range(256)))
    large = Rom("rom_large", "at the border", "bits", "golden/fixed/roms.py", 16, tuple(range(256)))
    assert 'rom_style = "block"' not in emit_rom(small)
    assert 'rom_style = "block"' in emit_rom(large)


def test_constants() -> None:
    """Plain numbers are decimal, negative ones in brackets; vectors stand first lowest."""
    given = (Constant("A", "Less.", 0, (-7,)), Constant("B", "More.", 8, (1, 2, 200)), *constants())
    text = emit_table_header(given)
    assert "// Less.\n`define KR_M2_A (-7)\n" in text
    assert "`define KR_M2_B {8'd200, 8'd2, 8'd1}\n" in text
    assert text.count("`define KR_M2_") == len(given) + 1  # and the guard

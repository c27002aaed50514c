# SPDX-License-Identifier: Apache-2.0
"""Emitted register maps and formats say the same in Verilog and Python, and Verilog tools accept them."""

import re
import subprocess
from enum import IntEnum
from pathlib import Path

import pytest

from golden.errors import InputError
from golden.spec import load_formats, load_register_map
from golden.spec.bits import BitField, RegisterArray
from golden.spec.emit import emit_format_header, emit_verilog_header
from golden.spec.gen import tern_matvec as generated
from harness.toolchain import find_icarus, find_verilator

REGS = load_register_map("tern_matvec")
PREFIX = "KR_TERN_MATVEC_"


def defines(header: str) -> dict[str, int]:
    """Read a header the way a Verilog tool would: name -> value of every simple define."""
    found = {}
    for name, literal in re.findall(r"^`define (\w+) (\d+'[hd][0-9A-F]+|\d+)$", header, re.MULTILINE):
        digits = re.fullmatch(r"(?:(\d+)'([hd]))?([0-9A-F]+)", literal)
        assert digits, literal
        found[name] = int(digits[3], 16 if digits[2] == "h" else 10)
    return found


HEADER = defines(emit_verilog_header(REGS))


def test_header_holds_nothing_but_defines() -> None:
    """Every line of a header is a directive, a comment, a continuation of a mask, or empty."""
    for header in (emit_verilog_header(REGS), emit_format_header(load_formats())):
        for line in header.splitlines():
            assert re.match(r"(`(ifndef|define|endif)\b|//|  \{ \d+\{(32'h[0-9A-F]{8}|1'b[01])\} \}|$)", line), line


def test_header_and_python_have_the_same_offsets() -> None:
    """For every register: byte address and word index in the Verilog header equal the Python offset."""
    for offset in generated.Offset:
        assert HEADER[f"{PREFIX}{offset.name}_ADDR"] == offset
        wide = REGS[offset.name].width == 64
        assert HEADER[f"{PREFIX}{offset.name}_{'LO_' if wide else ''}WORD"] * 4 == offset
        assert not wide or HEADER[f"{PREFIX}{offset.name}_HI_WORD"] * 4 == offset + 4
    assert {offset.name for offset in generated.Offset} == {register.name for register in REGS.registers}


def test_header_and_python_have_the_same_fields_and_codes() -> None:
    """Field places, arrays, error codes, constants and identity agree between header, Python and declarations."""
    for register in (each for each in REGS.registers if not each.plain):
        for field in register.fields:
            name = f"{register.name}_{field.name}"
            bits: BitField = getattr(generated, name)
            assert (bits.lsb, bits.width, bits.mask) == (field.lsb, field.width, field.mask)
            assert HEADER[f"{PREFIX}{name}_LSB"] == bits.lsb
            assert HEADER[f"{PREFIX}{name}_WIDTH"] == bits.width
            assert HEADER[f"{PREFIX}{name}_MASK"] == bits.mask
    for register in (each for each in REGS.registers if each.count > 1):
        array: RegisterArray = getattr(generated, register.name)
        assert tuple(array[index] for index in range(array.count)) == register.offsets
        assert HEADER[f"{PREFIX}{register.name}_COUNT"] == array.count
        assert HEADER[f"{PREFIX}{register.name}_STRIDE_WORDS"] * 4 == array.stride
    codes: type[IntEnum] = generated.ErrorCode
    assert {code.name: int(code) for code in codes} == {error.name: error.code for error in REGS.errors}
    assert {code.name: HEADER[f"{PREFIX}ERR_{code.name}"] for code in codes} == {c.name: int(c) for c in codes}
    assert HEADER[f"{PREFIX}MAX_ROW_TILES"] == generated.MAX_ROW_TILES
    assert HEADER[f"{PREFIX}MAGIC_RESET"] == generated.MAGIC == REGS["MAGIC"].reset
    assert HEADER[f"{PREFIX}MAP_VERSION"] == generated.MAP_VERSION == REGS.version
    assert HEADER[f"{PREFIX}ID"] == generated.KERNEL_ID == REGS.kernel_id


def test_storage_mask_literal_equals_the_declared_words() -> None:
    """The mask for axil_regs, word WORDS - 1 first, expands to exactly the words' masks."""
    body = emit_verilog_header(REGS).split("_RW_MASK {")[1]
    runs = re.findall(r"\{ (\d+)\{32'h([0-9A-F]{8})\} \}", body)
    words = [int(mask, 16) for count, mask in runs for _ in range(int(count))]
    assert words[::-1] == list(REGS.rw_words)
    assert len(words) == HEADER[f"{PREFIX}WORDS"] == REGS.word_count


def test_words_that_exist_are_those_of_the_registers() -> None:
    """The literal for axil_regs, word WORDS - 1 first, is 1 for each word that a register covers, else 0."""
    body = emit_verilog_header(REGS).split("_EXIST {")[1]
    there = [int(bit) for count, bit in re.findall(r"\{ (\d+)\{1'b([01])\} \}", body) for _ in range(int(count))]
    covered = {word for register in REGS.registers for word in register.words}
    assert there[::-1] == [int(word in covered) for word in range(REGS.word_count)]
    assert 0 in there


def test_bit_field_puts_and_gets() -> None:
    """get(put(c, v)) = c, bits outside the field stay; a content that does not fit is an InputError."""
    field = BitField(lsb=8, width=4)
    assert field.put(0xA, 0xFFFF) == 0xFAFF
    assert field.get(field.put(0xA, 0xFFFF)) == 0xA
    with pytest.raises(InputError, match=r"found 16, expected 0 \.\. 15"):
        field.put(16)


def test_register_array_refuses_other_indices() -> None:
    """Indices outside 0 .. count - 1 are an IndexError, negative ones too."""
    for index in (-1, 32):
        with pytest.raises(IndexError, match=r"expected 0 \.\. 31"):
            generated.PORT_BASE[index]


def header_user() -> str:
    """A module that uses every define of the headers, so that each must be an expression of its stated width."""
    text = emit_verilog_header(REGS) + emit_format_header(load_formats())
    sized = re.findall(r"^`define (\w+) \d+'", text, re.MULTILINE)
    plain = [name for name in defines(text) if name not in sized]
    wires = [f"  wire [31:0] p{index} = `{name};" for index, name in enumerate(plain)]
    used = ", ".join(["mask", *(f"p{index}" for index in range(len(plain))), *(f"`{name}" for name in sized)])
    return "\n".join(
        [
            '`include "regs.vh"',
            '`include "formats.vh"',
            "module header_user (output wire y);",
            "  wire [`KR_TERN_MATVEC_WORDS*32-1:0] mask = `KR_TERN_MATVEC_RW_MASK;",
            *wires,
            f"  assign y = ^{{ {used} }};",
            "endmodule",
            "",
        ]
    )


def header_folder(tmp_path: Path) -> Path:
    (tmp_path / "regs.vh").write_text(emit_verilog_header(REGS))
    (tmp_path / "formats.vh").write_text(emit_format_header(load_formats()))
    (tmp_path / "header_user.v").write_text(header_user())
    return tmp_path


def test_header_is_clean_under_verilator(tmp_path: Path) -> None:
    """Every define is an expression that verilator -Wall accepts, and the mask has WORDS * 32 bits."""
    folder, tool = header_folder(tmp_path), find_verilator()
    command = [tool.verilator_bin, "--lint-only", "-Wall", f"-I{folder}", folder / "header_user.v"]
    run = subprocess.run(command, capture_output=True, text=True, check=False, env={"VERILATOR_ROOT": str(tool.root)})
    assert run.returncode == 0, run.stderr


@pytest.mark.icarus
def test_header_is_clean_under_icarus(tmp_path: Path) -> None:
    """Every define is a Verilog-2005 expression."""
    folder, icarus = header_folder(tmp_path), find_icarus()
    assert icarus
    command = [icarus.iverilog, "-g2005", "-Wall", f"-I{folder}", "-o", folder / "out", folder / "header_user.v"]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")

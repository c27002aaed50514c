# SPDX-License-Identifier: Apache-2.0
"""Waves as FST: readable, of the window that was asked for, on both simulators.

The form of the file: blocks of a kind (one byte), a length (8 bytes, big endian, itself counted) and contents; block 0
holds first and last time, block 6 the hierarchy as LZ4 behind its length; a file of Icarus may be one block 254 of gzip
(source: fstcpp.h and fstcpp_writer.cpp of Verilator 5.48, fstapi.h of GTKWave).
"""

import gzip
import struct
from dataclasses import replace
from pathlib import Path

import pytest

from harness.build.waves import FILE, Window
from harness.sim.runner import run_cocotb
from tests.harness.regress import toys

BOTH = pytest.mark.parametrize("sim", ["verilator", pytest.param("icarus", marks=pytest.mark.icarus)])


def blocks(data: bytes) -> dict[int, bytes]:
    """Return the contents of the last block of each kind."""
    found = {}
    while data:
        kind, length = data[0], struct.unpack(">Q", data[1:9])[0]
        found[kind], data = data[9 : 1 + length], data[1 + length :]
    return blocks(gzip.decompress(found[254][8:])) if 254 in found else found


def unpack_lz4(data: bytes) -> bytes:
    """Decode a block of LZ4: literals, and matches where there are some."""
    out, at = bytearray(), 0

    def length(short: int) -> int:
        nonlocal at
        total = short
        while short == 15 and (at := at + 1) and data[at - 1] == 255:
            total += 255
        return total + (data[at - 1] if short == 15 else 0)

    while at < len(data):
        token = data[at]
        at += 1
        literals = length(token >> 4)
        out += data[at : at + literals]
        at += literals
        if at < len(data):
            distance = int.from_bytes(data[at : at + 2], "little")
            at += 2
            for _ in range(length(token & 15) + 4):
                out.append(out[-distance])
    return bytes(out)


def traced(sim: str, window: Window, folder: Path) -> dict[int, bytes]:
    spec = replace(toys.spec(sim), trace="fst")
    run_cocotb(spec, toys.MODULE, "passes", workdir=folder, plusargs=window.plusargs()).check()
    return blocks((folder / FILE).read_bytes())


def times(found: dict[int, bytes]) -> tuple[int, int]:
    """Return first and last time in ns; both simulators count in ps."""
    first, last = struct.unpack(">QQ", found[0][:16])
    return first // 1000, last // 1000


@BOTH
def test_the_whole_run(sim: str, tmp_path: Path) -> None:
    """Without a window from the start on, with the signals inside the design."""
    found = traced(sim, Window(), tmp_path)
    first, last = times(found)
    assert first == 0
    assert last >= 40
    names = unpack_lz4(found[6][8:]) if 6 in found else gzip.decompress(found[4][8:])
    assert b"value_q" in names


@BOTH
def test_a_window(sim: str, tmp_path: Path) -> None:
    """Nothing before its begin nor behind its end."""
    first, last = times(traced(sim, Window(20, 35), tmp_path))
    assert 20 <= first <= last <= 35


def test_words() -> None:
    """What a window is called, and what tells a simulation of it."""
    assert Window(5, 9, 1 << 20).plusargs() == (
        "+krait_waves_from=5",
        "+krait_waves_to=9",
        "+krait_waves_bytes=1048576",
    )
    assert Window().plusargs()[0] == "+krait_waves_from=0"
    assert Window().text == "the whole run, up to 256 MiB"
    assert (Window(5, 9).text, Window(5).text) == ("5 ns to 9 ns", "5 ns to the end")

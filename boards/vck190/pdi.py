# SPDX-License-Identifier: Apache-2.0
"""Identifiers in a Versal's programmable device image: which base design an overlay was built on.

Layout: Xilinx/bootgen at 4f023ac, bootheader-versal.h and imageheadertable-versal.h; what the identifiers mean:
UG909, "Design Version Compatibility Checks". All words are little-endian.
"""

import struct
from dataclasses import dataclass
from pathlib import Path

from golden.errors import InputError, MachineError

PL_NODE = 0x1870_0000
"""The programmable logic as a whole; regions of it count on from there."""

_WIDTH_WORD, _WIDTH_AT, _TABLE_AT = 0xAA99_5566, 0x10, 0xC4
_BUS_WIDTH_WORDS = (0xDD00_0000, 0x00DD_0000, 0x0000_00DD)
_BUS_WIDTH_BYTES = 16
_TABLE_BYTES, _HEADER_BYTES = 0x80, 0x40
_KINDS = (0x4650_4449, 0x5050_4449)
"""FPDI, PPDI: whole and partial."""


@dataclass(frozen=True)
class Image:
    """One image of a PDI: its name, the node that it configures, its identifier and that of what it is built on."""

    name: str
    node: int
    unique: int
    parent: int


def images(path: Path) -> tuple[Image, ...]:
    """Return the images of a PDI.

    Raises:
        InputError: the file cannot be read, is no PDI, or its headers are encrypted.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); expected a .pdi") from error
    try:
        return _images(data)
    except (struct.error, ValueError) as error:
        raise InputError(f"{path}: not a Versal device image: {error}") from error


def check_parent(boot: Path, overlay: Path) -> int:
    """Return the identifier of the base design, which the boot image configures and the overlay was built on.

    Raises:
        InputError: one of the files is no PDI, or has no image for the programmable logic.
        MachineError: the overlay was built on another base design; the board's firmware would refuse it.
    """
    base = [image for image in images(boot) if image.node == PL_NODE]
    parts = [image for image in images(overlay) if image.node >> 20 == PL_NODE >> 20]
    for path, found in ((boot, base), (overlay, parts)):
        if not found:
            raise InputError(f"{path}: no image for the programmable logic (node {PL_NODE:#x})")
    for part in parts:
        if part.parent != base[0].unique:
            raise MachineError(
                f"{overlay}: built on base design {part.parent:#010x}, {boot} is {base[0].unique:#010x}; "
                "build the overlay on the design that the board boots, or boot that one"
            )
    return base[0].unique


def _images(data: bytes) -> tuple[Image, ...]:
    table = _table_at(data)
    count, first, kind, key = (_word(data, table + at) for at in (0x4, 0x8, 0x28, 0x40))
    if kind not in _KINDS:
        raise ValueError(f"identification {kind:#010x}, expected FPDI or PPDI")
    if key:
        raise ValueError("its headers are encrypted")
    if not 0 < count < 256:
        raise ValueError(f"{count} images")
    return tuple(_image(data, 4 * first + index * _HEADER_BYTES) for index in range(count))


def _table_at(data: bytes) -> int:
    """Return where the image header table begins: where a boot header says, else behind the bus width words."""
    if _word(data, _WIDTH_AT) == _WIDTH_WORD:
        return _word(data, _TABLE_AT)
    return _BUS_WIDTH_BYTES if _word(data, 0) in _BUS_WIDTH_WORDS else 0


def _image(data: bytes, at: int) -> Image:
    name, node, unique, parent = struct.unpack_from("<16x16s3I20x", data, at)
    return Image(name.rstrip(b"\0").decode("ascii", "replace"), node, unique, parent)


def _word(data: bytes, at: int) -> int:
    return int(struct.unpack_from("<I", data, at)[0])

# SPDX-License-Identifier: Apache-2.0
"""A register map as its TOML files write it, each declaration checked for the rules that it can break on its own."""

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from golden.spec.strict import require

WORD_BITS = 32
MAP_BYTES = 4096
DOC_MAX = 110  # fits a line of the generated files

Access = Literal["rw", "ro", "w1s", "w1t", "rc"]
ACCESS_DOC: dict[Access, str] = {
    "rw": "read and write; storage in the register file, 0 after reset",
    "ro": "read only; driven by the hardware",
    "w1s": "writing 1 sets, the hardware clears",
    "w1t": "writing 1 toggles",
    "rc": "read clears",
}
_NAME = re.compile(r"[A-Z][A-Z0-9_]*")


def _check_name(name: str, doc: str) -> None:
    require(_NAME.fullmatch(name) is not None, "name", name, "upper case letters, digits and _")
    require(bool(doc.strip()) and len(doc) <= DOC_MAX, "doc", doc, f"a sentence of at most {DOC_MAX} characters")


@dataclass(frozen=True)
class Field:
    """Bits `lsb` .. `lsb + width - 1` of a register. `reset_from` takes the reset value from the map's header."""

    name: str
    lsb: int
    width: int
    access: Access
    doc: str
    reset: int = 0
    reset_from: Literal["", "version", "kernel_id"] = ""
    enum: Literal["", "errors"] = ""

    def __post_init__(self) -> None:
        """Check the rules that one field can break on its own."""
        _check_name(self.name, self.doc)
        require(1 <= self.width <= 64, "width", self.width, "1 .. 64")
        require(0 <= self.lsb <= 63, "lsb", self.lsb, "0 .. 63")
        require(0 <= self.reset < 1 << self.width, "reset", self.reset, f"a value of {self.width} bits")
        # axil_regs resets its storage to zero, so a map cannot promise anything else.
        require(self.access != "rw" or self.reset == 0, "reset", self.reset, "0 for access 'rw'")

    @property
    def mask(self) -> int:
        """Return the field's bits in place, within its register."""
        return ((1 << self.width) - 1) << self.lsb


@dataclass(frozen=True)
class RegisterDecl:
    """A register as a TOML file writes it: either `fields`, or `access` (and `reset`) of the whole register."""

    name: str
    offset: int
    doc: str
    width: int = 32
    count: int = 1
    stride: int = 0
    access: Literal[Access, ""] = ""
    reset: int = 0
    fields: tuple[Field, ...] = ()

    def __post_init__(self) -> None:
        """Check place and size, and that fields neither overlap nor leave the register."""
        _check_name(self.name, self.doc)
        require(self.width in (32, 64), "width", self.width, "32 or 64")
        aligned = self.offset >= 0 and self.offset % self._bytes == 0
        require(aligned, "offset", hex(self.offset), f"a multiple of {self._bytes} bytes")
        require(self.count >= 1, "count", self.count, "at least 1")
        fits = self.stride % self._bytes == 0 and self.stride >= (self._bytes if self.count > 1 else 0)
        require(fits, "stride", self.stride, f"a multiple of {self._bytes}, given when count > 1")
        require(bool(self.access) != bool(self.fields), "access", self.access, "either access or fields")
        self._check_fields()

    @property
    def _bytes(self) -> int:
        return self.width // 8

    def _check_fields(self) -> None:
        names = [field.name for field in self.fields]
        for name in names:
            require(names.count(name) == 1, "fields", name, "each field name once")
        for field in self.fields:
            top = field.lsb + field.width
            require(top <= self.width, "fields", f"{field.name} up to bit {top - 1}", f"bits 0 .. {self.width - 1}")
        for low, high in pairwise(sorted(self.fields, key=lambda field: field.lsb)):
            both = f"{low.name} and {high.name} on bit {high.lsb}"
            require(low.lsb + low.width <= high.lsb, "fields", both, "fields that do not overlap")


@dataclass(frozen=True)
class ErrorCode:
    """One value of the ERROR register's code."""

    name: str
    code: int
    doc: str

    def __post_init__(self) -> None:
        """Check name and range."""
        _check_name(self.name, self.doc)
        require(0 <= self.code <= 255, "code", self.code, "0 .. 255")


@dataclass(frozen=True)
class Constant:
    """A limit that hardware and software share and that no configuration changes."""

    name: str
    value: int
    doc: str

    def __post_init__(self) -> None:
        """Check name and range."""
        _check_name(self.name, self.doc)
        require(0 <= self.value < 1 << 32, "value", self.value, "a value of 32 bits")


@dataclass(frozen=True)
class MapHeader:
    """What identifies a map to software; `include` lists files beside it whose declarations it takes over."""

    doc: str
    version: int = 0
    kernel_id: int = 0
    include: tuple[str, ...] = ()


@dataclass(frozen=True)
class MapFile:
    """One TOML file below ``registers/``."""

    map: MapHeader
    registers: tuple[RegisterDecl, ...]
    errors: tuple[ErrorCode, ...] = ()
    constants: tuple[Constant, ...] = ()

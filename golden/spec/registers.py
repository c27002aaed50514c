# SPDX-License-Identifier: Apache-2.0
"""Register maps: declared in ``registers/*.toml``, checked here, used by emitters, drivers and register models.

A map is what one kernel file declares plus what the files it includes declare. Words are 32 bits, the map is 4 KiB.
"""

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Literal

from golden.errors import InputError
from golden.spec.strict import IllegalValueError, load, require, show_path

FOLDER = Path(__file__).parent / "registers"
WORD_BITS = 32
MAP_BYTES = 4096

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
    require(bool(doc.strip()), "doc", doc, "a sentence")


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
        require(
            self.offset >= 0 and self.offset % self._bytes == 0,
            "offset",
            hex(self.offset),
            f"a multiple of {self._bytes}",
        )
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


@dataclass(frozen=True)
class Register:
    """A checked register, or an array of `count` of them `stride` bytes apart. Offsets in bytes, widths in bits."""

    name: str
    offset: int
    doc: str
    width: int
    count: int
    stride: int
    fields: tuple[Field, ...]

    @property
    def access(self) -> Access | Literal["mixed"]:
        """Return the access that all fields share, or "mixed"."""
        kinds = {field.access for field in self.fields}
        return kinds.pop() if len(kinds) == 1 else "mixed"

    @property
    def reset(self) -> int:
        """Return the value after reset, over all fields."""
        return sum(field.reset << field.lsb for field in self.fields)

    @property
    def rw_mask(self) -> int:
        """Return the bits that live in the register file's storage."""
        return sum(field.mask for field in self.fields if field.access == "rw")

    @property
    def plain(self) -> bool:
        """Return whether the register is one field over its whole width, declared without names."""
        return len(self.fields) == 1 and self.fields[0].name == "VALUE"

    @property
    def offsets(self) -> tuple[int, ...]:
        """Return the byte offset of each element."""
        return tuple(self.offset + index * self.stride for index in range(self.count))

    @property
    def words(self) -> tuple[int, ...]:
        """Return the indices of all 32-bit words it covers."""
        return tuple(at // 4 + half for at in self.offsets for half in range(self.width // WORD_BITS))

    def field(self, name: str) -> Field:
        """Return the field called `name`; InputError if there is none."""
        for field in self.fields:
            if field.name == name:
                return field
        raise InputError(f"register {self.name} has no field {name!r}; known: {', '.join(f.name for f in self.fields)}")


@dataclass(frozen=True)
class RegisterMap:
    """All registers of one kernel in order of offset, with its error codes and constants."""

    name: str
    doc: str
    version: int
    kernel_id: int
    registers: tuple[Register, ...]
    errors: tuple[ErrorCode, ...]
    constants: tuple[Constant, ...]
    sources: tuple[str, ...]

    @cached_property
    def by_name(self) -> dict[str, Register]:
        """Return the registers by name."""
        return {register.name: register for register in self.registers}

    def __getitem__(self, name: str) -> Register:
        """Return the register called `name`; InputError if there is none."""
        if name not in self.by_name:
            raise InputError(f"register map {self.name} has no register {name!r}; known: {', '.join(self.by_name)}")
        return self.by_name[name]

    @property
    def word_count(self) -> int:
        """Return the words of a dense register file: a power of two above the last register."""
        last = max(word for register in self.registers for word in register.words)
        return 1 << last.bit_length()

    @property
    def rw_words(self) -> tuple[int, ...]:
        """Return, for each word of the dense file, the mask of the bits that it stores."""
        masks = [0] * self.word_count
        for register in self.registers:
            for index, word in enumerate(register.words):
                half = index % (register.width // WORD_BITS)
                masks[word] = register.rw_mask >> (WORD_BITS * half) & 0xFFFF_FFFF
        return tuple(masks)


@lru_cache
def load_register_map(name: str, folder: Path = FOLDER) -> RegisterMap:
    """Load the map of kernel `name` with its includes. Raises InputError naming file, key, found and expected."""
    path = folder / f"{name}.toml"
    main = load(MapFile, path)
    paths = [*(folder / included for included in main.map.include), path]
    files = [*(load(MapFile, included) for included in paths[:-1]), main]
    try:
        return _merge(name, main.map, files, tuple(show_path(each) for each in paths))
    except IllegalValueError as error:
        raise InputError(f"{show_path(path)}: {error}") from error


def _merge(name: str, header: MapHeader, files: list[MapFile], sources: tuple[str, ...]) -> RegisterMap:
    """Join the files of one map and check what only the whole can break."""
    require(header.version >= 1, "map.version", header.version, "at least 1")
    require(header.kernel_id >= 1, "map.kernel_id", header.kernel_id, "at least 1")
    registers = [_resolve(decl, header) for file in files for decl in file.registers]
    errors = [code for file in files for code in file.errors]
    constants = [constant for file in files for constant in file.constants]
    _check_unique("registers", [register.name for register in registers])
    _check_unique("errors", [error.name for error in errors])
    _check_unique("errors", [error.code for error in errors])
    _check_unique("constants", [constant.name for constant in constants])
    registers.sort(key=lambda register: register.offset)
    _check_space(registers)
    return RegisterMap(
        name=name,
        doc=header.doc,
        version=header.version,
        kernel_id=header.kernel_id,
        registers=tuple(registers),
        errors=tuple(sorted(errors, key=lambda error: error.code)),
        constants=tuple(constants),
        sources=sources,
    )


def _resolve(decl: RegisterDecl, header: MapHeader) -> Register:
    """Give every register fields, and every field its reset value."""
    values = {"version": header.version, "kernel_id": header.kernel_id}
    fields = decl.fields or (Field("VALUE", 0, decl.width, decl.access or "ro", decl.doc, decl.reset),)
    resolved = tuple(
        Field(f.name, f.lsb, f.width, f.access, f.doc, values.get(f.reset_from, f.reset), "", f.enum) for f in fields
    )
    return Register(decl.name, decl.offset, decl.doc, decl.width, decl.count, decl.stride, resolved)


def _check_unique(key: str, items: list[str] | list[int]) -> None:
    for item in items:
        require(items.count(item) == 1, key, item, "each name and code once")  # type: ignore[arg-type]


def _check_space(registers: list[Register]) -> None:
    """Check that no two registers share a word, and that all lie inside the map."""
    owner: dict[int, str] = {}
    for register in registers:
        for word in register.words:
            taken = f"{register.name} and {owner.get(word)} at {word * 4:#05x}"
            require(word not in owner, "registers", taken, "registers that do not overlap")
            require(
                word * 4 < MAP_BYTES, "registers", f"{register.name} at {word * 4:#x}", f"offsets below {MAP_BYTES:#x}"
            )
            owner[word] = register.name

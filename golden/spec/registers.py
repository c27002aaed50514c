# SPDX-License-Identifier: Apache-2.0
"""Register maps: declared in ``registers/*.toml``, joined and checked here, used by emitters, drivers, register models.

A map is what one kernel file declares plus what the files it includes declare. Words are 32 bits, the map is 4 KiB.
"""

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Literal

from golden.errors import InputError
from golden.spec.register_file import (
    MAP_BYTES,
    WORD_BITS,
    Access,
    Constant,
    ErrorCode,
    Field,
    MapFile,
    MapHeader,
    RegisterDecl,
)
from golden.spec.strict import IllegalValueError, load, require, show_path

__all__ = ["Access", "ErrorCode", "Field", "Register", "RegisterMap", "load_register_map"]

FOLDER = Path(__file__).parent / "registers"


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
    return join_register_map(name, load(MapFile, path), path)


def join_register_map(name: str, main: MapFile, path: Path) -> RegisterMap:
    """Return the map that a kernel's file makes with its includes, which stand beside it or here; errors as above."""
    beside = [path.parent / included for included in main.map.include]
    paths = [*(each if each.is_file() else FOLDER / each.name for each in beside), path]
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
    values = {"": None, "version": header.version, "kernel_id": header.kernel_id}
    fields = decl.fields or (Field("VALUE", 0, decl.width, decl.access or "ro", decl.doc, decl.reset),)
    taken = ((field, values[field.reset_from]) for field in fields)
    resolved = tuple(field if value is None else replace(field, reset=value) for field, value in taken)
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

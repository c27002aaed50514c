# SPDX-License-Identifier: Apache-2.0
"""What a simulator build consists of, and the key under which its result is kept."""

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Literal

from golden.errors import InputError

FORMAT = 2  # of the cache's contents: raise it when the same inputs give another result
TIMESCALE = "1ns/1ps"
HEADERS = (".vh", ".svh", ".h", ".hpp")

Param = int | str | bool


@dataclass(frozen=True)
class Clock:
    """An input of the top that the main program of a cocotb build drives: low, then high from half a period on.

    Attributes:
        port: its name.
        period_ns: an even number of ns.
    """

    port: str
    period_ns: int

    def __post_init__(self) -> None:
        """Check the period."""
        if self.period_ns < 2 or self.period_ns % 2:
            raise InputError(
                f"clock {self.port}: found a period of {self.period_ns} ns, expected an even one from 2 on"
            )


@dataclass(frozen=True)
class Counted:
    """What a build with coverage counts: most of what it costs is counting.

    Attributes:
        files: sources; what stands in others does not count.
        edges: edges of bits as well: they make up three quarters of the model's code.
    """

    files: tuple[Path, ...]
    edges: bool = True

    def __post_init__(self) -> None:
        """Make the paths those of the sources."""
        _resolve(self, "files")


@dataclass(frozen=True)
class VerilatorBuild:
    """A Verilated model.

    Attributes:
        top: top module.
        sources: every Verilog file of the design; modules are not searched for elsewhere.
        params: parameters of the top; a string of the form 8'hff is a literal, any other a string.
        defines: macros; an empty string defines without a value.
        includes: folders of Verilog headers.
        kind: "cocotb" an executable with VPI, "shared" a .so without VPI, "exe" an executable with the given main.
        cpp: C++ files compiled in; they may include Vtop.h and headers beside them.
        coverage: line, branch, toggle and expression coverage, and cover points.
        counted: what coverage counts, where that is not everything.
        trace: waveforms: False, True (the same as "vcd"), "vcd" or "fst" (needs zlib's header).
        public: "ports" (and parameters) of the top, or in addition signals as "module.signal" (`*` allowed).
        opt: optimization flags of the model's compilation.
        flags: further arguments for Verilator.
        clock: what the main program drives, so that no callback runs for it; without one a test drives all inputs.
    """

    top: str
    sources: tuple[Path, ...]
    params: Mapping[str, Param] = field(default_factory=dict)
    defines: Mapping[str, str] = field(default_factory=dict)
    includes: tuple[Path, ...] = ()
    kind: Literal["cocotb", "shared", "exe"] = "cocotb"
    cpp: tuple[Path, ...] = ()
    coverage: bool = False
    counted: Counted | None = None
    trace: bool | Literal["vcd", "fst"] = False
    public: Literal["ports"] | tuple[str, ...] = "ports"
    opt: str = "-O2"
    flags: tuple[str, ...] = ()
    clock: Clock | None = None

    def __post_init__(self) -> None:
        """Check what can be checked without a tool."""
        _resolve(self, "sources", "includes", "cpp")
        _check(self.top, self.sources, self.cpp)
        if self.clock and self.kind != "cocotb":
            raise InputError(f"build of {self.top}: a clock is for kind 'cocotb', found kind {self.kind!r}")
        if self.kind == "exe" and not self.cpp:
            raise InputError(f"build of {self.top}: kind 'exe' needs a C++ file with main in cpp, found none")


@dataclass(frozen=True)
class IcarusBuild:
    """A design compiled by Icarus as Verilog-2005; the attributes are those of `VerilatorBuild`."""

    top: str
    sources: tuple[Path, ...]
    params: Mapping[str, Param] = field(default_factory=dict)
    defines: Mapping[str, str] = field(default_factory=dict)
    includes: tuple[Path, ...] = ()
    trace: bool | Literal["vcd", "fst"] = False

    def __post_init__(self) -> None:
        """Check what can be checked without a tool."""
        _resolve(self, "sources", "includes")
        _check(self.top, self.sources, ())


def _resolve(spec: object, *names: str) -> None:
    """Make paths absolute: tools run in the build folder."""
    for name in names:
        object.__setattr__(spec, name, tuple(Path(path).resolve() for path in getattr(spec, name)))


def _check(top: str, sources: tuple[Path, ...], cpp: tuple[Path, ...]) -> None:
    if not sources:
        raise InputError(f"build of {top}: no sources")
    for path in (*sources, *cpp):
        if not path.is_file():
            raise InputError(f"build of {top}: source {path} does not exist")


def literal(value: Param) -> str:
    """Return a parameter value as Verilog; integers beyond 32 bit become sized hexadecimal literals."""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, int):
        if -(2**31) <= value < 2**31:
            return str(value)
        bits = max(64, -(-(abs(value).bit_length() + (value < 0)) // 32) * 32)
        return f"{bits}'h{value % (1 << bits):x}"
    if re.fullmatch(r"(\d+)?'s?[bodhBODH][0-9a-fA-F_xXzZ]+", value):
        return value
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def key(spec: VerilatorBuild | IcarusBuild, tools: Iterable[str]) -> str:
    """Return the hash of everything the result depends on: fields, contents of files, headers in reach, tools."""
    digest = hashlib.sha256(repr((FORMAT, type(spec).__name__, *tools)).encode())
    for item in fields(spec):
        value = getattr(spec, item.name)
        if value is None:  # an option that a build does not have leaves its key as it was before there was the option
            continue
        digest.update(repr((item.name, sorted(value.items()) if isinstance(value, Mapping) else value)).encode())
    for path in inputs(spec):
        digest.update(f"{path}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:20]


def inputs(spec: VerilatorBuild | IcarusBuild) -> list[Path]:
    """Return the files whose contents count: sources, and all headers in the include folders and beside sources."""
    cpp = spec.cpp if isinstance(spec, VerilatorBuild) else ()
    folders = {*spec.includes, *(path.parent for path in (*spec.sources, *cpp))}
    headers = {file for folder in folders if folder.is_dir() for file in folder.iterdir() if file.suffix in HEADERS}
    return [*spec.sources, *cpp, *sorted(headers)]

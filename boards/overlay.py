# SPDX-License-Identifier: Apache-2.0
"""The overlay file of krait's own devices: what a bitstream contains, as JSON, and its translation for PYNQ.

PYNQ's own parsers need a Zynq in the design (`RuntimeMetadataParser` raises IndexError without one), so boards
without one read this file. It stands beside the bitstream; for the virtual board it names the Verilated library.
"""

import hashlib
import json
import os
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from golden import json_files
from golden.errors import InputError, MachineError
from golden.spec import RegisterMap, load_register_map
from golden.spec.strict import decode, require

FORMAT = "krait-overlay-1"
_ACCESS = {"ro": "read-only", "rc": "read-only"}


@dataclass(frozen=True)
class MemoryRegion:
    """One memory channel: its attribute name on the overlay, device address and size in bytes."""

    name: str
    base: int
    size: int

    def __post_init__(self) -> None:
        """Check ranges; InputError names the key."""
        require(self.name.isidentifier(), "name", self.name, "an identifier")
        require(self.base >= 0 and self.base % 4096 == 0, "base", self.base, "a multiple of 4096")
        require(self.size > 0 and self.size % 4096 == 0, "size", self.size, "a positive multiple of 4096")


@dataclass(frozen=True)
class KernelInstance:
    """One kernel in the design: attribute name, VLNV, address range, configuration, one memory region for each port.

    `registers` names the register map in golden/spec, or is the path of its TOML file; empty for kernels without one.
    """

    name: str
    vlnv: str
    base: int
    size: int
    config: str
    config_hash: str
    clock_mhz: float
    memories: tuple[str, ...]
    registers: str = ""

    def __post_init__(self) -> None:
        """Check what PYNQ would trip over later; InputError names the key."""
        require(self.name.isidentifier(), "name", self.name, "an identifier")
        require(self.vlnv.count(":") == 3, "vlnv", self.vlnv, "vendor:library:name:version")
        require(self.base >= 0 and self.base % 4096 == 0, "base", self.base, "a multiple of 4096")
        require(self.size > 0 and self.size % 4096 == 0, "size", self.size, "a positive multiple of 4096")
        require(self.clock_mhz > 0, "clock_mhz", self.clock_mhz, "a positive clock in MHz")


@dataclass(frozen=True)
class OverlayFile:
    """A whole overlay. `library` is the model's shared library (virtual board) or the bitstream, with its SHA-256.

    `metadata_sha256` is that of the .hwh beside it, for boards whose overlays PYNQ parses itself; empty for others.
    """

    format: str
    board: str
    library: str
    sha256: str
    kernels: tuple[KernelInstance, ...]
    memories: tuple[MemoryRegion, ...]
    metadata_sha256: str = ""

    def __post_init__(self) -> None:
        """Check references and overlaps; InputError names the key."""
        require(self.format == FORMAT, "format", self.format, repr(FORMAT))
        known = [memory.name for memory in self.memories]
        for kernel in self.kernels:
            for name in kernel.memories:
                require(name in known, "kernels.memories", name, "one of " + ", ".join(known))
        spans = sorted((memory.base, memory.base + memory.size) for memory in self.memories)
        for (_, end), (start, _) in pairwise(spans):
            require(end <= start, "memories", f"overlap at {start:#x}", "regions apart")


def save(overlay: OverlayFile, folder: Path) -> Path:
    """Write an overlay file named by its content, so that no stale metadata is ever read; return its path."""
    text = json.dumps(asdict(overlay), indent=1)
    name = f"{overlay.board}-{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"
    path = folder / name
    if not path.is_file():
        try:
            folder.mkdir(parents=True, exist_ok=True)
            temporary = folder / f".{name}.{os.getpid()}"
            temporary.write_text(text)
            temporary.rename(path)
        except OSError as error:
            raise MachineError(f"{folder}: overlay cannot be written ({error.strerror})") from error
    return path


def read(path: Path) -> OverlayFile:
    """Read an overlay file and check the bitstream or library that it names; a relative path begins at its folder.

    Raises:
        InputError: the file is no overlay file, or its library is missing or not the one that it was written for.
    """
    overlay = decode(OverlayFile, json_files.read(path, "an overlay file"), path)
    overlay = replace(overlay, library=str(path.parent / overlay.library))
    named = [(Path(overlay.library), overlay.sha256)]
    if overlay.metadata_sha256:
        named.append((Path(overlay.library).with_suffix(".hwh"), overlay.metadata_sha256))
    for file, expected in named:
        if file_hash(file) != expected:
            raise InputError(f"{path}: {file} has changed since; make the overlay again")
    return overlay


def file_hash(path: Path) -> str:
    """Return the SHA-256 of a file; InputError when it cannot be read."""
    try:
        with path.open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error


class PynqMetadata:
    """What PYNQ's `Overlay` asks of a parser: dictionaries in the layout of its HWH parser.

    Interrupts and GPIO stay empty: PYNQ serves them through UIO and sysfs of a Zynq only. So does `clock_dict`.
    """

    def __init__(self, overlay: OverlayFile) -> None:
        self.overlay = overlay
        self.ip_dict: dict[str, dict[str, Any]] = {kernel.name: _ip_entry(kernel) for kernel in overlay.kernels}
        self.mem_dict = {memory.name: _mem_entry(memory) for memory in overlay.memories}
        self.gpio_dict: dict[str, Any] = {}
        self.interrupt_pins: dict[str, Any] = {}
        self.interrupt_controllers: dict[str, Any] = {}
        self.hierarchy_dict: dict[str, Any] = {}
        self.clock_dict: dict[str, Any] = {}
        self.systemgraph = None


def parameters(kernel: KernelInstance) -> dict[str, str]:
    """Return what krait's drivers read of a kernel's description, in the place where PYNQ has an IP's parameters."""
    return {
        "CONFIG": kernel.config,
        "CONFIG_HASH": kernel.config_hash,
        "CLOCK_MHZ": repr(kernel.clock_mhz),
        "MEMORIES": " ".join(kernel.memories),
    }


def _ip_entry(kernel: KernelInstance) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "fullpath": kernel.name,
        "type": kernel.vlnv,
        "phys_addr": kernel.base,
        "addr_range": kernel.size,
        "state": None,
        "interrupts": {},
        "gpio": {},
        "parameters": parameters(kernel),
    }
    if kernel.registers:
        entry["registers"] = _registers(_map_of(kernel.registers))
    return entry


def _map_of(registers: str) -> RegisterMap:
    path = Path(registers)
    return load_register_map(path.stem, path.parent) if path.suffix == ".toml" else load_register_map(registers)


def _mem_entry(memory: MemoryRegion) -> dict[str, Any]:
    return {
        "fullpath": memory.name,
        "type": "MEMORY",
        "raw_type": 0,
        "base_address": memory.base,
        "phys_addr": memory.base,
        "addr_range": memory.size,
        "size": memory.size,
        "used": 1,
        "state": None,
    }


def _registers(map_: RegisterMap) -> dict[str, dict[str, Any]]:
    """Return the register map as PYNQ's `register_map` takes it: 32-bit words, 64-bit registers as _LO and _HI."""
    words = {}
    for register in map_.registers:
        for index, at in enumerate(register.offsets):
            stem = f"{register.name}_{index}" if register.count > 1 else register.name
            names = (stem,) if register.width == 32 else (f"{stem}_LO", f"{stem}_HI")
            for half, name in enumerate(names):
                words[name] = {
                    "address_offset": at + 4 * half,
                    "size": 32,
                    "access": _ACCESS.get(register.access, "read-write"),
                    "description": register.doc,
                    "fields": {
                        field.name: {
                            "access": _ACCESS.get(field.access, "read-write"),
                            "bit_offset": field.lsb,
                            "bit_width": field.width,
                            "description": field.doc,
                        }
                        for field in (() if register.plain or register.width != 32 else register.fields)
                    },
                }
    return words

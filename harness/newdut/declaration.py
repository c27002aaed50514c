# SPDX-License-Identifier: Apache-2.0
"""What a kernel around a foreign design declares: the design's ports, and its configurations by board.

It stands in `kernel/configs.toml` of the design's folder, as those of krait's kernels in golden/spec/configs.
"""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import ClassVar

from golden.errors import InputError
from golden.slots import slot_bytes
from golden.spec.geometry import MAX_PORTS, Geometry, KernelConfig
from golden.spec.strict import IllegalValueError, load, require
from harness.newdut.ports import Interface

PORT_BITS = (128, 256, 512)
PIN_BITS = 64
"""Of an input outside of streams, which is a register."""
MAP_VERSION = 1
CONFIGS = "configs.toml"


@dataclass(frozen=True)
class Declaration:
    """A kernel around a design. `sources` are its Verilog files, relative to the folder of the declaration."""

    kernel: str
    sources: tuple[str, ...]
    dut: Interface
    configs: dict[str, Geometry]


@dataclass(frozen=True)
class DutConfig(KernelConfig):
    """A configuration of such a kernel. Its identity covers the design's ports, as these are the layout of beats."""

    GOLDEN: ClassVar[str] = "expected() of the design's folder"
    MADE_BY: ClassVar[str] = "krait new-dut"

    dut: Interface

    def __post_init__(self) -> None:
        """Check that the ports carry the streams; InputError names the key."""
        super().__post_init__()
        require(self.ports == ports_of(self.dut), "ports", self.ports, f"{ports_of(self.dut)}, for the streams")
        least = port_bits_of(self.dut)
        require(self.port_bits >= least, "port_bits", self.port_bits, f"at least {least}, for the widest stream")

    @property
    def declared_in(self) -> str:
        """The file in which the configuration stands."""
        return f"kernel/{CONFIGS}"


def ports_of(dut: Interface) -> int:
    """Return the memory ports of a design: one for each pair of an input and an output, up to a power of two."""
    return 1 << (max(len(dut.inputs), len(dut.outputs)) - 1).bit_length()


def port_bits_of(dut: Interface) -> int:
    """Return the bits of its narrowest port, which holds the widest beat."""
    return max(PORT_BITS[0], *(8 * slot_bytes(stream.width) for stream in dut.streams))


def read(folder: Path) -> Declaration:
    """Return the declaration in a kernel's folder. InputError: there is none, or one that is not as it must be."""
    return load(Declaration, folder / CONFIGS)


def config(declared: Declaration, name: str) -> DutConfig:
    """Return a configuration by its name, that of its board. InputError: there is none, or it does not fit."""
    if name not in declared.configs:
        known = ", ".join(sorted(declared.configs)) or "none"
        raise InputError(
            f"{declared.kernel}: found no configuration for board {name!r}, there is {known}; "
            f"make it with: krait new-dut --board {name}"
        )
    geometry = declared.configs[name]
    given = {each.name: getattr(geometry, each.name) for each in fields(Geometry)}
    try:
        return DutConfig(**given, name=name, kernel=declared.kernel, map_version=MAP_VERSION, dut=declared.dut)
    except IllegalValueError as error:
        raise InputError(f"{CONFIGS}: configs.{name}.{error}") from error


def fit(dut: Interface, board: str, clock_mhz: float, channels: int) -> Geometry:
    """Return the geometry of a design on a board: a port for each pair of an input and an output, as narrow as fits.

    Raises:
        InputError: a stream or a pin is wider than what carries it, or the board has too few memory channels.
    """
    for stream in dut.streams:
        if stream.width > PORT_BITS[-1]:
            raise InputError(
                f"new-dut: {dut.module}: stream {stream.name}: found {stream.width} bits a beat, "
                f"expected at most {PORT_BITS[-1]}, what a memory port carries"
            )
    for pin in dut.statics:
        if pin.width > PIN_BITS:
            raise InputError(
                f"new-dut: {dut.module}: input {pin.name}: found {pin.width} bits, expected at most {PIN_BITS}, "
                "those of a register"
            )
    ports = ports_of(dut)
    if ports > min(channels, MAX_PORTS):
        raise InputError(
            f"new-dut: {dut.module}: found {len(dut.inputs)} inputs and {len(dut.outputs)} outputs, which take {ports} "
            f"memory ports; board {board} has {channels} channels"
        )
    return Geometry(f"{dut.module} on the memory of {board}.", board, clock_mhz, ports, port_bits_of(dut))

# SPDX-License-Identifier: Apache-2.0
"""Accelerator configurations: the geometry of a kernel as built for one board, and what follows from it."""

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from golden.errors import InputError
from golden.spec.registers import load_register_map
from golden.spec.strict import load, require, show_path

FOLDER = Path(__file__).parent / "configs"
TRITS_PER_BYTE = 5
MAX_PORTS = 32


def _power_of_two(value: int) -> bool:
    return value > 0 and value & (value - 1) == 0


@dataclass(frozen=True)
class Geometry:
    """What a configuration declares, as the TOML file writes it; sizes in bytes unless named otherwise.

    `ports` memory ports of `port_bits` bits work in lockstep as one memory; a *wide beat* is one beat of all of them.
    `outs` rows share a wide beat, `t_cols` vectors share a pass over the weights, `acc_depth` row tiles form a row
    block, `x_slots` slots hold the activations. Raises InputError for an illegal value.
    """

    doc: str = field(compare=False)
    board: str
    clock_mhz: float
    ports: int
    port_bits: int
    outs: int
    t_cols: int
    acc_depth: int
    x_slots: int

    def __post_init__(self) -> None:
        """Check every parameter, and that rows divide a wide beat as the kernel needs it."""
        require(bool(self.doc.strip()), "doc", self.doc, "a sentence")
        require(self.clock_mhz > 0, "clock_mhz", self.clock_mhz, "a positive clock in MHz")
        ports_ok = _power_of_two(self.ports) and self.ports <= MAX_PORTS
        require(ports_ok, "ports", self.ports, f"a power of two up to {MAX_PORTS}")
        require(self.port_bits in (256, 512), "port_bits", self.port_bits, "256 or 512")
        require(_power_of_two(self.outs), "outs", self.outs, "a power of two")
        least = f"at most {self.wide_bytes // 4}, so that each row has 4 bytes of a {self.wide_bytes}-byte wide beat"
        require(self.outs * 4 <= self.wide_bytes, "outs", self.outs, least)
        slot = f"at least 8, so that a column block of {self.block} activations fits a {self.wide_bytes}-byte wide beat"
        require(self.block <= self.wide_bytes, "outs", self.outs, slot)
        require(1 <= self.t_cols <= 255, "t_cols", self.t_cols, "1 .. 255")
        for key in ("acc_depth", "x_slots"):
            value = getattr(self, key)
            require(_power_of_two(value) and 2 <= value <= 1 << 16, key, value, "a power of two, 2 .. 65536")
        holds = f"at least t_cols = {self.t_cols}, so that one column block fits"
        require(self.x_slots >= self.t_cols, "x_slots", self.x_slots, holds)
        wide = f"at least {2 * self.slots_per_beat}, the slots of two wide beats: one is filled while one is read"
        require(self.x_slots >= 2 * self.slots_per_beat, "x_slots", self.x_slots, wide)

    @property
    def port_bytes(self) -> int:
        """Bytes of one beat of one port (PB)."""
        return self.port_bits // 8

    @property
    def wide_bytes(self) -> int:
        """Bytes of one beat of all ports (WIDE)."""
        return self.ports * self.port_bytes

    @property
    def row_bytes(self) -> int:
        """Weight bytes of one row in a wide beat (CB)."""
        return self.wide_bytes // self.outs

    @property
    def block(self) -> int:
        """Activations in one column block (BLK): five for each weight byte."""
        return TRITS_PER_BYTE * self.row_bytes

    @property
    def slots_per_beat(self) -> int:
        """Activation slots in one wide beat (P): the largest power of two that leaves room for a block, at least 1."""
        return 1 << max((self.wide_bytes // self.block).bit_length() - 1, 0)

    @property
    def slot_bytes(self) -> int:
        """Bytes of one activation slot (SLOT): a block of int8 and zero padding."""
        return self.wide_bytes // self.slots_per_beat

    def tiles(self, rows: int) -> int:
        """Return the row tiles of a matrix with `rows` rows."""
        return -(-rows // self.outs)

    def blocks(self, cols: int) -> int:
        """Return the column blocks of a matrix with `cols` columns."""
        return -(-cols // self.block)


@dataclass(frozen=True)
class KernelConfig(Geometry):
    """A kernel's geometry with its identity: the configuration's name, the kernel, the version of its register map."""

    name: str
    kernel: str
    map_version: int

    @cached_property
    def config_hash(self) -> int:
        """Return the 64-bit identity that hardware and bundles carry: all that fixes the hardware and the data layout.

        First 8 bytes, big endian, of the SHA-256 of the canonical JSON of kernel, board, parameters and map version.
        The clock, the name and the board's memory model are outside it (golden/spec/README.md says why).
        """
        text = json.dumps(self.identity(), sort_keys=True, separators=(",", ":"))
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")

    def identity(self) -> dict[str, str | int]:
        """Return what `config_hash` covers, by name."""
        outside = ("name", "clock_mhz", "doc")
        return {key: value for key, value in asdict(self).items() if key not in outside}


@dataclass(frozen=True)
class _ConfigFile:
    """One TOML file below ``configs/``: the kernel, and its configurations by name."""

    kernel: str
    configs: dict[str, Geometry]


@lru_cache
def load_configs(kernel: str, folder: Path = FOLDER) -> dict[str, KernelConfig]:
    """Return the configurations of `kernel` by name. Raises InputError naming file, key, found and expected."""
    path = folder / f"{kernel}.toml"
    file = load(_ConfigFile, path)
    if file.kernel != kernel:
        raise InputError(f"{show_path(path)}: kernel: found {file.kernel!r}, expected {kernel!r}, the file's name")
    version = load_register_map(kernel).version
    return {
        name: KernelConfig(**_declared(geometry), name=name, kernel=kernel, map_version=version)
        for name, geometry in file.configs.items()
    }


def load_config(kernel: str, name: str, folder: Path = FOLDER) -> KernelConfig:
    """Return one configuration; InputError lists the known ones if `name` is none of them."""
    configs = load_configs(kernel, folder)
    if name not in configs:
        raise InputError(f"{kernel}: found configuration {name!r}, expected one of {', '.join(sorted(configs))}")
    return configs[name]


def _declared(geometry: Geometry) -> dict[str, Any]:
    return {each.name: getattr(geometry, each.name) for each in fields(geometry)}

# SPDX-License-Identifier: Apache-2.0
"""What every kernel's configuration has: its board, clock and memory ports, and the identity that hardware carries."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import ClassVar

from golden.spec.strict import require

MAX_PORTS = 32


def power_of_two(value: int) -> bool:
    """Return whether `value` is 1, 2, 4 and so on."""
    return value > 0 and value & (value - 1) == 0


@dataclass(frozen=True)
class Geometry:
    """What a configuration of any kernel declares, as the TOML file writes it.

    `ports` memory ports of `port_bits` bits work in lockstep as one memory; a *wide beat* is one beat of all of them.
    Raises InputError for an illegal value.
    """

    doc: str = field(compare=False)
    board: str
    clock_mhz: float
    ports: int
    port_bits: int

    def __post_init__(self) -> None:
        """Check every parameter."""
        require(bool(self.doc.strip()), "doc", self.doc, "a sentence")
        require(self.clock_mhz > 0, "clock_mhz", self.clock_mhz, "a positive clock in MHz")
        ports_ok = power_of_two(self.ports) and self.ports <= MAX_PORTS
        require(ports_ok, "ports", self.ports, f"a power of two up to {MAX_PORTS}")
        require(self.port_bits in (128, 256, 512), "port_bits", self.port_bits, "128, 256 or 512")

    @property
    def port_bytes(self) -> int:
        """Bytes of one beat of one port (PB)."""
        return self.port_bits // 8

    @property
    def wide_bytes(self) -> int:
        """Bytes of one beat of all ports (WIDE)."""
        return self.ports * self.port_bytes


@dataclass(frozen=True)
class KernelConfig(Geometry):
    """A geometry with its identity: the configuration's name, the kernel, the version of its register map.

    `GOLDEN` names the Python function that defines the kernel's results, `MADE_BY` what generates its files.
    """

    name: str
    kernel: str
    map_version: int

    GOLDEN: ClassVar[str]
    MADE_BY: ClassVar[str] = "make gen"

    @property
    def declared_in(self) -> str:
        """The file in which the configuration stands."""
        return f"golden/spec/configs/{self.kernel}.toml"

    @cached_property
    def config_hash(self) -> int:
        """Return the 64-bit identity that hardware and bundles carry: all that fixes the hardware and the data layout.

        First 8 bytes, big endian, of the SHA-256 of the canonical JSON of kernel, board, parameters and map version.
        The clock, the name and the board's memory model are outside it (golden/spec/README.md says why).
        """
        text = json.dumps(self.identity(), sort_keys=True, separators=(",", ":"))
        return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")

    def identity(self) -> dict[str, str | int | float]:
        """Return what `config_hash` covers, by name."""
        outside = ("name", "clock_mhz", "doc")
        return {key: value for key, value in asdict(self).items() if key not in outside}

    @property
    def parameters(self) -> dict[str, int]:
        """Return the Verilog parameters of the kernel's core, without CONFIG_HASH and BUILD_ID."""
        return {"PORTS": self.ports, "PORT_W": self.port_bits}

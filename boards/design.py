# SPDX-License-Identifier: Apache-2.0
"""What a board's bitstream fixes: the tool that builds it, where software finds kernel and memories, the link of PCIe.

Declared once, in the `[design]` table of ``boards/<board>/board.toml``. The scripts that build the bitstream are given
these values, overlay files repeat them, and drivers read overlay files: no address is typed twice.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from golden.spec.strict import require

_PAGE = 4096


@dataclass(frozen=True)
class Design:
    """What the block design of a board fixes. Addresses and sizes in bytes, clocks in MHz.

    `kernel_base` and `kernel_bytes` are the kernel's registers as the host addresses them (0: the driver of the board
    places it); `memory_bases` has the base of the region behind each port, each of `memory_bytes`. `board` is what
    Vivado or v++ call the board or platform. A kernel runs at one of `clocks_mhz`, at any clock where there are none.
    """

    tool: Literal["vivado", "vitis"]
    version: str
    board: str
    kernel_base: int
    kernel_bytes: int
    memory_bases: tuple[int, ...]
    memory_bytes: int
    clocks_mhz: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        """Check ranges; InputError names the key."""
        require(bool(self.version.strip()), "version", self.version, "a version such as 2025.2")
        require(bool(self.board.strip()), "board", self.board, "a board of Vivado or a platform of v++")
        require(self.kernel_base >= 0, "kernel_base", self.kernel_base, "0 or more")
        for key in ("kernel_base", "kernel_bytes", "memory_bytes"):
            require(getattr(self, key) % _PAGE == 0, key, getattr(self, key), f"a multiple of {_PAGE}")
        require(self.kernel_bytes > 0, "kernel_bytes", self.kernel_bytes, "more than 0")
        require(self.memory_bytes > 0, "memory_bytes", self.memory_bytes, "more than 0")
        require(bool(self.memory_bases), "memory_bases", "none", "a base for each port")
        for base in self.memory_bases:
            require(base >= 0 and base % _PAGE == 0, "memory_bases", base, f"a multiple of {_PAGE}")
        for low, high in pairwise(self.memory_bases):
            apart = f"regions of {self.memory_bytes:#x} bytes in ascending order, apart"
            require(low + self.memory_bytes <= high, "memory_bases", f"{low:#x}, {high:#x}", apart)

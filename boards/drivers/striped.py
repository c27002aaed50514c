# SPDX-License-Identifier: Apache-2.0
"""What the kernels of golden.spec have in common beyond `KraitIP`: a configuration, and data striped over the ports."""

from collections.abc import Iterable
from enum import IntEnum
from typing import Any, ClassVar

import torch

from boards.drivers.arena import Arena
from boards.drivers.base import KraitIP
from golden.errors import MachineError
from golden.spec import KernelConfig, load_config
from golden.spec.gen import tern_matvec as common
from golden.striping import stripe, unstripe

POISON = 0xA5
"""Every byte of a result region before the run, so that words that the kernel does not write cannot pass."""


class StripedIP(KraitIP):
    """A kernel on one device. Use it inside `with kernel.arena(size): ...`, in which its data live.

    A subclass sets `bindto`, `KERNEL`, the name in golden.spec, and `COUNTERS`, the offsets of its 64-bit performance
    counters.
    """

    bindto: ClassVar[list[str]]
    KERNEL: ClassVar[str]
    COUNTERS: ClassVar[tuple[IntEnum, ...]]

    def __init__(self, description: dict[str, Any]) -> None:
        super().__init__(description)
        self.config: KernelConfig = load_config(self.KERNEL, self.config_name)
        found, expected = (self.identity.ports, self.identity.port_bytes), (self.config.ports, self.config.port_bytes)
        if found != expected or len(self.memory_names) != self.config.ports:
            raise MachineError(
                f"{self.name}: {found[0]} ports of {found[1]} bytes on {len(self.memory_names)} memories, "
                f"configuration {self.config_name} has {expected[0]} of {expected[1]}"
            )
        self._arena: Arena | None = None

    def arena(self, size: int) -> Arena:
        """Return a new arena of `size` bytes a port and make it the kernel's; close it, or use it in a `with`.

        Raises:
            MachineError: the memory is full.
        """
        memories = [self.device.get_memory(self.device.mem_dict[name]) for name in self.memory_names]
        self._arena = Arena(memories, size)
        self.put_all({common.PORT_BASE[port]: base for port, base in enumerate(self._arena.bases)}, 64)
        return self._arena

    @property
    def memory(self) -> Arena:
        """Return the arena in use; MachineError when there is none."""
        if self._arena is None:
            raise MachineError(f"{self.name}: no arena; use it inside `with kernel.arena(...):`")
        return self._arena

    def write_beats(self, offset: int, wide: torch.Tensor) -> None:
        """Copy wide beats, uint8 [beats, WIDE], to the device at an offset."""
        self.memory.write(offset, stripe(wide, self.config).numpy())

    def read_beats(self, offset: int, beats: int) -> torch.Tensor:
        """Return uint8 [beats, WIDE] from the device at an offset."""
        striped = self.memory.read(offset, beats * self.config.port_bytes)
        return unstripe(torch.from_numpy(striped), self.config)

    def write_sections(self, sections: Iterable[tuple[int, torch.Tensor]]) -> None:
        """Copy sections (offset, uint8 [beats, WIDE]) one after the other: of a large model one stands in memory."""
        for offset, beats in sections:
            self.write_beats(offset, beats)

    def poison(self, offset: int, beats: int) -> None:
        """Fill a region that the kernel is to write with a value that cannot pass for a result."""
        self.memory.fill(offset, beats * self.config.port_bytes, POISON)

    def count(self) -> dict[str, int]:
        """Return the performance counters of the last run by their names in lower case."""
        names = (offset.name.lower() for offset in self.COUNTERS)
        return dict(zip(names, self.get_all64(self.COUNTERS), strict=True))

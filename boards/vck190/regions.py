# SPDX-License-Identifier: Apache-2.0
"""Memory of a VCK190 for krait's kernels, in front of PYNQ's `VersalDevice`.

With the base design of `golden.tcl` it is what `krait.dtsi` takes from Linux: nobody hands it out, so we do, and reach
it where PYNQ reaches registers, through /dev/mem. With PYNQ's stock image it is PYNQ's own, held to the overlay's
region.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from boards.facts import Board
from boards.lock import BoardLock
from boards.memory import BufferObject, ChannelMemory, FirstFit, copy
from boards.overlay import MemoryRegion
from boards.vck190.versal import Findings
from golden.errors import CheckError, InputError, MachineError

LINE = 64
"""Bytes moved at once: memory that Linux does not know is mapped like a device, which may take no odd accesses."""


@dataclass(frozen=True, eq=False)
class MappedStore:
    """Device memory behind a mapping, uint64 [size / 8], that begins at device address `base`."""

    base: int
    words: NDArray[np.uint64]

    def write(self, address: int, data: NDArray[np.uint8]) -> None:
        """Copy `data` to the memory, in whole lines: what of the outer ones is not written keeps its value."""
        first, lines = self._lines(address, data.size)
        start = address - self.base - first
        held = lines.copy()
        held.view(np.uint8)[start : start + data.size] = data
        lines[:] = held

    def read(self, address: int, into: NDArray[np.uint8]) -> None:
        """Fill `into` from the memory."""
        first, lines = self._lines(address, into.size)
        start = address - self.base - first
        into[:] = lines.copy().view(np.uint8)[start : start + into.size]

    def _lines(self, address: int, size: int) -> tuple[int, NDArray[np.uint64]]:
        """Return where the lines of a range begin, in bytes behind `base`, and their words."""
        at = address - self.base
        first, end = at // LINE * LINE, -(-(at + size) // LINE) * LINE
        return first, self.words[first // 8 : end // 8]


class CheckedMemory:
    """A memory of PYNQ's that gives no buffer outside a region.

    PYNQ and XRT take memory from DDR4 without a word when the device tree has none of the bank that was asked for.

    Args:
        memory: PYNQ's.
        region: where its buffers must lie.
        room: called with the bytes that are asked for, raises MachineError when the machine has not that many.
    """

    def __init__(self, memory: Any, region: MemoryRegion, room: Callable[[int], object] = lambda size: size) -> None:
        self.memory = memory
        self.region = region
        self.base_address = region.base
        self._room = room

    def allocate(self, shape: Any, dtype: Any = "u4", **kwargs: Any) -> Any:
        """Return PYNQ's buffer; MachineError when there is none, or it is not in the region."""
        size = int(np.prod(shape, dtype=np.int64)) * np.dtype(dtype).itemsize
        self._room(size)
        try:
            buffer = self.memory.allocate(shape, dtype, **kwargs)
        except RuntimeError as error:
            raise MachineError(f"{self.region.name}: no room for {size} bytes: {error}") from error
        low, end = self.region.base, self.region.base + self.region.size
        at = int(buffer.device_address)
        if not (low <= at and at + buffer.nbytes <= end):
            buffer.freebuffer()
            raise MachineError(
                f"{self.region.name}: PYNQ gave {size} bytes at {at:#x}, outside {low:#x}+{self.region.size:#x}; "
                "is the region in the board's device tree?"
            )
        return buffer


class Regions:
    """What stands in front of PYNQ's device: the memories of an overlay file, under their names there.

    A class beside `VersalDevice`, without a `_probe_` of its own, so that PYNQ's list of devices stays what it is.

    Attributes:
        channels: the memories, by name.
        facts: of the board, once it is open.
        lock: on it.
        findings: what a record says of it.
    """

    facts: Board
    lock: BoardLock
    findings: Findings
    channels: dict[str, Any] = {}  # noqa: RUF012 - replaced as a whole

    def take(self, regions: tuple[MemoryRegion, ...]) -> None:
        """Hand out regions that are reserved for us. They are added to `mem_dict`, in which drivers look."""
        self.channels = {}
        for region in regions:
            words = self.mmap(region.base, region.size).view(np.uint64)  # type: ignore[attr-defined]
            store = MappedStore(region.base, words)
            self.channels[region.name] = ChannelMemory(self, region, FirstFit(region, store))
            self._add(region, {"base_address": region.base, "size": region.size})

    def hold(self, regions: tuple[MemoryRegion, ...], room: Callable[[int], object]) -> None:
        """Hold PYNQ's memories to regions. InputError: the .hwh has none at a region's address."""
        self.channels = {}
        by_base = {entry.get("base_address"): entry for entry in self.mem_dict.values()}  # type: ignore[attr-defined]
        for region in regions:
            if region.base not in by_base:
                raise InputError(f"memory {region.name}: no memory at {region.base:#x} in the .hwh; not of one build")
            memory = super().get_memory(by_base[region.base])  # type: ignore[misc]
            self.channels[region.name] = CheckedMemory(memory, region, room)
            self._add(region, by_base[region.base])

    def get_memory(self, description: dict[str, Any]) -> Any:
        """Return a memory of the overlay file, else PYNQ's."""
        found = self.channels.get(str(description.get("krait")))
        return found or super().get_memory(description)  # type: ignore[misc]

    def get_memory_by_name(self, name: str) -> Any:
        """Return a memory of the overlay file by its name, else PYNQ's."""
        return self.channels.get(name) or super().get_memory_by_name(name)  # type: ignore[misc]

    def flush(self, bo: Any, offset: int, vaddr: int, nbytes: int) -> None:
        """Copy a part of a buffer to the device, PYNQ's buffers as PYNQ does."""
        if isinstance(bo, BufferObject):
            copy(bo, offset, vaddr, nbytes, to_device=True)
        else:
            super().flush(bo, offset, vaddr, nbytes)  # type: ignore[misc]

    def invalidate(self, bo: Any, offset: int, vaddr: int, nbytes: int) -> None:
        """Copy a part of a buffer from the device, PYNQ's buffers as PYNQ does."""
        if isinstance(bo, BufferObject):
            copy(bo, offset, vaddr, nbytes, to_device=False)
        else:
            super().invalidate(bo, offset, vaddr, nbytes)  # type: ignore[misc]

    def close(self) -> None:
        """Free our buffers, then the board for others."""
        for channel in self.channels.values():
            if isinstance(channel, ChannelMemory):
                channel.detach()
        self.channels = {}
        super().close()  # type: ignore[misc]
        self.lock.release()

    def check_leaks(self) -> None:
        """Raise CheckError when buffers of ours are still allocated; it names where they were."""
        live = [bo for channel in self.channels.values() for bo in getattr(channel, "live", {}).values()]
        if live:
            sites = ", ".join(sorted({bo.site for bo in live}))
            raise CheckError(f"board vck190: {len(live)} buffers not freed, allocated at {sites}")

    def _add(self, region: MemoryRegion, entry: dict[str, Any]) -> None:
        self.mem_dict[region.name] = entry | {"krait": region.name}  # type: ignore[attr-defined]

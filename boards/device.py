# SPDX-License-Identifier: Apache-2.0
"""What krait's PYNQ devices have in common. Nothing of PYNQ is replaced or patched."""

from abc import ABCMeta, abstractmethod
from pathlib import Path
from typing import Any

from pynq.pl_server.device import Device, DeviceMeta

from boards.facts import Board
from boards.lock import BoardLock
from boards.memory import Allocator, BufferObject, ChannelMemory, DeviceBuffer, copy
from boards.overlay import KernelInstance, MemoryRegion, OverlayFile, PynqMetadata, read
from golden.errors import CheckError, InputError, MachineError

WORD = 4
"""Bytes of a register."""


class DeviceKind(DeviceMeta, ABCMeta):
    """PYNQ's list of devices, and no device that leaves an abstract method open."""


class KraitDevice(Device, metaclass=DeviceKind):
    """A board that is described by overlay files: registers in words, checked buffers, one process at a time.

    A subclass defines `_probe_` with a `_probe_priority_` of its own (PYNQ's metaclass wants both in one body, so
    neither stands here), and `load`, `unload`, `read_words` and `write_words`; `WordDevice` has these where the way to
    the board takes one register an access.

    Args:
        tag: the board as users name it; overlay files must be made for it.
        facts: of the board.
        virtual: whether it exists in simulation only.

    Attributes:
        loaded: the overlay file that is on the board.
        loads: how often one was loaded; a driver that finds another number than before checks again who answers.
    """

    def __init__(self, tag: str, facts: Board, virtual: bool = False) -> None:
        super().__init__(tag)
        self.name = tag
        self.facts = facts
        self.capabilities = {"REGISTER_RW": True}
        self.lock = BoardLock(tag, virtual)
        self.memories: dict[str, ChannelMemory] = {}
        self.loaded: OverlayFile | None = None
        self.loads = 0
        self._channels: dict[str, ChannelMemory] = {}

    # ---- what a subclass defines

    @abstractmethod
    def load(self, overlay: OverlayFile) -> None:
        """Bring the hardware into the state that the overlay file describes, and call `add_memory` for its regions."""

    @abstractmethod
    def unload(self) -> None:
        """Give back what `load` took; it may have come to any point. Buffers are freed before."""

    @abstractmethod
    def read_words(self, kernel: KernelInstance, offset: int, count: int) -> bytes:
        """Return registers of a kernel of the loaded overlay that lie side by side, little-endian.

        The kernel sees one access a register, in ascending order; the range is checked.
        """

    @abstractmethod
    def write_words(self, kernel: KernelInstance, offset: int, data: bytes) -> None:
        """Write registers of a kernel of the loaded overlay that lie side by side; order and range as for reads."""

    def check_present(self) -> None:
        """Raise MachineError when the board is not there; the line says what to do."""

    # ---- what PYNQ calls

    def get_bitfile_metadata(self, bitfile_name: str, partial: bool = False) -> PynqMetadata:
        """Return the parser of an overlay file."""
        if partial:
            raise InputError(f"{bitfile_name}: partial overlays are not supported by {self.name}")
        overlay = read(Path(bitfile_name))
        if overlay.board != self.name:
            raise InputError(f"{bitfile_name}: overlay for board {overlay.board}, this is {self.name}")
        return PynqMetadata(overlay)

    def download(self, bitstream: Any, parser: PynqMetadata | None = None) -> None:
        """Load an overlay; buffers of an earlier one become invalid. Takes the board's lock."""
        self.lock.acquire()
        parser = parser or self.get_bitfile_metadata(bitstream.bitfile_name)
        self.clear()
        try:
            self.load(parser.overlay)
        except BaseException:
            self.clear()
            raise
        self.loaded = parser.overlay
        self.loads += 1
        super().post_download(bitstream, parser, self.name)

    def gen_cache(self, bitstream: Any, parser: Any = None) -> None:
        """Keep no cache: overlay files are named by their content."""

    def read_registers(self, address: int, length: int) -> bytes:
        """Read whole words at an absolute address."""
        kernel, first = self._register_range(address, length)
        return self.read_words(kernel, first, length // WORD)

    def write_registers(self, address: int, data: bytes) -> None:
        """Write whole words at an absolute address."""
        kernel, first = self._register_range(address, len(data))
        self.write_words(kernel, first, bytes(data))

    def flush(self, bo: BufferObject, offset: int, vaddr: int, nbytes: int) -> None:
        """Copy a part of a buffer to device memory."""
        copy(bo, offset, vaddr, nbytes, to_device=True)

    def invalidate(self, bo: BufferObject, offset: int, vaddr: int, nbytes: int) -> None:
        """Copy a part of a buffer from device memory."""
        copy(bo, offset, vaddr, nbytes, to_device=False)

    def allocate(self, shape: Any, dtype: Any, **kwargs: Any) -> DeviceBuffer:
        """Allocate on the first memory channel."""
        return self.default_memory.allocate(shape, dtype, **kwargs)

    @property
    def default_memory(self) -> ChannelMemory:
        """Return the first memory channel."""
        if not self.memories:
            raise MachineError(f"board {self.name}: no overlay is loaded, so there is no memory to allocate from")
        return next(iter(self.memories.values()))

    def get_memory(self, description: dict[str, Any]) -> ChannelMemory:
        """Return the channel of a `mem_dict` entry."""
        return self.get_memory_by_name(description["fullpath"])

    def get_memory_by_name(self, name: str) -> ChannelMemory:
        """Return a channel by name."""
        if name not in self.memories:
            raise InputError(f"board {self.name}: no memory {name!r}; there are {', '.join(self.memories) or 'none'}")
        return self.memories[name]

    def close(self) -> None:
        """Unload the overlay and free the board for others."""
        self.clear()
        self.lock.release()

    # ---- buffers

    @property
    def live_buffers(self) -> list[BufferObject]:
        """Return the buffers that are allocated and not freed."""
        return [bo for memory in self.memories.values() for bo in memory.live.values()]

    def check_leaks(self) -> None:
        """Raise CheckError when buffers are still allocated; it names where they were."""
        live = self.live_buffers
        if live:
            sites = ", ".join(sorted({bo.site for bo in live}))
            raise CheckError(f"board {self.name}: {len(live)} buffers not freed, allocated at {sites}")

    # ---- for subclasses

    def add_memory(self, region: MemoryRegion, allocator: Allocator) -> None:
        """Offer a region. Its channel is the object that it was before a reload, because PYNQ's overlay keeps it."""
        channel = self._channels.setdefault(region.name, ChannelMemory(self, region, None))
        channel.region, channel.allocator = region, allocator
        self.memories[region.name] = channel

    def clear(self) -> None:
        """Free all buffers and unload the overlay; nothing happens when there is none."""
        for memory in self.memories.values():
            memory.detach()
        self.memories = {}
        self.loaded = None
        self.unload()

    def overlay_file(self) -> OverlayFile:
        """Return the loaded overlay; MachineError when there is none."""
        if self.loaded is None:
            raise MachineError(f"board {self.name}: no overlay is loaded")
        return self.loaded

    # ---- inside

    def _register_range(self, address: int, length: int) -> tuple[KernelInstance, int]:
        """Return the kernel that a register access belongs to, and the offset in its registers."""
        kernels = self.overlay_file().kernels
        for kernel in kernels:
            offset = address - kernel.base
            if 0 <= offset <= kernel.size - length and address % WORD == 0 and length % WORD == 0:
                return kernel, offset
        known = ", ".join(f"{kernel.name} at {kernel.base:#x}+{kernel.size:#x}" for kernel in kernels)
        raise MachineError(
            f"board {self.name}: register access {address:#x}+{length} outside {known}, or not in whole words"
        )


class WordDevice(KraitDevice):
    """A board to whose registers one access takes one word. A subclass defines `read_word` and `write_word`."""

    @abstractmethod
    def read_word(self, kernel: KernelInstance, offset: int) -> int:
        """Return a 32-bit register of a kernel of the loaded overlay; the offset is checked."""

    @abstractmethod
    def write_word(self, kernel: KernelInstance, offset: int, value: int) -> None:
        """Write a 32-bit register of a kernel of the loaded overlay; the offset is checked."""

    def read_words(self, kernel: KernelInstance, offset: int, count: int) -> bytes:
        """Return registers side by side, word by word."""
        words = (self.read_word(kernel, offset + WORD * at) for at in range(count))
        return b"".join(word.to_bytes(WORD, "little") for word in words)

    def write_words(self, kernel: KernelInstance, offset: int, data: bytes) -> None:
        """Write registers side by side, word by word."""
        for at in range(0, len(data), WORD):
            self.write_word(kernel, offset + at, int.from_bytes(data[at : at + WORD], "little"))

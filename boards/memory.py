# SPDX-License-Identifier: Apache-2.0
"""Device memory of every krait device: buffers for PYNQ on both sides of a bus, checked before a byte moves.

Host buffers and device memory are apart: `flush` copies to the device, `invalidate` from it, and a forgotten one is
wrong data. What differs between devices stands behind `Allocator` and `Storage`, or behind `Store` where a device's
memory is plain bytes at addresses and krait hands them out itself.
"""

import mmap
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray
from pynq.buffer import PynqBuffer

from boards.overlay import MemoryRegion
from golden.errors import InputError, MachineError

ALIGN = 4096
"""Of every buffer on both sides, so that AXI bursts never cross a boundary inside one and a DMA engine finds host and
device address equal modulo its width. The first page is never handed out: PYNQ takes device address 0 for "no buffer".
"""

_PASSED_ON = tuple(str(Path(__file__).parent / name) for name in ("memory.py", "device.py", "drivers/arena.py"))
"""Files that allocate for their callers."""


class Storage(Protocol):
    """The device side of one buffer, and the host bytes that mirror it. Ranges are checked by who calls."""

    @property
    def address(self) -> int:
        """Return the device address of the first byte."""
        ...

    @property
    def host(self) -> NDArray[np.uint8]:
        """Return the host bytes, uint8 [size], zero at first."""
        ...

    def flush(self, offset: int, size: int) -> None:
        """Copy bytes `offset .. offset + size` from the host to the device."""
        ...

    def invalidate(self, offset: int, size: int) -> None:
        """Copy bytes `offset .. offset + size` from the device to the host."""
        ...

    def release(self) -> None:
        """Give the device side back; called once."""
        ...


class Allocator(Protocol):
    """Who decides where in one memory a buffer lies: `FirstFit`, or a board's own runtime."""

    def reserve(self, size: int) -> Storage:
        """Return room for `size` bytes. MachineError: there is none."""
        ...


class Store(Protocol):
    """A device memory as bytes at device addresses."""

    def write(self, address: int, data: NDArray[np.uint8]) -> None:
        """Copy `data` to the device."""
        ...

    def read(self, address: int, into: NDArray[np.uint8]) -> None:
        """Fill `into` from the device."""
        ...


@dataclass
class BufferObject:
    """What PYNQ hands to `flush` and `invalidate`."""

    memory: "ChannelMemory"
    storage: Storage
    size: int
    site: str
    freed: bool = False

    def __post_init__(self) -> None:
        """Note where the host bytes lie: NumPy takes a microsecond to say so, and every copy asks."""
        self.host_address = int(self.storage.host.ctypes.data)

    @property
    def address(self) -> int:
        """Return the device address of the first byte."""
        return self.storage.address

    def return_pointer(self, address: int) -> None:
        """Free the buffer, once: PYNQ calls this of a buffer that a reload has freed, too."""
        if not self.freed:
            self.freed = True
            del self.memory.live[address]
            self.storage.release()


class DeviceBuffer(PynqBuffer):
    """A PYNQ buffer that refuses to copy a strided view: PYNQ passes only a byte count, which would be wrong bytes."""

    def flush(self) -> None:
        """Copy to the device; views copy their part."""
        self._check()
        super().flush()

    def invalidate(self) -> None:
        """Copy from the device; views copy their part."""
        self._check()
        super().invalidate()

    def _check(self) -> None:
        if not self.flags.c_contiguous:
            raise InputError(f"flush or invalidate of a strided view {self.shape}: not contiguous; use a slice of rows")
        if not isinstance(getattr(self, "bo", None), BufferObject):
            raise InputError("flush or invalidate of an array that is no device buffer (a copy or a result)")


class ChannelMemory:
    """One memory channel: `ol.MEM0` of an overlay, the `target` of `pynq.allocate`.

    Args:
        device: the PYNQ device.
        region: where the channel lies.
        allocator: who hands out its room; None while no overlay is loaded.
    """

    def __init__(self, device: Any, region: MemoryRegion, allocator: Allocator | None) -> None:
        self.device = device
        self.region = region
        self.allocator = allocator
        self.live: dict[int, BufferObject] = {}

    @property
    def base_address(self) -> int:
        """Return the device address of the channel's first byte."""
        return self.region.base

    def allocate(self, shape: int | Sequence[int], dtype: DTypeLike = "u4", **unused: Any) -> DeviceBuffer:
        """Return a zeroed buffer; the device side keeps what was there before.

        Raises:
            InputError: an empty buffer, an object dtype, or options that this device has not.
            MachineError: the channel is full, or no overlay is loaded.
        """
        if self.allocator is None:
            raise MachineError(f"{self.region.name}: no overlay is loaded, so there is no memory to allocate from")
        if any(value for value in unused.values()):
            raise InputError(f"allocate: {', '.join(sorted(unused))} not supported by {self.device.name}")
        kind = np.dtype(dtype)
        size = int(np.prod(shape, dtype=np.int64)) * kind.itemsize
        if size <= 0 or kind.hasobject:
            raise InputError(f"allocate: shape {shape} of {kind}: expected at least one byte of plain data")
        storage = self.allocator.reserve(size)
        address = storage.address
        bo = self.live[address] = BufferObject(self, storage, size, _caller())
        buffer = DeviceBuffer(
            shape, kind, buffer=storage.host.data, device=self.device, device_address=address, bo=bo, coherent=False
        )
        buffer.memory, buffer.pointer, buffer.return_to, buffer.freed = self, address, bo, True
        return buffer

    def detach(self) -> None:
        """Free what is still allocated and hand out nothing more, until there is an allocator again."""
        for address, bo in list(self.live.items()):
            bo.return_pointer(address)
        self.allocator = None


class FirstFit:
    """The allocator of a memory that is a `Store`: the first room that is large enough, in whole pages."""

    def __init__(self, region: MemoryRegion, store: Store) -> None:
        self.region = region
        self.store = store
        self._taken: dict[int, int] = {}

    def reserve(self, size: int) -> "StoredBuffer":
        """Return room for `size` bytes. MachineError: there is none."""
        address = self._find(size)
        self._taken[address] = size
        return StoredBuffer(self, address, _host_bytes(size))

    def release(self, address: int) -> None:
        """Give room back."""
        del self._taken[address]

    def _find(self, size: int) -> int:
        at = self.region.base + ALIGN
        for taken in sorted(self._taken):
            if taken - at >= size:
                return at
            at = _round_up(taken + self._taken[taken])
        end = self.region.base + self.region.size
        if at + size > end:
            raise MachineError(
                f"{self.region.name}: no room for {size} bytes; {end - at} of {self.region.size} are free"
            )
        return at


@dataclass(frozen=True, eq=False)
class StoredBuffer:
    """A buffer of a `FirstFit`."""

    owner: FirstFit
    address: int
    host: NDArray[np.uint8]

    def flush(self, offset: int, size: int) -> None:
        """Copy a part to the device."""
        self.owner.store.write(self.address + offset, self.host[offset : offset + size])

    def invalidate(self, offset: int, size: int) -> None:
        """Copy a part from the device."""
        self.owner.store.read(self.address + offset, self.host[offset : offset + size])

    def release(self) -> None:
        """Give the room back; the host bytes live as long as views of them."""
        self.owner.release(self.address)


def copy(bo: object, offset: int, host_address: int, size: int, to_device: bool) -> None:
    """Copy between the two sides of a buffer, for PYNQ's `flush` and `invalidate`.

    Raises:
        InputError: the range is not inside the buffer, e.g. of `buffer + 1`, which is no device buffer any more.
        MachineError: the buffer is freed, or the device fails.
    """
    if not isinstance(bo, BufferObject):
        raise InputError("flush or invalidate of an array that is no device buffer")
    if bo.freed:
        raise MachineError(f"buffer at {bo.address:#x} is freed; it was allocated at {bo.site}")
    inside = offset >= 0 and size >= 0 and offset + size <= bo.size
    if not inside or host_address != bo.host_address + offset:
        raise InputError(
            f"flush or invalidate of {size} bytes at offset {offset} of a buffer of {bo.size} bytes: not inside it; "
            "copies and results of arithmetic are no device buffers"
        )
    if to_device:
        bo.storage.flush(offset, size)
    else:
        bo.storage.invalidate(offset, size)


def _host_bytes(size: int) -> NDArray[np.uint8]:
    """Return zeroed host bytes that begin on a page of their own."""
    pages = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)
    return np.frombuffer(pages, np.uint8, size)


def _round_up(address: int) -> int:
    return -(-address // ALIGN) * ALIGN


def _caller() -> str:
    """Return file and line that asked for a buffer, for the report of leaks."""
    for frame in reversed(traceback.extract_stack(limit=16)):
        if "/pynq/" not in frame.filename and frame.filename not in _PASSED_ON:
            return f"{frame.filename}:{frame.lineno}"
    return "unknown"

# SPDX-License-Identifier: Apache-2.0
"""Device memory of a virtual board: an allocator for each channel, and PYNQ buffers on it.

Host buffers and device memory are apart, as on a board behind PCIe: `flush` copies to the device, `invalidate` from
it, and a forgotten one is wrong data. Every copy is checked against the buffer it belongs to.
"""

import ctypes
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray
from pynq.buffer import PynqBuffer

from boards.overlay import MemoryRegion
from golden.errors import InputError, MachineError

ALIGN = 4096
"""Of every buffer, so that AXI bursts never cross a boundary inside one. The first page is never handed out: PYNQ
takes the device address 0 for "no buffer"."""


@dataclass
class BufferObject:
    """What PYNQ hands to `flush` and `invalidate`: where a buffer lies on both sides."""

    memory: "ChannelMemory"
    address: int
    size: int
    host: NDArray[np.uint8]
    site: str
    freed: bool = False


class SimBuffer(PynqBuffer):
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
        store: view of the simulation memory, uint8 [region.size].
    """

    def __init__(self, device: Any, region: MemoryRegion, store: NDArray[np.uint8]) -> None:
        self.device = device
        self.region = region
        self.store = store
        self.live: dict[int, BufferObject] = {}

    @property
    def base_address(self) -> int:
        """Return the device address of the channel's first byte."""
        return self.region.base

    def allocate(self, shape: int | Sequence[int], dtype: DTypeLike = "u4", **unused: Any) -> SimBuffer:
        """Return a zeroed buffer; the device side keeps what was there before.

        Raises:
            InputError: an empty buffer, an object dtype, or options that this device has not.
            MachineError: the channel is full.
        """
        if any(value for value in unused.values()):
            raise InputError(f"allocate: {', '.join(sorted(unused))} not supported by {self.device.name}")
        kind = np.dtype(dtype)
        size = int(np.prod(shape, dtype=np.int64)) * kind.itemsize
        if size <= 0 or kind.hasobject:
            raise InputError(f"allocate: shape {shape} of {kind}: expected at least one byte of plain data")
        address = self._reserve(size)
        host = np.zeros(size, np.uint8)
        bo = BufferObject(self, address, size, host, _caller())
        self.live[address] = bo
        buffer = SimBuffer(
            shape, kind, buffer=host.data, device=self.device, device_address=address, bo=bo, coherent=False
        )
        buffer.memory, buffer.pointer, buffer.return_to, buffer.freed = self, address, self, True
        return buffer

    def return_pointer(self, address: int) -> None:
        """Free a buffer; PYNQ calls it once, from `freebuffer`."""
        bo = self.live.pop(address, None)
        if bo is not None:
            bo.freed = True

    def _reserve(self, size: int) -> int:
        """Return the first free address that has `size` bytes behind it."""
        at = self.region.base + ALIGN
        for taken in sorted(self.live):
            if taken - at >= size:
                return at
            at = _round_up(taken + self.live[taken].size)
        end = self.region.base + self.region.size
        if at + size > end:
            raise MachineError(
                f"{self.region.name}: no room for {size} bytes; {end - at} of {self.region.size} are free"
            )
        return at

    def device_bytes(self, bo: BufferObject, offset: int, size: int) -> NDArray[np.uint8]:
        """Return the device side of a part of a buffer."""
        start = bo.address - self.region.base + offset
        return self.store[start : start + size]


def copy(bo: object, offset: int, host_address: int, size: int, to_device: bool) -> None:
    """Copy between the two sides of a buffer, for PYNQ's `flush` and `invalidate`.

    Raises:
        InputError: the range is not inside the buffer, e.g. of `buffer + 1`, which is no device buffer any more.
        MachineError: the buffer is freed.
    """
    if not isinstance(bo, BufferObject):
        raise InputError("flush or invalidate of an array that is no device buffer")
    if bo.freed:
        raise MachineError(f"buffer at {bo.address:#x} is freed; it was allocated at {bo.site}")
    inside = offset >= 0 and size >= 0 and offset + size <= bo.size
    if not inside or host_address != bo.host.ctypes.data + offset:
        raise InputError(
            f"flush or invalidate of {size} bytes at offset {offset} of a buffer of {bo.size} bytes: not inside it; "
            "copies and results of arithmetic are no device buffers"
        )
    device = bo.memory.device_bytes(bo, offset, size).ctypes.data
    ctypes.memmove(*((device, host_address) if to_device else (host_address, device)), size)


def _round_up(address: int) -> int:
    return -(-address // ALIGN) * ALIGN


def _caller() -> str:
    """Return file and line that asked for a buffer, for the report of leaks."""
    for frame in reversed(traceback.extract_stack(limit=16)):
        if "/pynq/" not in frame.filename and frame.filename != __file__:
            return f"{frame.filename}:{frame.lineno}"
    return "unknown"

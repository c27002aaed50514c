# SPDX-License-Identifier: Apache-2.0
"""How a driver reaches its kernel's registers: runs of words side by side, and how lists of registers become runs.

PYNQ's MMIO reads single words, each through several layers; its devices that move registers themselves (capability
REGISTER_RW) take a run in one call. The kernel sees the same accesses, one a word, in the order of the list.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any, Protocol

from boards.device import WORD


class Registers(Protocol):
    """Registers of one kernel, by offset. What a device raises passes through."""

    def read(self, offset: int, count: int) -> bytes:
        """Return `count` words side by side, little-endian, read in ascending order."""
        ...

    def write(self, offset: int, data: bytes) -> None:
        """Write words side by side, in ascending order."""
        ...


class DeviceRegisters:
    """Those of a device that moves registers itself."""

    def __init__(self, device: Any, base: int) -> None:
        self._device, self._base = device, base

    def read(self, offset: int, count: int) -> bytes:
        """Read a run in one call of the device."""
        data: bytes = self._device.read_registers(self._base + offset, count * WORD)
        return data

    def write(self, offset: int, data: bytes) -> None:
        """Write a run in one call of the device."""
        self._device.write_registers(self._base + offset, data)


class MappedRegisters:
    """Those of a device that maps registers into this process: word by word, as a bus would split wider accesses."""

    def __init__(self, mmio: Any) -> None:
        self._mmio = mmio

    def read(self, offset: int, count: int) -> bytes:
        """Read a run word by word."""
        words = (int(self._mmio.read(at)) for at in range(offset, offset + count * WORD, WORD))
        return b"".join(word.to_bytes(WORD, "little") for word in words)

    def write(self, offset: int, data: bytes) -> None:
        """Write a run; PYNQ does so word by word."""
        self._mmio.write(offset, data)


def registers_of(mmio: Any) -> Registers:
    """Return the registers behind PYNQ's MMIO of a kernel."""
    if mmio.device.has_capability("REGISTER_RW"):
        return DeviceRegisters(mmio.device, mmio.base_addr)
    return MappedRegisters(mmio)


@cache
def runs(offsets: tuple[int, ...], size: int) -> tuple[tuple[int, int], ...]:
    """Return registers of `size` bytes as runs (first offset, number), in the order of the list."""
    return tuple(_runs(offsets, size))


def _runs(offsets: tuple[int, ...], size: int) -> Iterator[tuple[int, int]]:
    first = count = 0
    for offset in offsets:
        if count and offset == first + count * size:
            count += 1
            continue
        if count:
            yield first, count
        first, count = int(offset), 1
    if count:
        yield first, count

# SPDX-License-Identifier: Apache-2.0
"""An arena: the same range of offsets on every memory port, in which striped data lies."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.errors import InputError, MachineError

ALIGN = 4096
"""Of every region, so that its first burst is a whole one."""
REGIONS = 256
"""Whose views are kept."""


class Arena:
    """One device buffer a port, cut into regions from the bottom up.

    Args:
        memories: one memory a port, each with PYNQ's `allocate`.
        size: bytes a port.
    """

    def __init__(self, memories: Sequence[Any], size: int) -> None:
        self.size = -(-size // ALIGN) * ALIGN
        self.top = 0
        self._buffers: list[Any] = []
        self._regions: dict[tuple[int, int], tuple[_Part, ...]] = {}
        try:
            for memory in memories:
                self._buffers.append(memory.allocate((self.size,), np.uint8))
        except Exception:
            self.close()
            raise

    @property
    def ports(self) -> int:
        """Return the number of ports."""
        return len(self._buffers)

    @property
    def bases(self) -> tuple[int, ...]:
        """Return the device address of offset 0 on each port."""
        return tuple(int(buffer.device_address) for buffer in self._buffers)

    def reserve(self, size: int) -> int:
        """Return the offset of a new region of `size` bytes a port.

        Raises:
            MachineError: the arena is full.
        """
        offset, top = self.top, self.top + -(-size // ALIGN) * ALIGN
        if top > self.size:
            raise MachineError(
                f"arena: no room for {size} bytes a port; {self.size - self.top} of {self.size} are free"
            )
        self.top = top
        return offset

    @contextmanager
    def scratch(self) -> Iterator[None]:
        """Give back on exit what was reserved inside."""
        mark = self.top
        try:
            yield
        finally:
            self.top = mark

    def write(self, offset: int, striped: NDArray[np.uint8]) -> None:
        """Copy `striped`, uint8 [ports, n], to the device at an offset."""
        for part, row in zip(self._region(offset, striped), striped, strict=True):
            part.host[:] = row
            part.buffer.flush()

    def fill(self, offset: int, size: int, value: int) -> None:
        """Write `value` to `size` bytes a port at an offset."""
        for part in self._parts(offset, size):
            part.host[:] = value
            part.buffer.flush()

    def read(self, offset: int, size: int) -> NDArray[np.uint8]:
        """Return uint8 [ports, size] from the device at an offset."""
        parts = self._parts(offset, size)
        result = np.empty((self.ports, size), np.uint8)
        for part, row in zip(parts, result, strict=True):
            part.buffer.invalidate()
            row[:] = part.host
        return result

    def close(self) -> None:
        """Free the buffers; nothing of the arena may be used afterwards."""
        for buffer in self._buffers:
            buffer.freebuffer()
        self._buffers, self._regions = [], {}

    def __enter__(self) -> "Arena":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _region(self, offset: int, striped: NDArray[np.uint8]) -> tuple["_Part", ...]:
        """Return where `striped` goes on each port."""
        if striped.ndim != 2 or striped.shape[0] != self.ports or striped.dtype != np.uint8:
            self._check_open()
            raise InputError(f"striped data {striped.dtype} {striped.shape}, expected uint8 [{self.ports}, n]")
        return self._parts(offset, striped.shape[1])

    def _parts(self, offset: int, size: int) -> tuple["_Part", ...]:
        """Return `size` bytes at an offset on each port: views, which PYNQ makes slowly, and runs repeat theirs."""
        self._check_open()
        if offset < 0 or offset + size > self.top:
            raise InputError(f"arena: bytes {offset} .. {offset + size} outside the {self.top} reserved")
        found = self._regions.get((offset, size))
        if found is None:
            if len(self._regions) >= REGIONS:
                self._regions.clear()
            views = [buffer[offset : offset + size] for buffer in self._buffers]
            found = self._regions[offset, size] = tuple(_Part(view, view.view(np.ndarray)) for view in views)
        return found

    def _check_open(self) -> None:
        if not self._buffers:
            raise MachineError("arena: closed")


@dataclass(frozen=True, slots=True)
class _Part:
    """Bytes of one port's buffer: as PYNQ copies them, and as NumPy fills them without asking PYNQ."""

    buffer: Any
    host: NDArray[np.uint8]

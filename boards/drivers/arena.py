# SPDX-License-Identifier: Apache-2.0
"""An arena: the same range of offsets on every memory port, in which striped data lies."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from golden.errors import InputError, MachineError

ALIGN = 4096
"""Of every region, so that its first burst is a whole one."""


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
        self._check(offset, striped)
        for buffer, row in zip(self._buffers, striped, strict=True):
            part = buffer[offset : offset + striped.shape[1]]
            part[:] = row
            part.flush()

    def read(self, offset: int, size: int) -> NDArray[np.uint8]:
        """Return uint8 [ports, size] from the device at an offset."""
        result = np.empty((self.ports, size), np.uint8)
        self._check(offset, result)
        for buffer, row in zip(self._buffers, result, strict=True):
            part = buffer[offset : offset + size]
            part.invalidate()
            row[:] = part
        return result

    def close(self) -> None:
        """Free the buffers; nothing of the arena may be used afterwards."""
        for buffer in self._buffers:
            buffer.freebuffer()
        self._buffers = []

    def __enter__(self) -> "Arena":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _check(self, offset: int, striped: NDArray[np.uint8]) -> None:
        if not self._buffers:
            raise MachineError("arena: closed")
        if striped.ndim != 2 or striped.shape[0] != self.ports or striped.dtype != np.uint8:
            raise InputError(f"striped data {striped.dtype} {striped.shape}, expected uint8 [{self.ports}, n]")
        if offset < 0 or offset + striped.shape[1] > self.top:
            raise InputError(f"arena: bytes {offset} .. {offset + striped.shape[1]} outside the {self.top} reserved")

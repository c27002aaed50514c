# SPDX-License-Identifier: Apache-2.0
"""`krait board selftest`: who answers, at which clock, and whether its memories keep what is written."""

from pathlib import Path
from typing import Any

import numpy as np

from boards import bench
from boards.open import open_board
from golden.errors import CheckError, InputError

MEMORY_BYTES = 1 << 20
"""Written to and read from each memory of the kernel."""


def selftest(board: str, overlay: Path | None = None) -> str:
    """Test a board, and return one line that says what was tested. A virtual one also runs products.

    Raises:
        KraitError: what failed, and where.
    """
    if board.partition(":")[0] == "sim":
        if overlay is not None:
            raise InputError(f"--overlay: found {overlay}, expected none for {board}: a virtual board's is made for it")
        return bench.selftest(board)
    with open_board(board, overlay=overlay) as opened:
        clock = opened.kernel.check_clock()
        memories = [opened.device.get_memory_by_name(name) for name in opened.kernel.memory_names]
        check_memories(memories)
        return (
            f"{board}: {opened.config.kernel} {opened.config.name}, identity and clock ({clock:.1f} MHz) as declared, "
            f"{len(memories)} memories keep what is written; no kernel was started"
        )


def check_memories(memories: list[Any]) -> None:
    """Write to all memories, then read all, so that two that are one show. CheckError names the first wrong byte."""
    draw = np.random.default_rng(1)
    buffers = [memory.allocate((MEMORY_BYTES,), np.uint8) for memory in memories]
    try:
        expected = [draw.integers(0, 256, MEMORY_BYTES, np.uint8) for _ in buffers]
        for buffer, data in zip(buffers, expected, strict=True):
            buffer[:] = data
            buffer.flush()
            buffer[:] = ~data
        for memory, buffer, data in zip(memories, buffers, expected, strict=True):
            buffer.invalidate()
            wrong = np.flatnonzero(buffer != data)
            if wrong.size:
                at = int(wrong[0])
                raise CheckError(
                    f"{memory.region.name}: {wrong.size} of {MEMORY_BYTES} bytes differ, the first at "
                    f"{buffer.device_address + at:#x}: found {int(buffer[at]):#04x}, expected {int(data[at]):#04x}"
                )
    finally:
        for buffer in buffers:
            buffer.freebuffer()

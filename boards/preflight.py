# SPDX-License-Identifier: Apache-2.0
"""What is checked of a board before its first number: who answers, its bitstream, its clock, the memory in use."""

from typing import Any

import numpy as np

from boards.drivers.arena import Arena
from boards.open import OpenBoard
from golden.errors import InvalidError
from harness.bench.measured import Preflight

STEP = 1 << 20
"""Bytes a port that are drawn, written and read at once."""


def preflight(opened: OpenBoard[Any], arena: Arena) -> Preflight:
    """Check an opened board with the arena that is to be used, and return what was found.

    Identity and configuration were compared when the driver was made, the bitstream's hash when the overlay was read.

    Raises:
        InvalidError: the clock is not the declared one, or the arena does not keep what is written. MachineError: no
        overlay is loaded.
    """
    bitstream = opened.bitstream
    clock = opened.kernel.check_clock()
    check_arena(arena)
    identity = opened.kernel.identity
    return Preflight(
        bitstream=bitstream,
        config_hash=f"{identity.config_hash:016x}",
        build_id=identity.build_id,
        clock_declared_mhz=opened.kernel.clock_mhz,
        clock_measured_mhz=clock,
        memory_bytes=arena.size,
    )


def check_arena(arena: Arena) -> None:
    """Write all of an arena, then read all of it, so that places that are one show; what was in it is gone.

    Raises:
        InvalidError: the port, the first byte that is not what was written, and what it is.
    """
    with arena.scratch():
        arena.reserve(arena.size - arena.top)
        steps = [(at, min(STEP, arena.size - at)) for at in range(0, arena.size, STEP)]
        for at, size in steps:
            arena.write(at, _pattern(arena.ports, at, size))
        for at, size in steps:
            found, expected = arena.read(at, size), _pattern(arena.ports, at, size)
            wrong = np.argwhere(found != expected)
            if len(wrong):
                port, byte = (int(i) for i in wrong[0])
                raise InvalidError(
                    f"memory of port {port}: {len(wrong)} of {expected.size} bytes differ from what was written, the "
                    f"first at offset {at + byte:#x}: found {int(found[port, byte]):#04x}, expected "
                    f"{int(expected[port, byte]):#04x}"
                )


def _pattern(ports: int, at: int, size: int) -> Any:
    """Return uint8 [ports, size], other bytes for every place and port."""
    return np.random.default_rng(at).integers(0, 256, (ports, size), np.uint8)

# SPDX-License-Identifier: Apache-2.0
"""The toy kernel of these tests on the simulation memory, without PYNQ."""

from pathlib import Path

import numpy as np

from harness.build import VerilatorBuild, build
from harness.sim.model import BOARD_CPP, MEMORY_RTL, SimModel

RTL = Path(__file__).parent / "rtl"
PORTS, PORT_BYTES = 2, 32
BASE = (1 << 36, 3 << 36)
SIZE = 1 << 20
GIE, IER, ISR, BEATS, FAULT, X_OFF, Y_OFF, ERROR, PORT_BASE = 0x04, 0x08, 0x0C, 0x10, 0x18, 0x20, 0x30, 0x68, 0x100
EARLY_B, CROSS, SLOW = 1, 2, 4


def shared(top: str) -> VerilatorBuild:
    return VerilatorBuild(top, (RTL / f"{top}.sv", *MEMORY_RTL), kind="shared", cpp=BOARD_CPP)


class Toy(SimModel):
    """The kernel with its memories attached and filled with random bytes."""

    def __init__(self) -> None:
        super().__init__(build(shared("sim_toy")))
        self.reset()
        rng = np.random.default_rng(1)
        for port, base in enumerate(BASE):
            view = self.memory.attach(port, base, SIZE)
            view[: SIZE // 2] = rng.integers(0, 256, SIZE // 2, np.uint8)
            self.write(PORT_BASE + 8 * port, base & 0xFFFF_FFFF)
            self.write(PORT_BASE + 8 * port + 4, base >> 32)
        self.write(GIE, 1)
        self.write(IER, 1)
        self.write(Y_OFF, SIZE // 2)

    def copy(self, beats: int, limit: int = 200_000, fault: int = 0) -> int:
        """Run one copy; return the cycles that it took, or -1 when it did not end."""
        self.write(BEATS, beats)
        self.write(FAULT, fault)
        self.write(0, 1)
        cycles = self.run(limit)
        if not self.interrupt:
            return -1
        self.write(ISR, 1)
        self.read(0)
        return cycles

    def right(self, beats: int) -> bool:
        """Return whether both ports hold the copy, every byte ^ 1, and nothing behind it."""
        size, half = beats * PORT_BYTES, SIZE // 2
        views = [self.memory.view(port) for port in range(PORTS)]
        return all(np.array_equal(v[half : half + size], v[:size] ^ 1) and not v[half + size :].any() for v in views)

# SPDX-License-Identifier: Apache-2.0
"""Memory of a virtual board: what of it is simulation. Buffers and their checks are those of every device."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boards.memory import FirstFit
from boards.overlay import MemoryRegion


@dataclass(frozen=True, eq=False)
class ViewStore:
    """A store behind a NumPy view of the simulation memory, uint8 [size], that begins at device address `base`."""

    base: int
    view: NDArray[np.uint8]

    def write(self, address: int, data: NDArray[np.uint8]) -> None:
        """Copy `data` to the simulation memory."""
        self.view[address - self.base : address - self.base + data.size] = data

    def read(self, address: int, into: NDArray[np.uint8]) -> None:
        """Fill `into` from the simulation memory."""
        into[:] = self.view[address - self.base : address - self.base + into.size]


def simulated(region: MemoryRegion, view: NDArray[np.uint8]) -> FirstFit:
    """Return the allocator of a region that is a view of the simulation memory, uint8 [region.size]."""
    return FirstFit(region, ViewStore(region.base, view))

# SPDX-License-Identifier: Apache-2.0
"""MemoryTransport over the simulation memory in C++: Python arms it and waits, no Python runs in a cycle."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from harness.sim import mem
from harness.uvm.memory import arena_base
from harness.uvm.stalls import Access, Fault, StallKind, Stalls

_EVERY_PORT: dict[StallKind, mem.Stall] = {
    StallKind.BURSTS: mem.burst_stall(busy=40, idle=72),
    StallKind.ALTERNATE: mem.ALTERNATE,
}


class BulkMemory:
    """The same calls as BeatMemory; contents are views of the simulator's own memory."""

    def __init__(self, ports: int, size: int) -> None:
        self._ports, self._size = ports, size

    @cached_property
    def _memory(self) -> mem.SimMemory:
        """The memory in the running simulator, attached at first use: before time 0 has passed there is none."""
        memory = mem.SimMemory()
        for port in range(self._ports):
            memory.attach(port, arena_base(port), self._size)
        return memory

    @property
    def size(self) -> int:
        """Bytes of each port's arena."""
        return self._size

    def base(self, port: int) -> int:
        """Return the device address at which a port's arena starts."""
        return arena_base(port)

    def write(self, port: int, offset: int, data: NDArray[np.uint8]) -> None:
        """Store bytes."""
        self._memory.at(port, arena_base(port) + offset, len(data))[:] = data

    def read(self, port: int, offset: int, size: int) -> NDArray[np.uint8]:
        """Return a copy of bytes."""
        return self._memory.at(port, arena_base(port) + offset, size).copy()

    def stall(self, stalls: Stalls) -> None:
        """Use this stall profile from now on, on all ports."""
        self._memory.seed(stalls.seed)
        self._memory.set_stall()
        if stalls.kind is StallKind.RANDOM:
            self._memory.set_stall(mem.random_stall(stalls.p))
        elif stalls.kind is StallKind.ONE_PORT:
            self._memory.set_stall(mem.random_stall(7 / 8), port=0)
        elif stalls.kind is StallKind.WRITES:
            for channel in (mem.Channel.AW, mem.Channel.W, mem.Channel.B):
                self._memory.set_stall(mem.random_stall(15 / 16), channel=channel)
        elif stalls.kind is not StallKind.NONE:
            self._memory.set_stall(_EVERY_PORT[stalls.kind])

    def inject(self, fault: Fault | None) -> None:
        """Answer with this fault from now on; None heals."""
        self._memory.clear_injections()
        if fault is not None:
            base = arena_base(fault.port)
            self._memory.inject(
                fault.access is Access.WRITE,
                mem.Response.SLVERR,
                first=base + fault.start,
                last=base + fault.stop - 1,
                port=fault.port,
            )

    def reset(self) -> None:
        """Nothing to do: the memory sees the design's reset."""

    def hold(self, held: bool) -> None:
        """Nothing to do, for the same reason."""

    def violations(self) -> list[str]:
        """Return the protocol violation that ended the simulation, if any."""
        return [self._memory.violation] if self._memory.violation else []

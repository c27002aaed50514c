# SPDX-License-Identifier: Apache-2.0
"""The simulation memory (rtl/sim_axi_mem.sv, cpp/axi_mem.h) as Python sees it, through ctypes.

The same class serves inside a cocotb simulator (`SimMemory()` finds the functions in the running executable) and
over a shared library (`SimMemory(library)`). Contents are NumPy views of the memory itself: nothing is copied.
"""

import ctypes
from dataclasses import astuple, dataclass, fields
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from golden.errors import InputError, MachineError
from harness.sim.timing import IDEAL, Gap, MemoryTiming

ALL = -1
"""In place of a port or channel: every one."""


class Channel(IntEnum):
    """AXI channels that can be stalled: ready of AR, AW and W, valid of R and B."""

    AR = 0
    R = 1
    AW = 2
    W = 3
    B = 4


class StallKind(IntEnum):
    """Patterns of stall cycles; the numbers of cpp/axi_mem.h."""

    NONE = 0
    RANDOM = 1
    ALTERNATE = 2
    BURST = 3
    ALWAYS = 4


class Response(IntEnum):
    """AXI error responses that can be injected."""

    SLVERR = 2
    DECERR = 3


@dataclass(frozen=True)
class Stall:
    """When a channel stalls.

    Attributes:
        kind: the pattern.
        probability: RANDOM: share of the stalled cycles.
        busy: BURST: length of a stall.
        idle: BURST: free cycles between two stalls.
    """

    kind: StallKind = StallKind.NONE
    probability: float = 0.0
    busy: int = 0
    idle: int = 1

    def __post_init__(self) -> None:
        """Refuse what the C++ side cannot represent."""
        if not 0 <= self.probability <= 1:
            raise InputError(f"stall: probability {self.probability}, expected 0 .. 1")
        if not (0 <= self.busy < 1 << 32 and 1 <= self.idle < 1 << 32):
            raise InputError(f"stall: busy {self.busy}, idle {self.idle}; expected busy >= 0 and idle >= 1")


FREE = Stall()
HANG = Stall(StallKind.ALWAYS)
ALTERNATE = Stall(StallKind.ALTERNATE)


def random_stall(probability: float) -> Stall:
    """Return a stall in a random share of the cycles."""
    return Stall(StallKind.RANDOM, probability=probability)


def burst_stall(busy: int, idle: int) -> Stall:
    """Return stalls of `busy` cycles with `idle` free cycles between them."""
    return Stall(StallKind.BURST, busy=busy, idle=idle)


@dataclass(frozen=True)
class PortCounters:
    """What one port did since its counters were cleared; cycles count from the memory's first edge out of reset.

    `deliverable` is what the timing model could have moved (turnarounds not deducted), also at the cycles of the
    first and last read beat, so that the use of the deliverable over the read window can be computed.
    """

    read_bursts: int
    read_beats: int
    write_bursts: int
    write_beats: int
    read_blocked: int
    errors: int
    turnaround: int
    deliverable: int
    first_read: int
    last_read: int
    first_deliverable: int
    last_deliverable: int

    @property
    def read_utilisation(self) -> float:
        """Return read beats over deliverable beats, from the first to the last read beat; 0 without reads."""
        window = self.last_deliverable - self.first_deliverable + 1
        return min(1.0, self.read_beats / window) if self.read_beats else 0.0


_SIGNATURES: dict[str, tuple[object, tuple[object, ...]]] = {
    "krait_mem_error": (ctypes.c_char_p, ()),
    "krait_mem_declare": (ctypes.c_int, (ctypes.c_int,) * 3),
    "krait_mem_ports": (ctypes.c_int, (ctypes.c_int,)),
    "krait_mem_port_bytes": (ctypes.c_int, (ctypes.c_int,)),
    "krait_mem_cycles": (ctypes.c_uint64, (ctypes.c_int,)),
    "krait_mem_violation": (ctypes.c_char_p, (ctypes.c_int,)),
    "krait_mem_clear_violation": (ctypes.c_int, (ctypes.c_int,)),
    "krait_mem_attach": (ctypes.c_int, (ctypes.c_int, ctypes.c_int, ctypes.c_uint64, ctypes.c_uint64)),
    "krait_mem_data": (ctypes.c_void_p, (ctypes.c_int, ctypes.c_int)),
    "krait_mem_clear": (ctypes.c_int, (ctypes.c_int,)),
    "krait_mem_timing": (
        ctypes.c_int,
        (ctypes.c_int, ctypes.c_int, ctypes.c_uint32, ctypes.c_double, ctypes.c_uint32, ctypes.c_uint32),
    ),
    "krait_mem_gap": (ctypes.c_int, (ctypes.c_int, ctypes.c_int, ctypes.c_int) + (ctypes.c_uint32,) * 3),
    "krait_mem_stall": (
        ctypes.c_int,
        (ctypes.c_int,) * 4 + (ctypes.c_double, ctypes.c_uint32, ctypes.c_uint32),
    ),
    "krait_mem_seed": (ctypes.c_int, (ctypes.c_int, ctypes.c_uint64)),
    "krait_mem_inject": (
        ctypes.c_int,
        (ctypes.c_int,) * 3 + (ctypes.c_uint64, ctypes.c_uint64, ctypes.c_int, ctypes.c_uint64),
    ),
    "krait_mem_inject_clear": (ctypes.c_int, (ctypes.c_int,)),
    "krait_mem_counters": (ctypes.c_int, (ctypes.c_int, ctypes.c_int, ctypes.POINTER(ctypes.c_uint64))),
    "krait_mem_clear_counters": (ctypes.c_int, (ctypes.c_int,)),
}


def bind(library: ctypes.CDLL, signatures: dict[str, tuple[object, tuple[object, ...]]]) -> None:
    """Declare C signatures on a library.

    Raises:
        MachineError: the library lacks a function.
    """
    for name, (result, arguments) in signatures.items():
        try:
            function = getattr(library, name)
        except AttributeError as error:
            where = library._name or "this simulator"
            raise MachineError(f"{where}: no function {name}; it was built without harness/sim/cpp") from error
        function.restype = result
        function.argtypes = arguments


class SimMemory:
    """One `sim_axi_mem` instance.

    Args:
        library: the shared library of the model; None for the running executable (cocotb).
        mem_id: parameter MEM_ID of the instance.
        shape: (ports, port bytes) of the instance. A cocotb test starts before the initial blocks in which the
            instance makes itself known; with its shape it can be set up at once.

    Raises:
        MachineError: no such memory in the model (yet).
        InputError: a shape that the instance has not.
    """

    def __init__(
        self, library: ctypes.CDLL | None = None, mem_id: int = 0, shape: tuple[int, int] | None = None
    ) -> None:
        self._lib = library or ctypes.CDLL(None)
        self._id = mem_id
        bind(self._lib, _SIGNATURES)
        if shape is not None:
            self._call("krait_mem_declare", *shape)
        self.ports = self._checked(self._lib.krait_mem_ports(mem_id))
        self.port_bytes = self._checked(self._lib.krait_mem_port_bytes(mem_id))
        self._stores: dict[int, tuple[int, int]] = {}

    def attach(self, port: int, base: int, size: int) -> NDArray[np.uint8]:
        """Give a port a zeroed store of `size` bytes at device address `base`; return the view of it.

        Views of an earlier store of the port become invalid. Accesses outside the store answer DECERR.
        """
        self._check_port(port)
        if base < 0 or base % self.port_bytes or size <= 0 or size % self.port_bytes or base + size > 1 << 64:
            raise InputError(f"memory of port {port}: base {base:#x}, size {size:#x}; expected whole beats in 64 bits")
        self._call("krait_mem_attach", port, base, size)
        self._stores[port] = (base, size)
        return self.view(port)

    def view(self, port: int) -> NDArray[np.uint8]:
        """Return a port's store as uint8 [size], shared with the simulation."""
        self._check_port(port)
        if port not in self._stores:
            raise InputError(f"memory of port {port}: nothing attached")
        size = self._stores[port][1]
        pointer = self._lib.krait_mem_data(self._id, port)
        return np.ctypeslib.as_array((ctypes.c_uint8 * size).from_address(pointer))

    def at(self, port: int, address: int, size: int) -> NDArray[np.uint8]:
        """Return the view of `size` bytes at a device address.

        Raises:
            InputError: the range is not inside the port's store.
        """
        base, total = self._stores.get(port, (0, 0))
        if address < base or size < 0 or address + size > base + total:
            raise InputError(f"memory of port {port}: {address:#x}+{size:#x} outside {base:#x}+{total:#x}")
        return self.view(port)[address - base : address - base + size]

    def clear(self) -> None:
        """Make every store read zero."""
        self._call("krait_mem_clear")

    def set_timing(self, timing: MemoryTiming = IDEAL, port: int = ALL) -> None:
        """Set the timing model of one port or all; gaps are staggered over the ports."""
        for p in range(self.ports) if port == ALL else (port,):
            self._check_port(p)
            self._call("krait_mem_timing", p, timing.latency, timing.rate, timing.turnaround, timing.queue_depth)
            for refresh, gap in enumerate((timing.page, timing.refresh)):
                self._call("krait_mem_gap", p, refresh, gap.period, gap.cycles, self._phase(p, gap))

    def _phase(self, port: int, gap: Gap) -> int:
        return port * gap.period // self.ports

    def set_stall(self, stall: Stall = FREE, port: int = ALL, channel: Channel | int = ALL) -> None:
        """Set the stall pattern of one port or all, one channel or all; without arguments nothing stalls."""
        self._call("krait_mem_stall", port, int(channel), int(stall.kind), stall.probability, stall.busy, stall.idle)

    def seed(self, seed: int) -> None:
        """Restart the random stalls; every port draws its own stream."""
        self._call("krait_mem_seed", seed % (1 << 64))

    def inject(
        self, write: bool, response: Response, first: int = 0, last: int = (1 << 64) - 1, nth: int = 0, port: int = ALL
    ) -> None:
        """Answer beats at addresses `first .. last` with an error: the `nth` one, or all with 0. Reads give poison."""
        self._call("krait_mem_inject", port, int(write), first, last, int(response), nth)

    def clear_injections(self) -> None:
        """Answer everything OKAY again."""
        self._call("krait_mem_inject_clear")

    def counters(self, port: int) -> PortCounters:
        """Return what a port did since the counters were cleared."""
        self._check_port(port)
        values = (ctypes.c_uint64 * len(fields(PortCounters)))()
        self._call("krait_mem_counters", port, values)
        return PortCounters(*(int(value) for value in values))

    def totals(self) -> PortCounters:
        """Return the sums over the ports (of the cycle stamps too: use them per port)."""
        rows = [astuple(self.counters(port)) for port in range(self.ports)]
        return PortCounters(*(sum(column) for column in zip(*rows, strict=True)))

    def clear_counters(self) -> None:
        """Start all counters at zero; the counts of nth injections too."""
        self._call("krait_mem_clear_counters")

    @property
    def cycles(self) -> int:
        """Return the clock edges that the memory saw outside reset."""
        return int(self._lib.krait_mem_cycles(self._id))

    @property
    def violation(self) -> str:
        """Return the first AXI rule that a master broke, or an empty string."""
        return bytes(self._lib.krait_mem_violation(self._id)).decode()

    def clear_violation(self) -> None:
        """Forget it, so that the next one is reported."""
        self._call("krait_mem_clear_violation")

    def _check_port(self, port: int) -> None:
        if not 0 <= port < self.ports:
            raise InputError(f"memory port {port}, expected 0 .. {self.ports - 1}")

    def _call(self, name: str, *arguments: object) -> None:
        if getattr(self._lib, name)(self._id, *arguments) < 0:
            raise InputError(f"simulation memory: {bytes(self._lib.krait_mem_error()).decode()}")

    def _checked(self, value: int) -> int:
        if value < 0:
            raise MachineError(f"simulation memory: {bytes(self._lib.krait_mem_error()).decode()}")
        return value

# SPDX-License-Identifier: Apache-2.0
"""Memory agent: what the accelerator's ports see. One interface, two transports.

`BeatMemory` is pins and Python: every handshake is ours to stall, check and break. `BulkMemory` (bulk.py) hands the
same calls to the simulation memory in C++, and Python only arms and waits.
"""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import cocotb
import numpy as np
from cocotb.triggers import RisingEdge
from numpy.typing import NDArray

from harness.uvm.stalls import Access, Fault, Stalls

OKAY, SLVERR, DECERR = 0, 2, 3
PAGE = 4096
QUEUE = 8
PINS = (
    *("araddr", "arlen", "arvalid", "arready", "rdata", "rresp", "rlast", "rvalid", "rready"),
    *("awaddr", "awlen", "awvalid", "awready", "wdata", "wstrb", "wlast", "wvalid", "wready"),
    *("bresp", "bvalid", "bready"),
)


class MemoryTransport(Protocol):
    """What sequences and drivers may do with the memory behind the ports; addresses are offsets in a port's arena."""

    @property
    def size(self) -> int:
        """Bytes of each port's arena."""

    def base(self, port: int) -> int:
        """Return the device address at which a port's arena starts."""

    def write(self, port: int, offset: int, data: NDArray[np.uint8]) -> None:
        """Store bytes."""

    def read(self, port: int, offset: int, size: int) -> NDArray[np.uint8]:
        """Return a copy of bytes."""

    def stall(self, stalls: Stalls) -> None:
        """Use this stall profile from now on, on all ports."""

    def inject(self, fault: Fault | None) -> None:
        """Answer with this fault from now on; None heals."""

    def reset(self) -> None:
        """Drop transactions under way; contents stay."""

    def hold(self, held: bool) -> None:
        """Stop serving (during reset) or serve again."""

    def violations(self) -> list[str]:
        """Return the protocol violations seen so far, one line each."""


def arena_base(port: int) -> int:
    """Return a device address above 4 GiB, another one for each port, so that lost upper bits are noticed."""
    return 0x1_2340_0000 + port * 0x10_0000_0000


@dataclass
class _Burst:
    address: int
    beats: int


class _Channel:
    """One port at pin level: five channels, checked and served once a clock."""

    def __init__(self, dut: Any, port: int, base: int, size: int) -> None:
        self.port, self.base, self.store = port, base, np.zeros(size, dtype=np.uint8)
        self.fault: Fault | None = None
        self.errors: list[str] = []
        self.pin = {name: getattr(dut, f"m_axi_{port:02d}_{name}") for name in PINS}
        self.width = len(self.pin["rdata"]) // 8
        self.use(Stalls())
        self.clear()

    def use(self, stalls: Stalls) -> None:
        self.stalled: dict[str, Iterator[bool]] = {
            channel: stalls.pattern(self.port, channel) for channel in ("ar", "r", "aw", "w", "b")
        }

    def clear(self) -> None:
        self.reads: deque[_Burst] = deque()
        self.writes: deque[_Burst] = deque()
        self.responses: deque[int] = deque()
        self.write_error = OKAY
        self.held: dict[str, tuple[int, ...]] = {}
        self.drive: dict[str, int] = {"arready": 0, "awready": 0, "wready": 0, "rvalid": 0, "bvalid": 0}
        for name, value in self.drive.items():
            self.pin[name].value = value

    def _high(self, name: str) -> bool:
        value = self.pin[name].value
        return bool(value.is_resolvable and int(value))

    def _set(self, name: str, value: int) -> None:
        if self.drive.get(name) != value:
            self.drive[name] = value
            self.pin[name].value = value

    def _complain(self, text: str) -> None:
        self.errors.append(f"port {self.port}: {text}")

    def _check_hold(self, channel: str, payload: tuple[str, ...]) -> bool:
        """Return whether the channel's beat moves; check that an earlier refused offer still stands unchanged."""
        valid = self._high(f"{channel}valid")
        offer = tuple(int(self.pin[name].value) for name in payload) if valid else ()
        before = self.held.pop(channel, None)
        if before is not None and offer != before:
            self._complain(f"{channel}valid or its payload changed before {channel}ready")
        moves = valid and bool(self.drive[f"{channel}ready"])
        if valid and not moves:
            self.held[channel] = offer
        return moves

    def _take_burst(self, channel: str, queue: deque[_Burst]) -> None:
        if self._check_hold(channel, (f"{channel}addr", f"{channel}len")):
            burst = _Burst(int(self.pin[f"{channel}addr"].value), int(self.pin[f"{channel}len"].value) + 1)
            if burst.address % self.width:
                self._complain(f"{channel} address {burst.address:#x} is not aligned to {self.width} bytes")
            if burst.address // PAGE != (burst.address + burst.beats * self.width - 1) // PAGE:
                self._complain(f"{channel} burst at {burst.address:#x} of {burst.beats} beats crosses a 4 KiB boundary")
            queue.append(burst)

    def _response(self, access: Access, address: int) -> int:
        offset = address - self.base
        if not 0 <= offset <= len(self.store) - self.width:
            return DECERR
        fault = self.fault
        if fault is not None and fault.access is access and fault.start < offset + self.width and offset < fault.stop:
            return SLVERR
        return OKAY

    def _serve_reads(self) -> None:
        if self.drive["rvalid"]:
            if not self._high("rready"):
                return
            burst = self.reads[0]
            burst.address, burst.beats = burst.address + self.width, burst.beats - 1
            if not burst.beats:
                self.reads.popleft()
        if not self.reads or next(self.stalled["r"]):
            self._set("rvalid", 0)
            return
        burst = self.reads[0]
        response = self._response(Access.READ, burst.address)
        offset = burst.address - self.base
        data = 0 if response == DECERR else int.from_bytes(self.store[offset : offset + self.width].tobytes(), "little")
        self.pin["rdata"].value = data
        self._set("rresp", response)
        self._set("rlast", int(burst.beats == 1))
        self._set("rvalid", 1)

    def _serve_writes(self) -> None:
        if self._check_hold("w", ("wdata", "wstrb", "wlast")):
            if not self.writes:
                self._complain("write data moved before its address")
                return
            self._store_beat(self.writes[0])
        if self.drive["bvalid"] and self._high("bready"):
            self._set("bvalid", 0)
            self.responses.popleft()
        if self.responses and not self.drive["bvalid"] and not next(self.stalled["b"]):
            self._set("bresp", self.responses[0])
            self._set("bvalid", 1)

    def _store_beat(self, burst: _Burst) -> None:
        response = self._response(Access.WRITE, burst.address)
        self.write_error = max(self.write_error, response)
        if response == OKAY:
            data = int(self.pin["wdata"].value).to_bytes(self.width, "little")
            strobe, offset = int(self.pin["wstrb"].value), burst.address - self.base
            for lane in range(self.width):
                if strobe >> lane & 1:
                    self.store[offset + lane] = data[lane]
        burst.address, burst.beats = burst.address + self.width, burst.beats - 1
        if self._high("wlast") != (burst.beats == 0):
            self._complain(f"wlast is {int(self._high('wlast'))} with {burst.beats} beats left in the burst")
        if not burst.beats:
            self.writes.popleft()
            self.responses.append(self.write_error)
            self.write_error = OKAY

    def clock(self) -> None:
        """Serve one rising edge."""
        self._take_burst("ar", self.reads)
        self._take_burst("aw", self.writes)
        self._serve_reads()
        self._serve_writes()
        self._set("arready", int(len(self.reads) < QUEUE and not next(self.stalled["ar"])))
        self._set("awready", int(len(self.writes) < QUEUE and not next(self.stalled["aw"])))
        self._set("wready", int(bool(self.writes) and not next(self.stalled["w"])))


class BeatMemory:
    """MemoryTransport at pin level: one Python step per port and clock."""

    def __init__(self, dut: Any, clock: Any, ports: int, size: int) -> None:
        self._size = size
        self._channels = [_Channel(dut, port, self.base(port), size) for port in range(ports)]
        self._running = False
        cocotb.start_soon(self._run(clock))

    @property
    def size(self) -> int:
        """Bytes of each port's arena."""
        return self._size

    def base(self, port: int) -> int:
        """Return the device address at which a port's arena starts."""
        return arena_base(port)

    def write(self, port: int, offset: int, data: NDArray[np.uint8]) -> None:
        """Store bytes."""
        self._channels[port].store[offset : offset + len(data)] = data

    def read(self, port: int, offset: int, size: int) -> NDArray[np.uint8]:
        """Return a copy of bytes."""
        return self._channels[port].store[offset : offset + size].copy()

    def stall(self, stalls: Stalls) -> None:
        """Use this stall profile from now on, on all ports."""
        for channel in self._channels:
            channel.use(stalls)

    def inject(self, fault: Fault | None) -> None:
        """Answer with this fault from now on; None heals."""
        for channel in self._channels:
            channel.fault = fault if fault is not None and fault.port == channel.port else None

    def reset(self) -> None:
        """Drop transactions under way; contents stay."""
        for channel in self._channels:
            channel.clear()

    def violations(self) -> list[str]:
        """Return the protocol violations seen so far, one line each."""
        return [line for channel in self._channels for line in channel.errors]

    def hold(self, held: bool) -> None:
        """Stop serving (during reset) or serve again."""
        self._running = not held

    async def _run(self, clock: Any) -> None:
        while True:
            await RisingEdge(clock)
            if self._running:
                for channel in self._channels:
                    channel.clock()

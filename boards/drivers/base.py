# SPDX-License-Identifier: Apache-2.0
"""What all krait kernels have in common on the software side: identity, start, wait, errors, clock."""

import struct
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, ClassVar

from pynq.overlay import DefaultIP

from boards.device import WORD
from boards.drivers.registers import registers_of, runs
from golden.errors import InputError, InvalidError, KraitError, MachineError
from golden.spec.gen import tern_matvec as common

POLL_S = 50e-6
"""Between two looks at CTRL on a device without interrupts."""


class KernelError(KraitError):
    """A kernel ended a run with an error code.

    Illegal arguments and data are the input's fault (exit code 2), error responses of the memory are the machine's.
    """

    def __init__(self, message: str, code: IntEnum, port: int) -> None:
        """Keep code and port for programs; the message has them for people."""
        super().__init__(message)
        self.code, self.port = code, port
        self.exit_code = 3 if code.name.startswith("AXI_") else 2


@dataclass(frozen=True)
class Identity:
    """What a kernel says of itself."""

    map_version: int
    kernel_id: int
    build_id: int
    config_hash: int
    ports: int
    port_bytes: int


class KraitIP(DefaultIP):
    """A kernel with krait's register layout (golden/spec/registers/common.toml).

    A subclass sets `bindto`, `MAP_VERSION`, `KERNEL_ID`, `ERRORS`, and `DUMP`, the registers that a timeout reports.

    Raises (on construction):
        InvalidError: no krait kernel at the address, or not the one that the overlay file describes.
    """

    MAP_VERSION: ClassVar[int] = common.MAP_VERSION
    KERNEL_ID: ClassVar[int]
    ERRORS: ClassVar[type[IntEnum]]
    DUMP: ClassVar[Mapping[str, tuple[int, int]]] = {
        "CTRL": (common.Offset.CTRL, 32),
        "ERROR": (common.Offset.ERROR, 32),
        "CYCLES": (common.Offset.CYCLES, 64),
    }
    """Name -> (offset, width in bits)."""

    _loads = 0

    def __init__(self, description: dict[str, Any]) -> None:
        super().__init__(description)
        self.registers = registers_of(self.mmio)
        parameters = description["parameters"]
        self.name = str(description["fullpath"])
        self.config_name = str(parameters["CONFIG"])
        self.clock_mhz = float(parameters["CLOCK_MHZ"])
        self.memory_names = tuple(str(parameters["MEMORIES"]).split())
        self._config_hash = int(str(parameters["CONFIG_HASH"]), 16)
        self.identity = self._check_identity(self._config_hash)
        self._interrupts_on = hasattr(self.device, "wait_interrupt")
        self._enable()

    # ---- registers

    def get(self, offset: int) -> int:
        """Read a 32-bit register."""
        return int.from_bytes(self.registers.read(offset, 1), "little")

    def get64(self, offset: int) -> int:
        """Read a 64-bit register, low word first (which latches the high one where it counts)."""
        return int.from_bytes(self.registers.read(offset, 2), "little")

    def get_all64(self, offsets: Sequence[int]) -> tuple[int, ...]:
        """Read 64-bit registers in this order, those that lie side by side in one call; each as `get64` does."""
        found: list[int] = []
        for first, count in runs(tuple(offsets), 2 * WORD):
            found += struct.unpack(f"<{count}Q", self.registers.read(first, 2 * count))
        return tuple(found)

    def put(self, offset: int, value: int) -> None:
        """Write a 32-bit register."""
        self.registers.write(offset, _packed((value,), 32))

    def put64(self, offset: int, value: int) -> None:
        """Write a 64-bit register, low word first."""
        self.registers.write(offset, _packed((value,), 64))

    def put_all(self, values: Mapping[int, int], bits: int = 32) -> None:
        """Write registers of 32 or 64 bits by their offsets in this order, those that lie side by side in one call."""
        size = bits // 8
        data, at = _packed(tuple(values.values()), bits), 0
        for first, count in runs(tuple(values), size):
            self.registers.write(first, data[at : at + count * size])
            at += count * size

    # ---- runs

    def start(self) -> None:
        """Start a run with the arguments that are set; one more start may be pending during a run.

        After a reload of the overlay, arguments have to be set again; whose registers they are is checked again here.
        """
        if getattr(self.device, "loads", 0) != self._loads:
            self.identity = self._check_identity(self._config_hash)
            self._enable()
        self.put(common.Offset.CTRL, common.CTRL_AP_START.mask)

    def wait(self, timeout_s: float = 60.0) -> None:
        """Wait for the end of a run; errors as for `looks`."""
        for _ in self.looks(timeout_s, timeout_s):
            pass

    def looks(self, timeout_s: float, every_s: float) -> Iterator[None]:
        """Yield each time that the run is found going on, at the latest `every_s` apart; end with the run.

        Raises:
            MachineError: not done in time; the message has the status registers and counters.
            KernelError: the run ended with an error code.
        """
        deadline = time.monotonic() + timeout_s
        while not common.CTRL_AP_DONE.get(self.get(common.Offset.CTRL)):
            left = deadline - time.monotonic()
            if left <= 0:
                raise MachineError(f"{self.name}: not done within {timeout_s:g} s; {self.dump()}")
            yield
            self._pause(min(left, every_s))
        if self._interrupts_on:
            self.put(common.Offset.ISR, self.get(common.Offset.ISR))
        self.check_error()

    def check_error(self) -> None:
        """Raise KernelError when the last run ended with an error code."""
        value = self.get(common.Offset.ERROR)
        code = common.ERROR_CODE.get(value)
        if code == 0:
            return
        known = {member.value: member for member in self.ERRORS}
        if code not in known:
            raise MachineError(f"{self.name}: unknown error code {code}; {self.dump()}")
        port = common.ERROR_PORT.get(value)
        where = f" on port {port}" if known[code].name.startswith("AXI_") else ""
        raise KernelError(f"{self.name}: {known[code].name} (code {code}){where}", known[code], port)

    def dump(self) -> str:
        """Return the registers of `DUMP` as `NAME=0x..` for error messages."""
        values = ((name, self.get64(at) if width == 64 else self.get(at)) for name, (at, width) in self.DUMP.items())
        return " ".join(f"{name}={value:#x}" for name, value in values)

    def _enable(self) -> None:
        """Let the kernel interrupt, where someone listens; note which load of the overlay that holds for."""
        self._loads = getattr(self.device, "loads", 0)
        if self._interrupts_on:
            self.put(common.Offset.IER, common.IER_DONE.mask)
            self.put(common.Offset.GIE, common.GIE_ENABLE.mask)

    def _pause(self, left_s: float) -> None:
        if self._interrupts_on:
            self.device.wait_interrupt(left_s)
        else:
            time.sleep(min(POLL_S, left_s))

    # ---- clock

    def measure_clock(self, seconds: float | None = None) -> float:
        """Return the clock in MHz: cycles of the free-running counter over the device's time, or this machine's.

        Without `seconds` it takes 10 us of a device that has a time of its own (a simulation), else 10 ms.
        """
        now = getattr(self.device, "now", time.monotonic)
        sleep = getattr(self.device, "sleep", time.sleep)
        seconds = seconds or (10e-6 if hasattr(self.device, "now") else 10e-3)
        begin, first = now(), self.get64(common.Offset.FREE_COUNTER)
        sleep(seconds)
        end, last = now(), self.get64(common.Offset.FREE_COUNTER)
        return float((last - first) / (end - begin) / 1e6)

    def check_clock(self, tolerance: float = 0.02) -> float:
        """Return the measured clock in MHz.

        Raises:
            InvalidError: it differs from the declared one by more than `tolerance` of it.
        """
        found = self.measure_clock()
        if abs(found - self.clock_mhz) > tolerance * self.clock_mhz:
            raise InvalidError(f"{self.name}: clock measured as {found:.3f} MHz, declared {self.clock_mhz:g} MHz")
        return found

    # ---- identity

    def _check_identity(self, expected_hash: int) -> Identity:
        magic = self.get(common.Offset.MAGIC)
        if magic != common.MAGIC:
            raise InvalidError(
                f"{self.name}: MAGIC reads {magic:#010x}, expected {common.MAGIC:#010x}: no krait kernel"
            )
        identity = self._read_identity()
        checks = (
            ("VERSION", identity.map_version, self.MAP_VERSION),
            ("KERNEL_ID", identity.kernel_id, self.KERNEL_ID),
            ("CONFIG_HASH", identity.config_hash, expected_hash),
        )
        for name, found, expected in checks:
            if found != expected:
                raise InvalidError(
                    f"{self.name}: {name} reads {found:#x}, expected {expected:#x} "
                    f"(configuration {self.config_name}); hardware and software are not of one build"
                )
        return identity

    def _read_identity(self) -> Identity:
        geometry = self.get(common.Offset.GEOMETRY)
        return Identity(
            map_version=self.get(common.Offset.VERSION),
            kernel_id=self.get(common.Offset.KERNEL_ID),
            build_id=self.get(common.Offset.BUILD_ID),
            config_hash=self.get64(common.Offset.CONFIG_HASH),
            ports=common.GEOMETRY_PORTS.get(geometry),
            port_bytes=1 << common.GEOMETRY_PORT_BYTES_LOG2.get(geometry),
        )

    def port_beats(self) -> tuple[tuple[int, int], ...]:
        """Return (read, written) beats of each memory port in the last run."""
        ports = self.identity.ports
        read, written = (
            self.get_all64([beats[p] for p in range(ports)]) for beats in (common.RD_BEATS, common.WR_BEATS)
        )
        return tuple(zip(read, written, strict=True))


def _packed(values: tuple[int, ...], bits: int) -> bytes:
    """Return integers, NumPy's among them, as registers of 32 or 64 bits; InputError for one that does not fit."""
    try:
        return struct.pack(f"<{len(values)}{'Q' if bits == 64 else 'I'}", *values)
    except struct.error as error:
        shown = ", ".join(map(str, values))
        raise InputError(f"register value {shown}: expected whole numbers from 0 to 2^{bits} - 1") from error

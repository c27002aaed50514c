# SPDX-License-Identifier: Apache-2.0
"""The character devices of Xilinx' XDMA driver: registers, memory, the interrupt; and what its errors mean.

Facts of the driver are from its source, github.com/Xilinx/dma_ip_drivers, XDMA/linux-kernel/xdma, at 8721136.
"""

import errno
import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from boards.vc709.system import System
from golden.errors import MachineError

Move = Callable[[int, NDArray[np.uint8], int], int]
"""`pread` or `pwrite` of a system."""

PIECE = 4 << 20
"""Bytes of one transfer: fewer than the 2,048 pages that the driver moves under one time-out (libxdma.h)."""
RECHECK_S = 0.1
"""After so long without an interrupt a caller looks at the kernel itself, so that a lost one is no hang."""
ALL_ONES = 0xFFFF_FFFF
"""What a read gives that no one answers."""
ERESTARTSYS = 512
"""The kernel's own code that older drivers hand to programs when a transfer times out (their issues 64 and 243)."""
MODULE = "/sys/module/xdma"


@dataclass(frozen=True)
class Nodes:
    """Names of the devices of one board."""

    stem: str = "/dev/xdma0"

    @property
    def user(self) -> str:
        """Registers: the AXI4-Lite master of the bridge."""
        return f"{self.stem}_user"

    @property
    def to_card(self) -> str:
        """Host to card."""
        return f"{self.stem}_h2c_0"

    @property
    def from_card(self) -> str:
        """Card to host."""
        return f"{self.stem}_c2h_0"

    @property
    def events(self) -> str:
        """The first user interrupt."""
        return f"{self.stem}_events_0"

    @property
    def all(self) -> tuple[tuple[str, int], ...]:
        """Every device with the flags that it is opened with."""
        return (
            (self.user, os.O_RDWR),
            (self.to_card, os.O_WRONLY),
            (self.from_card, os.O_RDONLY),
            (self.events, os.O_RDONLY),
        )


class XdmaLink:
    """The open devices of one board. Addresses are AXI addresses; those of registers count in the bridge's BAR.

    Attributes:
        identity: address of a register that is never all ones, once it is known; it tells a lost link from a register
            that happens to read all ones.

    Raises:
        MachineError: a device is missing, may not be opened, or is another process's; the line says what to do.
    """

    def __init__(self, system: System, nodes: Nodes, board: str) -> None:
        self.system, self.nodes, self.board = system, nodes, board
        self.identity: int | None = None
        self._word = np.zeros(1, np.uint32)
        self._fds: list[int] = []
        for path, flags in nodes.all:
            try:
                self._fds.append(system.open(path, flags))
                if path == nodes.user:
                    system.flock(self._fds[0])
            except OSError as error:
                self.close()
                raise MachineError(f"board {board}: {_unopened(error, path, system)}") from error

    def close(self) -> None:
        """Close the devices, which also gives the lock back."""
        while self._fds:
            self.system.close(self._fds.pop())

    # ---- registers

    def peek(self, address: int) -> int:
        """Return the word at an address, whatever it means."""
        self._transfer(self.system.pread, self._fds[0], self._word.view(np.uint8), address, "register read")
        return int(self._word[0])

    def read_word(self, address: int) -> int:
        """Return a register.

        Raises:
            MachineError: the driver refuses, or no one answers any more.
        """
        value = self.peek(address)
        if value == ALL_ONES and self.lost:
            raise self._gone(f"register {address:#x} reads all ones")
        return value

    def write_word(self, address: int, value: int) -> None:
        """Write a register. It is posted: that no one took it shows at the next read."""
        self._word[0] = value
        self._transfer(self.system.pwrite, self._fds[0], self._word.view(np.uint8), address, "register write")

    @property
    def lost(self) -> bool:
        """Return whether the identity register reads all ones, too."""
        return self.identity is not None and self.peek(self.identity) == ALL_ONES

    # ---- memory

    def write(self, address: int, data: NDArray[np.uint8]) -> None:
        """Copy bytes to the card.

        Raises:
            MachineError: the driver reports an error or moves nothing; the line says what to do.
        """
        self._transfer(self.system.pwrite, self._fds[1], data, address, "transfer to the card")

    def read(self, address: int, into: NDArray[np.uint8]) -> None:
        """Copy bytes from the card; errors as for `write`."""
        self._transfer(self.system.pread, self._fds[2], into, address, "transfer from the card")

    # ---- interrupt

    def wait(self, timeout_s: float) -> bool:
        """Return whether an interrupt came within the time; it is taken."""
        fd = self._fds[3]
        try:
            return self.system.poll(fd, timeout_s) and bool(self.system.read(fd, 4))
        except OSError as error:
            raise self._failed(error, f"wait on {self.nodes.events}") from error

    # ---- inside

    def _transfer(self, move: Move, fd: int, data: NDArray[np.uint8], address: int, what: str) -> None:
        """Move all bytes, in pieces; the driver may move less than it is asked to."""
        done = 0
        while done < data.size:
            at, part = address + done, data[done : done + PIECE]
            try:
                moved = move(fd, part, at)
            except OSError as error:
                raise self._failed(error, f"{what} at {at:#x}") from error
            if not 0 < moved <= part.size:
                raise MachineError(f"board {self.board}: {what} at {at:#x}: {moved} of {part.size} bytes; {RELOAD}")
            done += moved

    def _failed(self, error: OSError, what: str) -> MachineError:
        """Return the error that says what a code of the driver means here."""
        code = error.errno or 0
        if code in GONE:
            return self._gone(f"{what}: {_name(code)}")
        if code in TIMED_OUT and self._silent():
            return self._gone(f"{what}: no answer in the driver's time")
        found, remedy = MEANING.get(code, ("the driver reports an error", RELOAD))
        return MachineError(f"board {self.board}: {what}: {found} ({_name(code)}); {remedy}")

    def _silent(self) -> bool:
        try:
            return self.lost
        except MachineError:
            return True

    def _gone(self, what: str) -> MachineError:
        return MachineError(
            f"board {self.board}: {what}: the link is lost or the FPGA was configured anew; load the overlay again, "
            "and if that fails restart the machine with the board configured"
        )


RELOAD = "load the overlay again, and if that fails reload the module (rmmod xdma; modprobe xdma)"
GONE = (errno.ENODEV, errno.ENXIO, errno.EBADF)
TIMED_OUT = (errno.ETIMEDOUT, ERESTARTSYS)
_SLOW = (
    "the memory behind the bridge did not answer in the driver's time, 10 s unless h2c_timeout and c2h_timeout differ"
)
MEANING = {
    errno.ETIMEDOUT: (_SLOW, RELOAD),
    ERESTARTSYS: (_SLOW, RELOAD),
    errno.EIO: ("the DMA engine stopped with an error", "check the overlay's memory map against the bitstream"),
    errno.EPROTO: ("the driver takes whole, aligned words only", "check the overlay's addresses"),
    errno.EINVAL: ("the driver refused host and card address", "check that the overlay's regions begin on pages"),
}
"""Error code -> (what was found, what to do)."""


def _unopened(error: OSError, path: str, system: System) -> str:
    """Return why a device cannot be opened, and what to do."""
    code = error.errno or 0
    if code == errno.EWOULDBLOCK:
        return f"{path} is in use by another process (fuser -v {path} names it); wait for it or end it"
    if code in (errno.EACCES, errno.EPERM):
        return f"{path}: permission denied; run as root, or give the group of its users a udev rule for the class xdma"
    if code not in (errno.ENOENT, *GONE):
        return f"{path} cannot be opened ({_name(code)}); {RELOAD}"
    if not system.exists(MODULE):
        return f"{path} does not exist, because the module xdma is not loaded; build and load it (modprobe xdma)"
    if path.endswith("_user") and system.exists(path.removesuffix("_user") + "_h2c_0"):
        return f"{path} does not exist: the design has no AXI4-Lite master on PCIe; build krait's"
    return f"{path} does not exist: the module xdma found no board; program one (krait's bitstream) and rescan PCIe"


def _name(code: int) -> str:
    return errno.errorcode.get(code, f"errno {code}")

# SPDX-License-Identifier: Apache-2.0
"""What a board behind PCIe needs of Linux: files, sysfs, a program, a clock. Tests put a board of their own there."""

import ctypes
import errno
import fcntl
import importlib.util
import os
import select
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Ran:
    """How a program ended: exit status (124: it was stopped at its time-out) and what it printed."""

    status: int
    text: str


class System(Protocol):
    """Calls as Linux has them; each may raise OSError."""

    def exists(self, path: str) -> bool:
        """Return whether a file exists."""
        ...

    def listdir(self, path: str) -> list[str]:
        """Return the names in a folder."""
        ...

    def read_text(self, path: str) -> str:
        """Return a file's text."""
        ...

    def write_text(self, path: str, text: str) -> None:
        """Write a file that exists, as sysfs has them."""
        ...

    def open(self, path: str, flags: int) -> int:
        """Return a file descriptor."""
        ...

    def close(self, fd: int) -> None:
        """Close a file descriptor."""
        ...

    def flock(self, fd: int) -> None:
        """Take an exclusive lock on an open file, or raise BlockingIOError at once."""
        ...

    def pread(self, fd: int, into: NDArray[np.uint8], offset: int) -> int:
        """Read at most `into.size` bytes to where `into` lies; return how many."""
        ...

    def pwrite(self, fd: int, data: NDArray[np.uint8], offset: int) -> int:
        """Write at most `data.size` bytes from where `data` lies; return how many."""
        ...

    def read(self, fd: int, size: int) -> bytes:
        """Read at the file's own position."""
        ...

    def poll(self, fd: int, timeout_s: float) -> bool:
        """Return whether the file becomes readable in time."""
        ...

    def find(self, program: str, package: str) -> str | None:
        """Return the path of a program that a Python package brings, or one on PATH."""
        ...

    def run(self, command: Sequence[str], timeout_s: float) -> Ran:
        """Run a program to its end."""
        ...

    def now(self) -> float:
        """Return seconds of a monotonic clock."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        ...


class Linux:
    """The system that this process runs on."""

    def __init__(self) -> None:
        self._pread = ctypes.CDLL(None, use_errno=True).pread
        self._pread.argtypes = (ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int64)
        self._pread.restype = ctypes.c_ssize_t

    def exists(self, path: str) -> bool:
        """Return whether a file exists."""
        return os.path.exists(path)

    def listdir(self, path: str) -> list[str]:
        """Return the names in a folder, sorted."""
        return sorted(os.listdir(path))

    def read_text(self, path: str) -> str:
        """Return a file's text."""
        return Path(path).read_text(errors="replace")

    def write_text(self, path: str, text: str) -> None:
        """Write a file that exists."""
        fd = os.open(path, os.O_WRONLY)
        try:
            os.write(fd, text.encode())
        finally:
            os.close(fd)

    def open(self, path: str, flags: int) -> int:
        """Return a file descriptor that child processes do not inherit."""
        return os.open(path, flags | os.O_CLOEXEC)

    def close(self, fd: int) -> None:
        """Close a file descriptor."""
        os.close(fd)

    def flock(self, fd: int) -> None:
        """Take an exclusive lock at once or not at all."""
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def pread(self, fd: int, into: NDArray[np.uint8], offset: int) -> int:
        """Read to where `into` lies.

        By C's function: os.pread reads to an address of its own choice, which a DMA engine need not take, and
        os.preadv reaches the driver's read_iter, which is for asynchronous callers only (xdma/cdev_sgdma.c).
        """
        while True:
            done = int(self._pread(fd, into.ctypes.data, into.size, offset))
            if done >= 0:
                return done
            code = ctypes.get_errno()
            if code != errno.EINTR:
                raise OSError(code, os.strerror(code))

    def pwrite(self, fd: int, data: NDArray[np.uint8], offset: int) -> int:
        """Write from where `data` lies."""
        return os.pwrite(fd, data.data, offset)

    def read(self, fd: int, size: int) -> bytes:
        """Read at the file's own position."""
        return os.read(fd, size)

    def poll(self, fd: int, timeout_s: float) -> bool:
        """Return whether the file becomes readable in time; OSError when its device is gone."""
        poller = select.poll()
        poller.register(fd, select.POLLIN)
        events = poller.poll(max(0.0, timeout_s) * 1000)
        if any(mask & (select.POLLERR | select.POLLHUP | select.POLLNVAL) for _, mask in events):
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))
        return bool(events)

    def find(self, program: str, package: str) -> str | None:
        """Return the program of the package, else the one on PATH: a package is of a known version."""
        spec = importlib.util.find_spec(package)
        for folder in (spec.submodule_search_locations or ()) if spec else ():
            if os.access(os.path.join(folder, "bin", program), os.X_OK):
                return os.path.join(folder, "bin", program)
        return shutil.which(program)

    def run(self, command: Sequence[str], timeout_s: float) -> Ran:
        """Run a program; both of its outputs are kept."""
        try:
            done = subprocess.run(
                command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=timeout_s, check=False
            )
        except subprocess.TimeoutExpired as error:
            return Ran(124, (error.output or b"").decode(errors="replace"))
        return Ran(done.returncode, done.stdout.decode(errors="replace"))

    def now(self) -> float:
        """Return seconds of a monotonic clock."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        time.sleep(seconds)

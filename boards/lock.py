# SPDX-License-Identifier: Apache-2.0
"""One process on a board: an advisory lock that the kernel frees when its holder dies.

A physical board is one for the machine, so its lock lies in the temporary folder of the machine; a virtual board is
one for a build folder. KRAIT_LOCKS overrides both, so that parallel test processes can have virtual boards of their
own.
"""

import fcntl
import os
import re
import tempfile
from pathlib import Path

from golden.errors import MachineError
from harness.paths import build_dir


class BoardLock:
    """An exclusive lock on a board's name, taken at once or not at all.

    Args:
        name: the board, as users name it.
        virtual: whether the board exists in simulation only.
    """

    def __init__(self, name: str, virtual: bool) -> None:
        self.name = name
        self.path = _folder(virtual) / f"{re.sub('[^A-Za-z0-9_.-]', '-', name)}.lock"
        self._fd = -1

    @property
    def held(self) -> bool:
        """Return whether this object holds the lock."""
        return self._fd >= 0

    def acquire(self) -> None:
        """Take the lock; nothing happens when it is held already.

        Raises:
            MachineError: another holder has it (its process id is named), or the file cannot be written.
        """
        if self.held:
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        except OSError as error:
            raise MachineError(f"{self.path}: cannot lock board {self.name} ({error.strerror})") from error
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(fd, 32, 0).decode(errors="replace").strip() or "unknown"
            os.close(fd)
            raise MachineError(
                f"board {self.name} is in use by process {holder}; wait for it or end it (lock: {self.path})"
            ) from error
        os.ftruncate(fd, 0)
        os.pwrite(fd, f"{os.getpid()}\n".encode(), 0)
        self._fd = fd

    def release(self) -> None:
        """Give the lock back; the file stays, or a waiting process could lock one that is gone."""
        if self.held:
            os.ftruncate(self._fd, 0)
            os.close(self._fd)
            self._fd = -1


def _folder(virtual: bool) -> Path:
    if "KRAIT_LOCKS" in os.environ:
        return Path(os.environ["KRAIT_LOCKS"])
    return build_dir() / "locks" if virtual else Path(tempfile.gettempdir()) / "krait-locks"

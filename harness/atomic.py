# SPDX-License-Identifier: Apache-2.0
"""Files and folders that appear complete or not at all; folders made once even when several processes want them."""

import fcntl
import glob
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from golden.errors import MachineError


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file beside `path`; the kernel frees it when the process dies."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with (path.parent / f".{path.name}.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def publish_dir(target: Path, fill: Callable[[Path], None]) -> bool:
    """Make `target` by filling a temporary folder beside it and renaming it; a folder that exists is kept.

    Returns:
        True when this call made it, False when it was already there.

    Raises:
        MachineError: the folder cannot be written. Whatever `fill` raises passes through; nothing is left behind.
    """
    if target.is_dir():
        return False
    try:
        with locked(target):
            if target.is_dir():
                return False
            for stale in target.parent.glob(f".{glob.escape(target.name)}.{'?' * 8}"):
                shutil.rmtree(stale)  # of a process that was killed: under the lock nobody else fills this target
            temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
            try:
                fill(temporary)
                os.chmod(temporary, 0o755)
                temporary.rename(target)
            except BaseException:
                shutil.rmtree(temporary, ignore_errors=True)
                raise
    except OSError as error:
        raise MachineError(f"{target}: cannot be written ({error}); check space and rights") from error
    return True


def replace_text(path: Path, text: str) -> None:
    """Write `text` to `path` by way of a temporary name; a reader sees the old file or the new one.

    Raises:
        OSError: it cannot be written; nothing is left behind.
    """
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        scratch.write_text(text, encoding="utf-8")
        scratch.replace(path)
    except OSError:
        with suppress(OSError):
            scratch.unlink()
        raise


def writable_dir(path: Path) -> Path:
    """Make a folder where there is none, check that files can be made in it, and return it.

    Raises:
        MachineError: it cannot be made, is no folder, or is not writable.
    """
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path):
            return path
    except OSError as error:
        raise MachineError(f"{path}: cannot be written ({error.strerror}); choose another --out") from error

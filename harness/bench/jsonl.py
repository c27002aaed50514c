# SPDX-License-Identifier: Apache-2.0
"""Files of records, one JSON line each: appended whole, read strictly, torn last lines of interrupted runs left out."""

import fcntl
import json
import os
from collections.abc import Iterable
from dataclasses import asdict
from io import FileIO
from pathlib import Path
from typing import Any, TypeVar

from golden.errors import InputError, MachineError
from golden.spec.strict import decode_schema, parse_json

T = TypeVar("T")


def append(path: Path, record: Any) -> None:
    """Append a record, a dataclass, whole or not at all, and flush it to disk; processes take turns.

    A torn last line, which a killed run can leave all the same, is cut off first.
    Raises MachineError when the file cannot be written.
    """
    line = json.dumps(asdict(record), separators=(",", ":")) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b", buffering=0) as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            _cut_torn_line(handle)
            _write(handle, line.encode())
            os.fsync(handle)
    except OSError as error:
        raise MachineError(
            f"cannot write records to {path}: {error.strerror or error}; choose another --out"
        ) from error


def _write(handle: FileIO, data: bytes) -> None:
    """Write all of `data`, or leave the file as it was: on a disk that fills up a write is short, and only the next
    one fails."""
    end = handle.seek(0, os.SEEK_END)
    left = data
    try:
        while left:
            left = left[handle.write(left) :]
    except OSError:
        handle.truncate(end)
        raise


def _cut_torn_line(handle: FileIO) -> None:
    handle.seek(0)
    data = handle.read()
    if not data.endswith(b"\n"):
        handle.truncate(data.rfind(b"\n") + 1)


def read(path: Path, kind: type[T], schema: int) -> tuple[T, ...]:
    """Return all records of a file.

    Raises:
        InputError: the file cannot be read, or a line is no record of this kind and schema; it is named.
    """
    lines = ((Path(f"{path}:{number}"), line) for number, line in whole_lines(path))
    return tuple(decode_schema(kind, parsed(where, line), where, schema, "bench again") for where, line in lines)


def read_any(path: Path, kind: type[T], schema: int) -> tuple[T, ...]:
    """Return all records of a file as `read` does, none where there is no file."""
    return read(path, kind, schema) if path.exists() else ()


def parsed(where: Path, line: str) -> Any:
    """Return a line as JSON. InputError that says `where` it stands: it is none."""
    return parse_json(line, where, "remove the line or the file")


def whole_lines(path: Path) -> Iterable[tuple[int, str]]:
    """Return the numbered lines of a file; a last line without its newline (an interrupted run) is left out.

    Raises InputError when the file cannot be read.
    """
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot read records ({error}); run krait bench again") from None
    whole = text[: text.rfind("\n") + 1]
    return ((number, line) for number, line in enumerate(whole.splitlines(), start=1) if line.strip())

# SPDX-License-Identifier: Apache-2.0
"""Files of records, one JSON line each: appended whole, read strictly, torn last lines of interrupted runs left out."""

import json
import os
from collections.abc import Iterable
from dataclasses import asdict
from io import FileIO
from pathlib import Path
from typing import Any, TypeVar

from golden.errors import InputError, MachineError
from golden.spec.strict import decode

T = TypeVar("T")


def append(path: Path, record: Any) -> None:
    """Append a record, a dataclass, with a single call and flush it to disk; interrupted runs leave whole lines.

    A torn last line, which an interrupted run can leave all the same, is cut off first.
    Raises MachineError when the file cannot be written.
    """
    line = json.dumps(asdict(record), separators=(",", ":")) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a+b", buffering=0) as handle:
            _cut_torn_line(handle)
            handle.write(line.encode())
            os.fsync(handle)
    except OSError as error:
        raise MachineError(
            f"cannot write records to {path}: {error.strerror or error}; choose another --out"
        ) from error


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
    return tuple(_parse(Path(f"{path}:{number}"), line, kind, schema) for number, line in whole_lines(path))


def read_any(path: Path, kind: type[T], schema: int) -> tuple[T, ...]:
    """Return all records of a file as `read` does, none where there is no file."""
    return read(path, kind, schema) if path.exists() else ()


def _parse(where: Path, line: str, kind: type[T], schema: int) -> T:
    try:
        raw = json.loads(line)
    except json.JSONDecodeError as error:
        raise InputError(f"{where}: not JSON ({error.msg}); remove the line or the file") from None
    if isinstance(raw, dict) and raw.get("schema") != schema:
        raise InputError(f"{where}: schema: found {raw.get('schema')!r}, expected {schema}; bench again")
    return decode(kind, raw, where)


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

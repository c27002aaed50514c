# SPDX-License-Identifier: Apache-2.0
"""A command's results as a JSON file: a dataclass with its schema, written whole or not at all, read strictly."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, TypeVar

from golden.errors import InputError, MachineError
from golden.spec.strict import decode, decode_schema
from harness.atomic import replace_text

T = TypeVar("T")


def write(path: Path, record: Any, remedy: str = "free space or rights") -> Path:
    """Write a dataclass and return `path`; its folder is made. MachineError with the `remedy`: it cannot be."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_text(path, json.dumps(asdict(record), indent=1) + "\n")
    except OSError as error:
        raise MachineError(f"{path}: cannot be written ({error.strerror or error}); {remedy}") from error
    return path


def read(kind: type[T], path: Path, schema: int | None, command: str) -> T:
    """Return what `command` wrote as a dataclass of `kind`, which says its schema, or has none.

    Raises:
        InputError: names the file, what is wrong with it (its key, where it is one), and the command to run again.
    """
    remedy = f"run {command} again"
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error}); {remedy}") from None
    return decode(kind, raw, path) if schema is None else decode_schema(kind, raw, path, schema, remedy)


def read_if_any(kind: type[T], path: Path, schema: int, command: str) -> T | None:
    """Return what `read` does, None where there is no file."""
    return read(kind, path, schema, command) if path.exists() else None

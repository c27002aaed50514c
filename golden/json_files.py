# SPDX-License-Identifier: Apache-2.0
"""JSON files that say what a folder holds: read whole, written whole or not at all."""

import json
import os
from pathlib import Path
from typing import Any

from golden.errors import InputError, MachineError


def read(file: Path, expected: str) -> Any:
    """What `file` holds. InputError where it is missing in what should be `expected`, or is no JSON."""
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{file}: missing; expected {expected}") from None
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"{file}: not readable as JSON ({error}); restore the file") from None


def write(file: Path, data: object) -> None:
    """Write `data` as `file`, keys sorted. MachineError when it cannot be written."""
    try:
        part = file.with_name(file.name + ".part")
        part.write_text(json.dumps(data, indent=1, sort_keys=True) + "\n", encoding="utf-8")
        os.replace(part, file)
    except OSError as error:
        raise MachineError(f"{file}: cannot be written ({error}); check the folder's rights and space") from None

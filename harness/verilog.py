# SPDX-License-Identifier: Apache-2.0
"""Which of the project's Verilog files a design needs: those of the modules that it instantiates, one module a file."""

import re
from collections.abc import Iterable
from pathlib import Path

_INSTANCE = re.compile(r"^\s*(\w+)\s*(?:#\s*\(|u_\w+\s*\()", re.M)


def with_children(top: Path, library: Iterable[Path]) -> tuple[Path, ...]:
    """Return the files of `library` that a file instantiates, directly or not, children first, and the file itself."""
    known = {path.stem: path for path in library}
    done: dict[Path, None] = {}

    def visit(path: Path) -> None:
        words = set(_INSTANCE.findall(path.read_text()))
        for child in sorted(words & known.keys() - {path.stem}):
            if known[child] not in done:
                visit(known[child])
        done[path] = None

    visit(top)
    return tuple(done)

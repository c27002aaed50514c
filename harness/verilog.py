# SPDX-License-Identifier: Apache-2.0
"""Which of the project's Verilog files a design needs: those of the modules that it instantiates, one module a file."""

import re
from collections.abc import Iterable
from pathlib import Path

_INSTANCE = re.compile(r"^\s*(\w+)\s*(?:#\s*\(|u_\w+\s*\()", re.M)
_TEST = re.compile(r"^// Test\s*: (\S+)$", re.M)


def named_test(path: Path) -> str:
    """Return the file of tests that a module's header names, as it stands there; empty where it names none."""
    named = _TEST.search(path.read_text())
    return named[1] if named else ""


def instances(path: Path) -> set[str]:
    """Return the names of what a file instantiates; some are no modules, but words that look like it."""
    return set(_INSTANCE.findall(path.read_text()))


def with_children(top: Path, library: Iterable[Path]) -> tuple[Path, ...]:
    """Return the files of `library` that a file instantiates, directly or not, children first, and the file itself."""
    known = {path.stem: path for path in library}
    done: dict[Path, None] = {}

    def visit(path: Path) -> None:
        for child in sorted(instances(path) & known.keys() - {path.stem}):
            if known[child] not in done:
                visit(known[child])
        done[path] = None

    visit(top)
    return tuple(done)

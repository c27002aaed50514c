# SPDX-License-Identifier: Apache-2.0
"""Which modules can be mutated: the hand-written ones, each with the tests that judge it."""

import ast
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from golden.errors import InputError
from harness.mutate.assign import Judge, judges
from harness.paths import ROOT, VERILOG
from harness.verilog import with_children

PACKAGES = ("golden", "harness", "tests")


@dataclass(frozen=True)
class Unit:
    """A module, its source, and what judges its mutants."""

    name: str
    source: Path
    judge: Judge


def all_units() -> tuple[Unit, ...]:
    """Return every hand-written module that something judges."""
    library = _library()
    return tuple(Unit(name, library[name], judge) for name, judge in judges(library).items())


def unjudged() -> tuple[str, ...]:
    """Return the hand-written modules that no test and no regression simulates."""
    return tuple(sorted(_library().keys() - {unit.name for unit in all_units()}))


def _library() -> dict[str, Path]:
    return {path.stem: path for path in sorted(VERILOG.rglob("*.v")) if path.parent.name != "gen"}


def choose(patterns: Sequence[str], units: Sequence[Unit]) -> tuple[Unit, ...]:
    """Return the units that names or patterns (`strm_*`) mean; all without patterns.

    Raises:
        InputError: one means none; of a module that nothing judges, that is said.
    """
    for pattern in patterns:
        if not any(fnmatchcase(unit.name, pattern) for unit in units):
            raise InputError(f"mutate: {_unknown(pattern)}")
    return tuple(unit for unit in units if not patterns or any(fnmatchcase(unit.name, each) for each in patterns))


def _unknown(pattern: str) -> str:
    if pattern in unjudged():
        return f"nothing simulates {pattern}; expected tests/rtl/test_{pattern}.py, or tests of what instantiates it"
    return f"found no hand-written module {pattern!r} in hw/verilog; expected a name or a pattern such as strm_*"


def sources(top: Path) -> tuple[Path, ...]:
    """Return the file of a module and those of what it instantiates, children first."""
    return with_children(top, sorted(VERILOG.rglob("*.v")))


def below(top: Path) -> tuple[Path, ...]:
    """Return the files of what a module instantiates, children first."""
    return tuple(path for path in sources(top) if path != top)


def fingerprint(roots: Iterable[Path]) -> str:
    """Return a hash of Python files and of all that they import from this repository."""
    digest = hashlib.sha256()
    for path in sorted(_closure(roots)):
        digest.update(f"{path.relative_to(ROOT)}\0".encode() + path.read_bytes())
    return digest.hexdigest()[:20]


def _closure(roots: Iterable[Path]) -> set[Path]:
    done: set[Path] = set()
    pending = list(roots)
    while pending:
        path = pending.pop()
        if path not in done:
            done.add(path)
            pending += _imported(path)
    return done


@cache
def _imported(path: Path) -> tuple[Path, ...]:
    """Return the files of this repository that a file names in its imports; `from a import b` may mean a.b."""
    return tuple(_named(path))


def _named(path: Path) -> Iterator[Path]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            stem = ROOT.joinpath(*name.split("."))
            candidates = (stem.with_suffix(".py"), stem / "__init__.py") if name.split(".")[0] in PACKAGES else ()
            yield from (each for each in candidates if each.is_file())

# SPDX-License-Identifier: Apache-2.0
"""Which modules of hw/verilog can be mutated: those with a unit test of their own name."""

import ast
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from golden.errors import InputError
from harness.paths import ROOT, VERILOG
from harness.verilog import with_children

TESTS = ROOT / "tests" / "rtl"
PACKAGES = ("golden", "harness", "tests")


@dataclass(frozen=True)
class Unit:
    """A module, its source, and the tests that judge its mutants."""

    name: str
    source: Path
    test: Path


def all_units() -> tuple[Unit, ...]:
    """Return every module that has a test of its name, generated ones left out."""
    sources = sorted(path for path in VERILOG.rglob("*.v") if path.parent.name != "gen")
    found = (Unit(path.stem, path, TESTS / f"test_{path.stem}.py") for path in sources)
    return tuple(unit for unit in found if unit.test.is_file())


def choose(patterns: Sequence[str], units: Sequence[Unit]) -> tuple[Unit, ...]:
    """Return the units that names or patterns (`strm_*`) mean; all without patterns.

    Raises:
        InputError: one means none; of a module without a test of its own, that is said.
    """
    for pattern in patterns:
        if not any(fnmatchcase(unit.name, pattern) for unit in units):
            raise InputError(f"mutate: {_unknown(pattern)}")
    return tuple(unit for unit in units if not patterns or any(fnmatchcase(unit.name, each) for each in patterns))


def _unknown(pattern: str) -> str:
    modules = {path.stem for path in VERILOG.rglob("*.v")}
    if pattern in modules:
        return f"{pattern} has no unit test; expected {(TESTS / f'test_{pattern}.py').relative_to(ROOT)}"
    return f"found no module {pattern!r} in hw/verilog; expected a name or a pattern such as strm_*"


def sources(unit: Unit) -> tuple[Path, ...]:
    """Return the files of a unit and of what it instantiates, children first."""
    return with_children(unit.source, sorted(VERILOG.rglob("*.v")))


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


def _imported(path: Path) -> Iterator[Path]:
    """Yield the files of this repository that a file names in its imports; `from a import b` may mean a.b."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            stem = ROOT.joinpath(*name.split("."))
            candidates = (stem.with_suffix(".py"), stem / "__init__.py") if name.split(".")[0] in PACKAGES else ()
            yield from (each for each in candidates if each.is_file())

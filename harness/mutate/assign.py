# SPDX-License-Identifier: Apache-2.0
"""Which tests judge a module: its own, else those that its header names, else those of what it is a part of."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.paths import ROOT
from harness.regress.suites import SUITES, Entry
from harness.verilog import instances, named_test

TESTS = ROOT / "tests" / "rtl"


@dataclass(frozen=True)
class Judge:
    """A file with tests, and the module that it is of; of a kernel without such a file, a simulation of the regression.

    Attributes:
        of: module whose tests they are.
        test: the file; with `entry` the module of cocotb that it runs.
        entry: simulation that `krait regress` knows by that name, or None.
    """

    of: str
    test: Path
    entry: Entry | None = None


def judges(library: Mapping[str, Path]) -> dict[str, Judge]:
    """Return what judges each module of a library (name -> file); those that nothing simulates are missing."""
    parents: dict[str, list[str]] = {}
    for name in sorted(library):
        for child in instances(library[name]) - {name}:
            parents.setdefault(child, []).append(name)
    found = ((name, _judge(name, library[name], parents)) for name in library)
    return {name: judge for name, judge in found if judge}


def _judge(module: str, source: Path, parents: Mapping[str, list[str]]) -> Judge | None:
    for name in _upwards(module, parents):
        found = _unit_test(name) or (_header(source) if name == module else None) or _regression(name)
        if found:
            return found
    return None


def _upwards(module: str, parents: Mapping[str, list[str]]) -> Iterator[str]:
    """Yield a module, then what instantiates it, nearest first, by name among equals."""
    done, level = {module}, [module]
    while level:
        yield from level
        level = sorted({above for name in level for above in parents.get(name, ())} - done)
        done.update(level)


def _unit_test(module: str) -> Judge | None:
    path = TESTS / f"test_{module}.py"
    return Judge(module, path) if path.is_file() else None


def _header(source: Path) -> Judge | None:
    """Return the tests that a module's header names, if they are those of a module."""
    named = named_test(source)
    path = ROOT / named if named else source
    return Judge(path.stem.removeprefix("test_"), path) if path.parent == TESTS and path.is_file() else None


def _regression(kernel: str) -> Judge | None:
    """Return a kernel's first simulation on Icarus, which is a small one."""
    for entry in SUITES["smoke"].entries:
        if entry.kernel == kernel and entry.simulator == "icarus":
            return Judge(kernel, ROOT / (entry.module.replace(".", "/") + ".py"), entry)
    return None

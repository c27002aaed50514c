# SPDX-License-Identifier: Apache-2.0
"""What a testpoint's tests may be, what of it exists, and which of it has to be planned.

| form | means |
|---|---|
| `random_beat_0`, `mamba2_*` | entries of `krait regress` (harness/regress/suites.py) |
| `tests/rtl/test_strm_fifo.py` | all test functions of a file, or of files of a pattern |
| `tests/rtl/test_mem_sdp.py::test_contract` | one test function, or those of a pattern, with all their parameters |
| `formal:strm_fifo` | proofs of `krait formal` (harness/formal/proofs.toml) |
| `mutate:strm_fifo` | mutants of a module by `krait mutate`: none of the sample survives its unit test |
"""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

from harness.formal.proofs import all_proofs
from harness.mutate.units import all_units
from harness.paths import ROOT
from harness.regress.suites import MODULES, SUITES
from harness.uvm.job import covergroup

FORMAL = "formal:"
MUTATE = "mutate:"
PLANNED = "tests/rtl/"
"""Test functions below it have to be planned, as entries, proofs and covergroups have; others may be."""


@dataclass(frozen=True)
class Known:
    """What exists: entries of the regression, test functions by file, covergroups; proofs and modules that can
    be mutated with their prefixes."""

    entries: tuple[str, ...]
    functions: Mapping[str, tuple[str, ...]]
    proofs: tuple[str, ...]
    covergroups: tuple[str, ...]
    mutated: tuple[str, ...] = ()

    def tests(self) -> Iterator[str]:
        """Yield what has to be planned besides covergroups, in the forms of testpoints."""
        yield from self.entries
        yield from self.proofs
        for file, names in self.functions.items():
            if file.startswith(PLANNED):
                yield from (f"{file}::{name}" for name in names)

    def meant(self, ref: str) -> tuple[str, ...]:
        """Return the tests that a testpoint's reference means, none where there are none."""
        if ref.startswith("tests/"):
            path, _, name = ref.partition("::")
            files = [each for each in self.functions if fnmatchcase(each, path)]
            return tuple(f"{file}::{each}" for file in files for each in self.functions[file] if _fits(each, name))
        among = self.proofs if ref.startswith(FORMAL) else self.mutated if ref.startswith(MUTATE) else self.entries
        return tuple(each for each in among if fnmatchcase(each, ref))


def _fits(function: str, pattern: str) -> bool:
    return not pattern or fnmatchcase(function, pattern)


@cache
def known(root: Path = ROOT) -> Known:
    """Return what exists in the repository."""
    files = sorted((root / "tests").rglob("test_*.py"))
    return Known(
        entries=tuple(dict.fromkeys(entry.name for suite in SUITES.values() for entry in suite.entries)),
        functions={str(path.relative_to(root)): tuple(functions(path.read_text())) for path in files},
        proofs=tuple(f"{FORMAL}{proof.name}" for proof in all_proofs()),
        covergroups=tuple(map(covergroup, MODULES)),
        mutated=tuple(f"{MUTATE}{unit.name}" for unit in all_units()),
    )


def functions(source: str) -> Iterator[str]:
    """Yield the names of a file's test functions, of its test classes as Class::name, as pytest finds them."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
            yield node.name
        if isinstance(node, ast.ClassDef) and node.name.startswith("Test"):
            members = (each for each in node.body if isinstance(each, ast.FunctionDef))
            yield from (f"{node.name}::{each.name}" for each in members if each.name.startswith("test"))

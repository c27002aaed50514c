# SPDX-License-Identifier: Apache-2.0
"""What ran: outcomes of tests, simulations and proofs, coverage and records, read from the build folder."""

import xml.etree.ElementTree as ElementTree
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from golden.errors import InputError
from harness.formal import record as formal
from harness.mutate import reasons
from harness.mutate import record as mutation
from harness.regress import results as regress
from harness.regress.results import FAILED, Coverage
from harness.testplan.figures import FAMILIES
from harness.testplan.refs import FORMAL, MUTATE

Outcome = Literal["PASS", "FAIL", "NOT-RUN"]


@dataclass(frozen=True)
class Evidence:
    """What is known of tests, in the forms of refs.py, of coverage, and of records by family."""

    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    coverage: Coverage = field(default_factory=dict)
    records: Mapping[str, Sequence[Any]] = field(default_factory=dict)


def collect(build: Path) -> Evidence:
    """Read everything below the build folder; what does not exist yet did not run. InputError: a malformed file."""
    results = build / "regress" / "results.json"
    regression = regress.read(results) if results.exists() else None
    simulations = [(each.name, of_status(each.status)) for each in regression.results] if regression else []
    return Evidence(
        outcomes=worst([*simulations, *_proofs(build), *_mutants(build), *_tests(build / "test")]),
        coverage=regression.coverage if regression else {},
        records={name: _records(build / family.path, name) for name, family in FAMILIES.items()},
    )


def worst(found: Iterable[tuple[str, Outcome]]) -> dict[str, Outcome]:
    """Return one outcome a test: of several seeds or parameters FAIL wins over PASS, PASS over NOT-RUN."""
    order: tuple[Outcome, ...] = ("NOT-RUN", "PASS", "FAIL")
    total: dict[str, Outcome] = {}
    for name, outcome in found:
        total[name] = max(total.get(name, "NOT-RUN"), outcome, key=order.index)
    return total


def of_status(status: regress.Status) -> Outcome:
    """Return what a simulation's status says: of what was blocked, invalid, waived or not run, nothing is known."""
    return "FAIL" if status in FAILED else "PASS" if status == "PASS" else "NOT-RUN"


def _proofs(build: Path) -> Iterator[tuple[str, Outcome]]:
    found = formal.read(build / "formal" / formal.FILE)
    for each in found.proofs if found else ():
        yield f"{FORMAL}{each.name}", "PASS" if each.good else "FAIL"


def _mutants(build: Path) -> Iterator[tuple[str, Outcome]]:
    """Yield the modules whose mutants were judged: one that no test saw, and has no reason, fails its module."""
    found = mutation.read(build / "mutate" / mutation.FILE)
    known = reasons.read()
    for unit in found.units if found else ():
        if unit.mutants:
            excused = all(known.of(unit.unit, each) for each in unit.survivors)
            yield f"{MUTATE}{unit.unit}", "PASS" if excused else "FAIL"


def _records(path: Path, family: str) -> Sequence[Any]:
    return FAMILIES[family].read(path) if path.exists() else ()


def _tests(folder: Path) -> Iterator[tuple[str, Outcome]]:
    """Yield the cases of every JUnit file of a folder; of a test that several files have the newest counts."""
    cases: dict[str, list[tuple[str, Outcome]]] = {}
    for path in sorted(folder.glob("*.xml"), key=lambda path: path.stat().st_mtime):
        of_file: dict[str, list[tuple[str, Outcome]]] = {}
        for name, outcome in junit(path):
            of_file.setdefault(name, []).append((name, outcome))
        cases.update(of_file)
    for found in cases.values():
        yield from found


def junit(path: Path) -> Iterator[tuple[str, Outcome]]:
    """Yield test function and outcome of every case of a file that pytest wrote. InputError: it cannot be read."""
    try:
        root = ElementTree.parse(path).getroot()
    except (OSError, ElementTree.ParseError) as error:
        raise InputError(f"{path}: cannot be read ({error}); run krait test again") from None
    for case in root.iter("testcase"):
        name = _function(case.get("classname", ""), case.get("name", ""))
        failed = case.find("failure") is not None or case.find("error") is not None
        skipped = case.find("skipped") is not None
        yield name, "FAIL" if failed else "NOT-RUN" if skipped else "PASS"


def _function(classname: str, name: str) -> str:
    """Return tests/a/test_b.py::test_c of what pytest calls tests.a.test_b and test_c[parameters]."""
    module, _, inside = classname.partition(".Test")
    function = name.partition("[")[0]
    return f"{module.replace('.', '/')}.py::{f'Test{inside}::' if inside else ''}{function}"

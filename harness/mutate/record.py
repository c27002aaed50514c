# SPDX-License-Identifier: Apache-2.0
"""What `krait mutate` found, as JSON that the report reads."""

from dataclasses import dataclass
from pathlib import Path

from harness import json_record
from harness.mutate.judge import Outcome, Verdict
from harness.mutate.simulations import Simulator
from harness.provenance import Provenance

SCHEMA = 2
FILE = "results.json"


@dataclass(frozen=True)
class MutantResult:
    """One mutant: number, parameters of the unit, source file and line, what is wrong, and what came of it."""

    number: int
    params: dict[str, int | str | bool]
    file: str
    line: int
    what: str
    outcome: Outcome


@dataclass(frozen=True)
class UnitResult:
    """A unit's mutants, or why they were not judged.

    Attributes:
        unit: module.
        test: file with the tests that judge it, from the repository.
        source: its file, from the repository.
        within: tops of the simulations, where it is not the top itself.
        asked: how many mutants it was to give to the sample.
        simulations: that judge, with the parameters of the sample.
        known: mutants that Yosys listed of its netlists, from which the sample was drawn; 0 if it is wires alone.
        mutants: of the sample.
        unjudged: why there are none, or empty.
    """

    unit: str
    test: str
    source: str
    within: tuple[str, ...]
    asked: int
    simulations: int
    known: int
    mutants: tuple[MutantResult, ...]
    unjudged: str = ""

    def count(self, verdict: Verdict) -> int:
        """Return how many mutants have a verdict."""
        return sum(each.outcome.verdict == verdict for each in self.mutants)

    @property
    def survivors(self) -> tuple[MutantResult, ...]:
        """Return the mutants that no test saw."""
        return tuple(each for each in self.mutants if each.outcome.verdict == "survived")

    @property
    def seconds(self) -> float:
        """Return what the verdicts took when they were made."""
        return sum(each.outcome.seconds for each in self.mutants)


@dataclass(frozen=True)
class Mutation:
    """The units of a run that are done, of so many `modules`, which give a `sample` of mutants together."""

    schema: int
    provenance: Provenance
    sample: int
    modules: int
    seed: int
    sim: Simulator
    units: tuple[UnitResult, ...]

    @property
    def judged(self) -> int:
        """Return how many mutants have a verdict."""
        return sum(len(unit.mutants) for unit in self.units)


def score(units: tuple[UnitResult, ...]) -> float | None:
    """Return the share of mutants, those proved equivalent left out, that the tests saw [%]; None without any."""
    seen = sum(unit.count("killed") + unit.count("timed out") for unit in units)
    total = seen + sum(len(unit.survivors) for unit in units)
    return 100 * seen / total if total else None


def save(folder: Path, results: Mutation) -> Path:
    """Write results.json and return its path. MachineError when it cannot be written."""
    return json_record.write(folder / FILE, results)


def read(path: Path) -> Mutation | None:
    """Read results, None where there are none; InputError names a malformed key."""
    return json_record.read_if_any(Mutation, path, SCHEMA, "krait mutate")

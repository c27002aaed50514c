# SPDX-License-Identifier: Apache-2.0
"""What became of each simulation, as JSON for the report; junit.py writes the same for CI."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from golden.errors import MachineError
from harness import json_record
from harness.atomic import replace_text
from harness.provenance import Provenance
from harness.regress.junit import junit

SCHEMA = 2

Status = Literal["PASS", "FAIL", "FLAKY", "KILLED", "BLOCKED", "INVALID", "WAIVED", "NOT-RUN"]
FAILED = ("FAIL", "FLAKY", "KILLED")
"""Something of ours is wrong: exit code 1."""
UNJUDGED = ("BLOCKED", "INVALID")
"""The machine, a tool or a device is at fault, and nothing is known of the test: exit code 3."""
Coverage = dict[str, dict[str, dict[str, int]]]
"""Covergroup -> coverpoint or cross -> bin -> hits."""


@dataclass(frozen=True)
class Result:
    """One simulation.

    Attributes:
        reason: why it did not pass; empty for one that did.
        signature: what `reason` has in common with others of one cause; empty for one that passed.
        note: what else is known: what the second run gave, which time the waves hold, why it is waived.
        seconds: wall-clock time of the job, both of its runs.
        process_s: of which the simulator's processes ran.
        log: file below the folder of the results; likewise `waves`, empty where there are none.
        repeat: the command that runs it again.
    """

    name: str
    test: str
    config: str
    transport: str
    simulator: str
    seed: int
    items: int
    status: Status
    reason: str
    signature: str
    note: str
    seconds: float
    process_s: float
    sim_ns: float
    log: str
    waves: str
    repeat: str


@dataclass(frozen=True)
class Points:
    """Points of code coverage of one kind: how many were hit, of how many."""

    hit: int
    points: int


@dataclass(frozen=True)
class Regression:
    """A whole run; `code` has code coverage by kind (line, branch, toggle, ...) where --cov asked for it.

    Of the results so many were `kept` from a run of the same sources that was interrupted.
    """

    schema: int
    provenance: Provenance
    seconds: float
    results: tuple[Result, ...]
    coverage: Coverage
    code: dict[str, Points] = field(default_factory=dict)
    kept: int = 0

    @property
    def exit_code(self) -> int:
        """0 all that ran passed; 1 something failed, or nothing ran; 3 the machine kept something from a verdict."""
        statuses = {result.status for result in self.results}
        if statuses & set(FAILED):
            return 1
        if statuses & set(UNJUDGED):
            return 3
        return 0 if "PASS" in statuses else 1


@dataclass(frozen=True)
class Group:
    """Results that did not pass and have status and signature in common, in the order in which they ran."""

    status: Status
    signature: str
    results: tuple[Result, ...]


def groups(results: Iterable[Result]) -> tuple[Group, ...]:
    """Return the failures by status and signature, those with the most results first."""
    found: dict[tuple[Status, str], list[Result]] = {}
    for result in results:
        if result.status not in ("PASS", "NOT-RUN"):
            found.setdefault((result.status, result.signature), []).append(result)
    grouped = (Group(status, signature, tuple(members)) for (status, signature), members in found.items())
    return tuple(sorted(grouped, key=lambda group: -len(group.results)))


def merge(parts: Iterable[Coverage]) -> Coverage:
    """Add the hits of all parts bin by bin; the order of the parts does not matter."""
    total: Coverage = {}
    for part in parts:
        for group, points in part.items():
            for point, bins in points.items():
                sums = total.setdefault(group, {}).setdefault(point, {})
                for name, hits in bins.items():
                    sums[name] = sums.get(name, 0) + hits
    return total


def share(points: dict[str, dict[str, int]]) -> tuple[int, int]:
    """Return how many bins of a covergroup were hit, and how many there are."""
    bins = [hits for point in points.values() for hits in point.values()]
    return sum(hits > 0 for hits in bins), len(bins)


def save(folder: Path, regression: Regression) -> None:
    """Write results.json and junit.xml into `folder`, each whole or not at all. MachineError if it cannot."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        replace_text(folder / "results.json", json.dumps(asdict(regression), indent=1) + "\n")
        replace_text(folder / "junit.xml", junit(regression))
    except OSError as error:
        raise MachineError(
            f"cannot write results to {folder}: {error.strerror or error}; choose another --out"
        ) from error


def read(path: Path) -> Regression:
    """Read results.json. InputError names the file and what is wrong with it."""
    return json_record.read(Regression, path, SCHEMA, "krait regress")

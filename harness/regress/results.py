# SPDX-License-Identifier: Apache-2.0
"""What became of each simulation, as JSON for the report and as JUnit for CI."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

from golden.errors import InputError, MachineError
from golden.spec.strict import decode_schema
from harness.atomic import replace_text
from harness.provenance import Provenance

SCHEMA = 1

Status = Literal["PASS", "FAIL", "NOT-RUN"]
Coverage = dict[str, dict[str, dict[str, int]]]
"""Covergroup -> coverpoint or cross -> bin -> hits."""


@dataclass(frozen=True)
class Result:
    """One simulation. `reason` says why it failed or did not run; `repeat` is the command that runs it again."""

    name: str
    test: str
    config: str
    transport: str
    simulator: str
    seed: int
    items: int
    status: Status
    reason: str
    seconds: float
    sim_ns: float
    log: str
    repeat: str


@dataclass(frozen=True)
class Regression:
    """A whole run."""

    schema: int
    provenance: Provenance
    seconds: float
    results: tuple[Result, ...]
    coverage: Coverage

    @property
    def exit_code(self) -> int:
        """0 all passed, 1 something failed or nothing ran."""
        statuses = [result.status for result in self.results]
        return 0 if "PASS" in statuses and "FAIL" not in statuses else 1


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
        replace_text(folder / "junit.xml", _junit(regression))
    except OSError as error:
        raise MachineError(
            f"cannot write results to {folder}: {error.strerror or error}; choose another --out"
        ) from error


def read(path: Path) -> Regression:
    """Read results.json. InputError names the file and what is wrong with it."""
    try:
        raw = json.loads(path.read_text())
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise InputError(f"{path}: cannot read results ({error}); run krait regress again") from None
    return decode_schema(Regression, raw, path, SCHEMA, "run krait regress again")


def _junit(regression: Regression) -> str:
    results = regression.results
    suite = ElementTree.Element(
        "testsuite",
        name="krait.regress",
        tests=str(len(results)),
        failures=str(sum(result.status == "FAIL" for result in results)),
        skipped=str(sum(result.status == "NOT-RUN" for result in results)),
        errors="0",
        time=f"{regression.seconds:.3f}",
        timestamp=regression.provenance.time_utc.removesuffix("Z"),
    )
    properties = ElementTree.SubElement(suite, "properties")
    for name, value in {"revision": regression.provenance.revision, **regression.provenance.tools}.items():
        ElementTree.SubElement(properties, "property", name=name, value=value)
    for result in results:
        _junit_case(suite, result)
    tree = ElementTree.Element("testsuites")
    tree.append(suite)
    ElementTree.indent(tree)
    return ElementTree.tostring(tree, encoding="unicode", xml_declaration=True) + "\n"


def _junit_case(suite: ElementTree.Element, result: Result) -> None:
    place = f"krait.{result.config}.{result.transport}.{result.simulator}"
    case = ElementTree.SubElement(suite, "testcase", classname=place, name=result.name, time=f"{result.seconds:.3f}")
    properties = ElementTree.SubElement(case, "properties")
    ElementTree.SubElement(properties, "property", name="seed", value=str(result.seed))
    if result.status == "FAIL":
        ElementTree.SubElement(
            case, "failure", message=result.reason
        ).text = f"{result.reason}\nrepeat: {result.repeat}"
    if result.status == "NOT-RUN":
        ElementTree.SubElement(case, "skipped", message=result.reason)

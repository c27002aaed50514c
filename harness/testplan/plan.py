# SPDX-License-Identifier: Apache-2.0
"""What a test plan says: testpoints with their stage and tests, covergroups, numbers to reach."""

from dataclasses import dataclass, field
from typing import Literal

from golden.spec.strict import require

Stage = Literal["V1", "V2", "V3"]
STAGES: tuple[Stage, ...] = ("V1", "V2", "V3")
Kind = Literal["test", "perf"]
Comparison = Literal[">=", "<="]


@dataclass(frozen=True)
class Covergroup:
    """A covergroup of the environment, by its name in results, and what it asks."""

    name: str
    desc: str


@dataclass(frozen=True)
class Point:
    """A testpoint: one thing to show, and what shows it.

    Of kind "test" these are `tests` (refs.py has their forms). Of kind "perf" it is the newest of the `records` of a
    family (figures.py) that has the values that `at` gives for its fields: it must be exact, and reach a number. `goal`
    is the name of one that `krait bench` or `krait synth` judges, or a number of the plan's own with `figure` (a
    property of the record), `comparison` and `unit`; empty, exactness is all.

    Attributes:
        name: unique in its plan.
        stage: by which it has to be shown: V1 it lives, V2 every feature, V3 closed.
        desc: what is to be shown, for people.
        tags: words to find it by; nothing depends on them.
    """

    name: str
    stage: Stage
    desc: str
    tests: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    kind: Kind = "test"
    records: str = ""
    at: dict[str, str] = field(default_factory=dict)
    goal: str | float = ""
    figure: str = ""
    comparison: Comparison = ">="
    unit: str = ""

    def __post_init__(self) -> None:
        """Check what belongs together."""
        perf = self.kind == "perf"
        own = isinstance(self.goal, float)
        require(bool(self.name), "name", self.name, "a name")
        require(not (perf and self.tests), "tests", self.tests, "none in a testpoint of kind perf, which has records")
        require(perf or not (self.records or self.at), "records", self.records, "kind: perf where there are records")
        require(perf or not (own or self.goal), "goal", self.goal, "kind: perf where there is a goal")
        require(not perf or bool(self.records), "records", self.records, "a family of records")
        require(
            own == bool(self.figure), "figure", self.figure, "a figure of the record exactly where goal is a number"
        )
        require(own or not self.unit, "unit", self.unit, "a unit where goal is a number only")


@dataclass(frozen=True)
class Plan:
    """A plan with what it imports: every testpoint and covergroup."""

    name: str
    testpoints: tuple[Point, ...]
    covergroups: tuple[Covergroup, ...]

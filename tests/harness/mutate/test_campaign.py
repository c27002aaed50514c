# SPDX-License-Identifier: Apache-2.0
"""A sample over units: as many mutants as asked, evenly, others in the place of what is missing, kept as it grows."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from harness.mutate import campaign
from harness.mutate.campaign import Campaign
from harness.mutate.record import MutantResult, UnitResult
from harness.mutate.run import Options, Watcher
from harness.mutate.units import Unit
from tests.harness.mutate.toys import FIFO, TOY, mutant

OPTIONS = Options(7, "icarus", 1, Path("nowhere"))


def units(*names: str) -> list[Unit]:
    return [replace(TOY, name=name) for name in names]


def judge(monkeypatch: pytest.MonkeyPatch, most: dict[str, int], bad: Sequence[str] = ()) -> list[tuple[str, int]]:
    """Let units have so many mutants at most, and some fail without a fault; return who was asked for how many."""
    asked = []

    def run(unit: Unit, count: int, _options: Options, _recordings: object, watch: Watcher) -> UnitResult:
        asked.append((unit.name, count))
        given = [mutant(number, "killed") for number in range(1, min(count, most[unit.name]) + 1)]
        for each in given:
            watch(unit, each)
        told = replace(FIFO, unit=unit.name, asked=count, known=most[unit.name], mutants=tuple(given))
        return replace(told, mutants=(), unjudged="it fails") if unit.name in bad else told

    monkeypatch.setattr(campaign, "run", run)
    return asked


def silent(*_: object) -> None:
    """Tell nothing."""


def test_evenly(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each as many; results are by name, and kept whenever a unit is done."""
    judge(monkeypatch, dict.fromkeys("abc", 100))
    kept: list[int] = []
    found = Campaign(units(*"cab"), OPTIONS, silent, lambda found: kept.append(len(found))).run(7)
    assert [each.unit for each in found] == ["a", "b", "c"]
    assert sorted(len(each.mutants) for each in found) == [2, 2, 3]
    assert kept == [1, 2, 3]


def test_fewer_than_units(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some give one; which, the seed draws; the others are not asked."""
    asked = judge(monkeypatch, dict.fromkeys("abcdef", 100))
    found = Campaign(units(*"abcdef"), OPTIONS, silent, silent).run(2)
    assert [len(each.mutants) for each in found] == [1, 1]
    assert len(asked) == 2


def test_wires_and_small_units(monkeypatch: pytest.MonkeyPatch) -> None:
    """Others give what they lack; each mutant is told once."""
    judge(monkeypatch, {"wires": 0, "small": 1, "large": 100})
    told: list[tuple[str, int]] = []

    def watch(unit: Unit, found: MutantResult) -> None:
        told.append((unit.name, found.number))

    found = Campaign(units("wires", "small", "large"), OPTIONS, watch, silent).run(6)
    assert {each.unit: len(each.mutants) for each in found} == {"wires": 0, "small": 1, "large": 5}
    assert sum(each.asked for each in found) == 6
    assert len(told) == len(set(told)) == 6


def test_all_that_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    """A sample that is larger than all units ends with all."""
    judge(monkeypatch, {"a": 1, "b": 2})
    found = Campaign(units("a", "b"), OPTIONS, silent, silent).run(10)
    assert [len(each.mutants) for each in found] == [1, 2]


def test_what_is_not_judged_stays_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody gives in its place what a unit should have given whose tests fail without a fault."""
    judge(monkeypatch, dict.fromkeys("ab", 100), bad="a")
    found = Campaign(units("a", "b"), OPTIONS, silent, silent).run(4)
    assert [(each.asked, len(each.mutants)) for each in found] == [(2, 0), (2, 2)]

# SPDX-License-Identifier: Apache-2.0
"""What a call costs beyond the simulation, with time that is told; records that come back."""

from pathlib import Path

import pytest

from harness.bench import driver_overhead
from harness.bench.driver_overhead import OverheadRecord, line, measure
from tests.harness.samples import PROVENANCE


class Told:
    """Each call takes 250 us of a clock, 100 of them in the simulation, which is entered twice."""

    name = "a board"

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.inside_s, self.entries = 0.0, 0.0, 0
        monkeypatch.setattr("harness.bench.driver_overhead.time.perf_counter", lambda: self.now)

    def call(self) -> None:
        self.now += 250e-6
        self.inside_s += 100e-6
        self.entries += 2


def test_the_simulation_is_taken_off(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """150 us a call are within the goal of 200; a record is read as it was written."""
    found = measure(Told(monkeypatch), PROVENANCE, calls=10, rounds=3)
    assert found.samples_us == pytest.approx((150.0,) * 3)
    assert (found.entries, found.met) == (2.0, True)
    said = "a board: 150 us of the host a call beyond the simulation's 100, which is entered 2 times (goal 200 reached)"
    assert line(found) == said
    driver_overhead.append(tmp_path / "overhead.jsonl", found)
    assert driver_overhead.read(tmp_path / "overhead.jsonl") == (found,)


@pytest.mark.parametrize(("samples", "met"), [((150.0, 201.0, 999.0), False), ((150.0, 200.0, 999.0), True)])
def test_the_median_is_judged(samples: tuple[float, ...], met: bool) -> None:
    """One slow round of a shared machine is no miss."""
    found = OverheadRecord(1, "a board", 10, 2.0, samples, (1.0,), 200.0, PROVENANCE)
    assert found.met == met
    assert ("MISSED" in line(found)) != met

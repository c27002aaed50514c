# SPDX-License-Identifier: Apache-2.0
"""The section on closure: both curves, their figures marked as simulated, what is missing, what is too slow."""

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.cli import app
from harness.closure import record
from harness.closure.grade import Step
from harness.closure.record import Closure
from reports import closure
from reports.document import Chart, Table
from tests.harness.closure.test_record import closed


def paced(ours: int, theirs: int) -> Closure:
    """A closure whose last bin comes after so many cycles, led and random."""
    found = closed()
    assert found.random is not None
    random = replace(found.random, curve=(Step(10, 3), Step(theirs, 24)))
    return replace(found, closure=replace(found.closure, curve=(Step(ours, 24),)), random=random)


def test_a_row_and_a_chart() -> None:
    """Bins, simulations, starts and cycles of both, and how often random's cycles are closure's."""
    table, chart = closure.section((paced(160, 1600),)).blocks
    assert isinstance(table, Table)
    cells = dict(zip((each.title for each in table.columns), (c.text for c in table.rows[0].cells), strict=True))
    assert cells == {
        "kernel": "toy", "seed": "1", "ended by": "goal", "bins": "24", "of": "24", "simulations": "4", "starts": "16",
        "cycles": "160", "minimal": "4", "random's bins": "24", "random's cycles": "1600", "times": "10.0",
    }  # fmt: skip
    assert table.rows[0].source == "simulated"
    assert isinstance(chart, Chart)
    assert [(each.name, each.source, len(each.points)) for each in chart.series] == [
        ("led", "simulated", 1),
        ("random", "simulated", 2),
    ]
    assert (chart.series[1].points[1].x, chart.series[1].points[1].y) == (1600, 24)


def test_what_is_too_slow_or_missing_is_told() -> None:
    """Below five times is a problem, a bound is none; missing bins have a table with what is known of each."""
    assert closure.section((paced(160, 800),)).problems == ()
    (problem,) = closure.section((paced(160, 640),)).problems
    assert problem == "toy: random takes 4.0 times the cycles of closure, at least 5 expected"
    short = closed(cap=2)
    assert short.to_goal == (2.0, True)
    assert closure.section((short,)).problems == ()
    *_, missing = closure.section((closed(odd=True),)).blocks
    assert isinstance(missing, Table)
    assert [[cell.text for cell in each.cells] for each in missing.rows] == [["odd.never", "no knob steers it"]]


def test_without_random_there_is_no_ratio() -> None:
    """n/a, and one curve."""
    table, chart = closure.section((replace(closed(), random=None),)).blocks
    assert isinstance(table, Table)
    assert [cell.text for cell in table.rows[0].cells][-3:] == ["n/a"] * 3
    assert isinstance(chart, Chart)
    assert len(chart.series) == 1


def test_nothing_closed() -> None:
    section = closure.section(())
    assert section.blocks == ()
    assert section.command == "krait cover --compare"


def test_through_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`krait report` reads closure.json of every kernel from the build folder; all three forms have it."""
    monkeypatch.setenv("KRAIT_BUILD", str(tmp_path / "build"))
    folder = tmp_path / "build" / "cover" / "toy"
    folder.mkdir(parents=True)
    record.save(folder, closed())
    done = CliRunner().invoke(app, ["report"])
    assert done.exit_code == 0, done.output
    for name in ("index.html", "report.md", "report.json"):
        assert "How coverage was closed" in (tmp_path / "build" / "report" / name).read_text()

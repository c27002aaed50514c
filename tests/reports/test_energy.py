# SPDX-License-Identifier: Apache-2.0
"""Energy in the report: known powers as figures and curves, and n/a with its reason where nothing measured.

Records are made by the real measurement, over simulated time and a sensor of known power (`boards/power/fakes.py`).
"""

from dataclasses import replace

import pytest

from harness.bench.energy_record import EnergyRecord, unmeasured
from reports import energy, html, svg, text
from reports.document import Chart, Document, Section, Table
from tests.boards.power.test_energy import measured, step
from tests.harness.samples import PROVENANCE


@pytest.fixture(scope="module")
def known() -> EnergyRecord:
    """10 W while idle, 30 W under load; 8 tokens every 0.5 s, 0.4 s of them in the kernel."""
    return measured(step())


def cells(section: Section, index: int = 0) -> dict[str, str]:
    table = section.blocks[0]
    assert isinstance(table, Table)
    return dict(zip((c.title for c in table.columns), (c.text for c in table.rows[index].cells), strict=True))


def charts(section: Section) -> list[Chart]:
    return [block for block in section.blocks if isinstance(block, Chart)]


def test_figures_by_hand(known: EnergyRecord) -> None:
    """30 W * 0.5 s / 8 tokens, 20 W of it above idle, 0.4 s of it in the kernel; measured, with intervals."""
    section = energy.section((known,))
    found = cells(section)
    assert found["J/token"] == "1.875 [1.875, 1.875]"
    assert found["above idle, J/token"] == "1.25 [1.25, 1.25]"
    assert found["as papers, J/token"] == "1.5"
    assert (found["mean, W"], found["idle, W"], found["unprogrammed, W"]) == ("30.00", "10.00", "n/a")
    assert found["verdict"] == "valid"
    assert {row.source for table in section.tables for row in table.rows} == {"measured"}
    assert section.problems == ()


def test_power_over_time(known: EnergyRecord) -> None:
    """Phases stand behind each other under their names; each reading is a point, the discarded ones named."""
    power, _ = charts(energy.section((known,)))
    assert [band.name for band in power.bands] == ["idle", "active"]
    assert known.idle
    assert known.active
    border = known.idle.times[-1]
    assert power.bands[0].end == power.bands[1].begin == border
    points = power.series[0].points
    assert len(points) == len(known.idle.times) + len(known.active.times)
    assert {p.y for p in points if p.x < border - 1} == {10.0}
    assert {p.y for p in points if p.x > border + 1} == {30.0}
    assert {p.text for p in points if border + 2 < p.x} == {""}
    assert [p.text for p in points if p.x < known.discard_s] == ["discarded"] * len([p for p in points if p.x < 2])


def test_energy_over_time(known: EnergyRecord) -> None:
    """30 J a second in total, 20 above idle, from zero; what counts is a band of whole repetitions."""
    _, joules = charts(energy.section((known,)))
    total, above = joules.series
    for series, watts in ((total, 30.0), (above, 20.0)):
        assert series.points[0].y == 0
        seconds = series.points[-1].x - series.points[0].x
        assert series.points[-1].y == pytest.approx(watts * seconds, rel=0.01)
    assert [band.name for band in joules.bands] == ["counted"]


def test_nothing_is_zero_that_nobody_measured() -> None:
    """A virtual board's record says n/a everywhere, with its reason, and draws nothing."""
    virtual = unmeasured("tg8", "decode", "sim:u280", "simulated", 8, PROVENANCE)
    section = energy.section((virtual,))
    found = cells(section)
    assert {found[name] for name in energy.NUMBERS} == {"n/a"}
    assert (found["sensors"], found["verdict"]) == ("n/a", "simulated")
    assert charts(section) == []
    assert energy.section(()).blocks == ()
    assert "n/a" in energy.section(()).empty


def test_an_invalid_measurement_says_so(known: EnergyRecord) -> None:
    """Too short a window is a problem of the section, not a figure to be trusted."""
    short = replace(known, repetitions=known.repetitions[:8])
    section = energy.section((short,))
    assert cells(section)["verdict"] == "INVALID"
    assert any("INVALID: active: the window has" in problem for problem in section.problems)


def test_only_the_newest_is_shown(known: EnergyRecord) -> None:
    table = energy.section((known, replace(known, seed=9), replace(known, workload="pp64"))).blocks[0]
    assert isinstance(table, Table)
    assert len(table.rows) == 2


def test_many_readings_stay_small(known: EnergyRecord) -> None:
    """Curves are one path each in the page, one row each in Markdown."""
    document = Document("t", True, "", (), (energy.section((known,)),))
    page = html.page(document)
    readings = sum(len(series.points) for chart in charts(document.sections[0]) for series in chart.series)
    assert readings > 1000
    assert page.count("<path") == 3
    assert page.count("<circle") == 2, "the rings that mark what the pointer found"
    assert len(text.markdown(document)) < 4000
    assert all(len(svg.picture(chart).marks) for chart in charts(document.sections[0]))

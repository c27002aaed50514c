# SPDX-License-Identifier: Apache-2.0
"""Trends: each figure over revisions with its source, the newest against the one before, in any order of records."""

from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.bench.history import Entry, entry
from reports import history, html
from reports.document import Chart, Document, Table
from reports.history import lines, section
from reports.text import markdown, to_json
from tests.harness.bench.test_trend import baseline, case
from tests.harness.samples import PROVENANCE, record, sample


def replay(cycles: int, minute: int, revision: str, dirty: bool = False, **changes: Any) -> Entry:
    made = replace(PROVENANCE, time_utc=f"2026-11-21T12:{minute:02}:00Z", revision=revision, dirty=dirty)
    return entry("records", record(sample(cycles=cycles), provenance=made, **changes))


HISTORY = (
    replay(300, 1, "aaaaaaaaaa"),
    replay(280, 2, "bbbbbbbbbb"),
    replay(290, 3, "aaaaaaaaaa"),
    replay(310, 4, "bbbbbbbbbb", dirty=True),
    replay(70, 4, "bbbbbbbbbb", memory="model"),
    replay(50, 5, "bbbbbbbbbb", workload="alone"),
    entry("measured", case()),
    entry("baseline", baseline()),
)


def table(*entries: Entry) -> dict[str, list[str]]:
    block = section(entries).blocks[0]
    assert isinstance(block, Table)
    return {", ".join(cell.text for cell in r.cells[1:4]): [cell.text for cell in r.cells] for r in block.rows}


def test_the_newest_figure_against_the_one_before() -> None:
    """Of each revision its newest record; local changes are a revision of their own."""
    found = table(*HISTORY)["tiny, sim sim, ideal memory, cycles"]
    assert found == [
        "slower", "tiny", "sim sim, ideal memory", "cycles", "310 cycles", "bbbbbbbb+", "280 cycles", "bbbbbbbb",
        f"{310 / 280:.4f}", "3",
    ]  # fmt: skip
    assert table(*HISTORY)["alone, sim sim, ideal memory, cycles"][0] == ""


def test_lines_over_revisions() -> None:
    """A chart where several revisions have a figure, a line for each place, revisions by their first record."""
    (chart,) = [block for block in section(HISTORY).blocks if isinstance(block, Chart)]
    assert chart.title == "tiny: cycles"
    assert chart.x.names == ("aaaaaaaa", "bbbbbbbb", "bbbbbbbb+")
    ideal, model = chart.series
    assert (ideal.name, ideal.source) == ("sim sim, ideal memory", "simulated")
    assert [(p.x, p.y) for p in ideal.points] == [(0, 290), (1, 280), (2, 310)]
    assert [(p.x, p.y) for p in model.points] == [(1, 70)]


@settings(deadline=None, max_examples=8)
@given(st.permutations(HISTORY), st.lists(st.sampled_from(HISTORY), max_size=5))
def test_order_and_repetition_do_not_matter(entries: list[Entry], again: list[Entry]) -> None:
    assert section([*again, *entries]) == section(HISTORY)


def test_every_figure_says_its_source() -> None:
    """Measured samples are measured, simulated cycles simulated, in the table and in every line."""
    block = section(HISTORY).blocks[0]
    assert isinstance(block, Table)
    found = {f"{r.cells[1].text}: {r.cells[3].text}": r.source for r in block.rows}
    assert found["tiny: cycles"] == "simulated"
    assert found["random, w.0: cycles"] == found["bitnet-tiny tg2 in PyTorch: time a token"] == "measured"
    assert all(row.source for row in block.rows)


def test_figures_without_a_value_leave_a_gap() -> None:
    """A failed case has no point and n/a in the table."""
    later = replace(PROVENANCE, time_utc="2026-11-22T12:00:00Z", revision="bbbbbbbbbb")
    failed = case(verdict="failed", detail="not done", provenance=later)
    entries = entry("measured", case()), entry("measured", failed)
    assert table(*entries)["random, w.0, vc709 vc709, cycles"][4] == "n/a"
    chart = next(block for block in section(entries).blocks if isinstance(block, Chart))
    assert [len(series.points) for series in chart.series] == [1]


def test_it_goes_into_every_form() -> None:
    """Page, Markdown and JSON have the section; without records it names the command."""
    of = Document("t", True, "", (), (section(HISTORY), replace(section(()), name="none")))
    for form in (html.page, markdown, to_json):
        text = form(of)
        assert "Newest figures" in text
        assert "bbbbbbbb+" in text
        assert "krait bench" in text
    assert lines(()) == ()
    assert history.label(replace(PROVENANCE, dirty=True)) == "c0ffee+"

# SPDX-License-Identifier: Apache-2.0
"""One document in three forms: the page, Markdown and JSON hold the same figures with the same sources."""

import json
import math
import re
from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest

from reports import html, text
from reports.document import (
    Axis,
    Band,
    Bar,
    Bars,
    Card,
    Cell,
    Chart,
    Document,
    Point,
    Section,
    Segment,
    Series,
    Table,
    brief,
    columns,
    number,
    row,
)
from reports.figures import Source
from tests.harness.samples import mamba2_record, record, regression, result, sample, ternary_record

FAILING = result("random_1", status="FAIL", reason="tensor y | row 3 < 5\nand more")
COVERAGE = {"tern_matvec.start": {"w": {"plus": 3, "minus": 0}}}
RECORDS = (record(sample("a.0"), sample("b.0", cycles=2345)), record(memory="model"))
WHOLE = html.document(
    regression(result(), FAILING, coverage=COVERAGE), RECORDS, (), (mamba2_record(),), (ternary_record(),)
)
NAN = math.nan
CHART = Chart(
    "Power",
    Axis("time", "s"),
    Axis("power", "W"),
    (Series("board", "measured", (Point(0, 1.25), Point(1, NAN), Point(2, 3.5, "peak"))),),
    (Band("idle", 0, 1),),
)
BARS = Bars("Shares", (Bar("a bar", "simulated", (Segment("one", 0.25, "25 cycles"), Segment("two", 0.5, "50"))),))
TABLE = Table(
    "T", columns("name, size", "size", size="quoted"), (row("x", Cell("1,234.5 MB", "good"), source="simulated"),)
)
SMALL = Document("a title", True, "a note", (Card("7", "lucky", "", "measured"),), (
    Section("s", "Section", (CHART, BARS, TABLE), problems=("a | problem",)),
    Section("e", "Empty", (), empty="Nothing ran", command="krait bench"),
))  # fmt: skip
FORMS = {"html": html.page, "markdown": text.markdown, "json": text.to_json}


def figures(of: Document) -> Iterator[tuple[str, Source | None]]:
    """Every figure of a document as its reader sees it, with its source."""
    for card in of.cards:
        yield card.text, card.source
    for section in of.sections:
        for table in section.tables:
            for each in table.rows:
                for column, cell in zip(table.columns, each.cells, strict=True):
                    if column.number and cell.text:
                        yield cell.text, column.source or each.source


def visible(form: str, of: Document) -> str:
    """What a form says, without its markup's escapes."""
    written = FORMS[form](of)
    return (
        unescape(written).replace("\\|", "|") if form != "json" else json.dumps(json.loads(written), ensure_ascii=False)
    )


def points(of: Document) -> Iterator[tuple[Chart, Series, Point]]:
    for section in of.sections:
        for block in section.blocks:
            if isinstance(block, Chart):
                yield from ((block, series, point) for series in block.series for point in series.points)


class TestEveryFigure:
    @pytest.mark.parametrize("form", ["html", "markdown"])
    def test_stands_in_the_page_and_in_markdown(self, form: str) -> None:
        """Numbers of tables, cards, charts and bars; none is empty, so that nothing passes by being left out."""
        shown = visible(form, WHOLE)
        found = [figure for figure, _ in figures(WHOLE)]
        assert len(found) > 150
        assert [figure for figure in found if figure not in shown] == []

    def test_stands_in_json(self) -> None:
        """Numbers of tables and cards as texts, those of bars and charts as they are."""
        shown = visible("json", WHOLE)
        plain = [t for s in WHOLE.sections for t in s.blocks if isinstance(t, Table)]
        texts = [c.text for t in plain for r in t.rows for c in r.cells] + [card.text for card in WHOLE.cards]
        assert [each for each in texts if json.dumps(each, ensure_ascii=False)[1:-1] not in shown] == []
        found = [p for c in blocks(WHOLE, "chart") for s in c["series"] for p in s["points"]]
        assert [p[:2] for p in found] == [[p.x, p.y] for _, _, p in points(WHOLE)]
        bars = [b for s in WHOLE.sections for b in s.blocks if isinstance(b, Bars)]
        shares = [part["share"] for each in blocks(WHOLE, "bars") for bar in each["bars"] for part in bar["parts"]]
        assert shares == [part.share for each in bars for bar in each.bars for part in bar.segments]

    def test_says_its_source(self) -> None:
        """Each is measured, simulated, estimated or quoted, by its column or its row; counts of tests and cells too."""
        untagged = {table.title for s in WHOLE.sections for table in s.tables for each in table.rows
                    for column in table.columns if column.number and not (column.source or each.source)}  # fmt: skip
        assert untagged == {""}, "only the list of tests has counts and seeds without a source"

    @pytest.mark.parametrize("form", FORMS)
    def test_carries_that_source_in_every_form(self, form: str) -> None:
        """The small document's four kinds of figure, each beside its source."""
        shown = FORMS[form](SMALL)
        for source in ("measured", "simulated", "quoted"):
            assert source in shown


def blocks(of: Document, kind: str) -> list[dict[str, Any]]:
    found = json.loads(text.to_json(of))
    return [block for section in found["sections"] for block in section["blocks"] if block["kind"] == kind]


def test_markdown_tables_are_whole() -> None:
    """Every row of a table has as many cells as its heading, whatever a reason holds."""
    tables = re.findall(r"(?:^\|.*\n)+", text.markdown(WHOLE), re.M)
    assert len(tables) > 8
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.strip().split("\n")}) == 1, table
    assert "tensor y \\| row 3 &lt; 5 and more" in text.markdown(WHOLE)


def test_json_is_for_programs() -> None:
    """Numbers beside the texts that they begin, gaps as null, what is missing with its command."""
    found = json.loads(text.to_json(SMALL))
    table = blocks(SMALL, "table")[0]
    assert table["rows"][0]["numbers"] == [None, 1234.5]
    assert table["columns"][1]["source"] == "quoted"
    assert blocks(SMALL, "chart")[0]["series"][0]["points"] == [[0, 1.25], [1, None], [2, 3.5, "peak"]]
    assert found["sections"][1]["missing"] == "krait bench"
    assert found["verdict"] == "passed"


def test_markdown_of_charts_and_bars() -> None:
    """Each known point and each part is a row; what is missing is said with its command."""
    shown = text.markdown(SMALL)
    assert "| board | 0 | 1.25 |  | measured |" in shown
    assert "| board | 2 | 3.5 | peak | measured |" in shown
    assert "nan" not in shown
    assert "| a bar | one | 25.0 % | 25 cycles | simulated |" in shown
    assert "Nothing ran: `krait bench`" in shown
    assert "- a \\| problem" in shown


def test_many_points_are_told_in_one_row() -> None:
    """Their number, least, median and greatest; in JSON they stand in full."""
    many = Chart("Many", Axis("n"), Axis("y"), (Series("s", "measured", tuple(Point(i, i) for i in range(101))),))
    rows = many.table().rows
    assert [cell.text for cell in rows[0].cells] == [
        "s",
        "0 .. 100",
        "0 / 50 / 100",
        "101 points: least / median / greatest",
    ]
    assert len(rows) == 1


@pytest.mark.parametrize(
    ("of", "expected"),
    [("12.5 %", 12.5), ("1\u202f234 MHz", 1234.0), (">= 5", None), ("-3", -3.0), ("93 (a paper)", 93.0), ("", None)],
)
def test_numbers_of_texts(of: str, expected: float | None) -> None:
    assert number(of) == expected


def test_short_numbers() -> None:
    assert [brief(v) for v in (1234567.0, 0.123456, 12.3456)] == ["1\u202f234\u202f567", "0.1235", "12.35"]

# SPDX-License-Identifier: Apache-2.0
"""What a report consists of, before it is HTML, Markdown or JSON: sections of tables, charts and bars, every figure
with its source. All three forms are written from one document, so that none says what another does not."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from reports.figures import Source

Tone = Literal["", "good", "bad", "warn"]
Style = Literal["line", "dashed", "points"]
FEW = 64
"""Points of a series up to which each is told in text; of more, their number, least, median and greatest."""


@dataclass(frozen=True)
class Column:
    """A column: its heading, whether it holds numbers, and a source of its own where that is not the row's."""

    title: str
    number: bool = False
    source: Source | None = None


@dataclass(frozen=True)
class Cell:
    """A cell: its text, what it says about the result, and whether it is a command or a name to copy."""

    text: str
    tone: Tone = ""
    code: bool = False


@dataclass(frozen=True)
class Row:
    """A row: cells, and what its figures are; None for a row without figures."""

    cells: tuple[Cell, ...]
    source: Source | None = None


@dataclass(frozen=True)
class Table:
    """A table, with what a reader must know of it, and what is said in place of missing rows."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    note: str = ""
    empty: str = ""


@dataclass(frozen=True)
class Axis:
    """An axis: what it shows and its unit. With `names` its values are 0, 1, .. and stand for them."""

    title: str
    unit: str = ""
    log: bool = False
    names: tuple[str, ...] = ()

    def text(self, value: float) -> str:
        """Return a value as people read it."""
        if self.names:
            return self.names[round(value)]
        return f"{brief(value)} {self.unit}".rstrip()


@dataclass(frozen=True)
class Point:
    """A point of a series; `text` names it where it has a name of its own."""

    x: float
    y: float
    text: str = ""


@dataclass(frozen=True)
class Series:
    """Points in the order of their x; a line ends and begins anew where `y` is not a number."""

    name: str
    source: Source
    points: tuple[Point, ...]
    style: Style = "line"


@dataclass(frozen=True)
class Band:
    """A named range of the x axis."""

    name: str
    begin: float
    end: float


@dataclass(frozen=True)
class Chart:
    """Series over two axes."""

    title: str
    x: Axis
    y: Axis
    series: tuple[Series, ...]
    bands: tuple[Band, ...] = ()
    note: str = ""

    def table(self) -> Table:
        """Return the chart's figures."""
        columns = (Column("series"), Column(_heading(self.x), not self.x.names), Column(_heading(self.y), True))
        rows = [row for series in self.series for row in self._rows(series)]
        return Table(self.title, (*columns, Column("")), tuple(rows), self.note)

    def _rows(self, series: Series) -> Iterable[Row]:
        known = [point for point in series.points if point.y == point.y]
        if len(known) > FEW:
            x = f"{self.x.text(known[0].x)} .. {self.x.text(known[-1].x)}"
            ys = sorted(point.y for point in known)
            y = " / ".join(brief(each) for each in (ys[0], ys[len(ys) // 2], ys[-1]))
            said = f"{len(known)} points: least / median / greatest"
            yield Row((Cell(series.name), Cell(x), Cell(y), Cell(said)), series.source)
            return
        for point in known:
            x = self.x.text(point.x) if self.x.names else brief(point.x)
            yield Row((Cell(series.name), Cell(x), Cell(brief(point.y)), Cell(point.text)), series.source)


@dataclass(frozen=True)
class Segment:
    """A part of a bar: its name, its share of the whole, and the figure behind it as text."""

    name: str
    share: float
    text: str


@dataclass(frozen=True)
class Bar:
    """A bar of parts; what they lack to one stays empty."""

    label: str
    source: Source
    segments: tuple[Segment, ...]


@dataclass(frozen=True)
class Bars:
    """Bars below each other; parts of one name have one colour."""

    title: str
    bars: tuple[Bar, ...]
    note: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The parts' names, in the order of their first appearance."""
        return tuple(dict.fromkeys(segment.name for bar in self.bars for segment in bar.segments))

    def table(self) -> Table:
        """Return the bars' figures."""
        columns = (Column(""), Column("part"), Column("share", True), Column("figure", True))
        rows = [
            Row((Cell(bar.label), Cell(part.name), Cell(f"{100 * part.share:.1f} %"), Cell(part.text)), bar.source)
            for bar in self.bars
            for part in bar.segments
        ]
        return Table(self.title, columns, tuple(rows), self.note)


Block = Table | Chart | Bars


@dataclass(frozen=True)
class Section:
    """A part of the report: its anchor and title, what is wrong, and what it shows; `empty` and the `command` that
    would fill it are said where it has no blocks."""

    name: str
    title: str
    blocks: tuple[Block, ...]
    note: str = ""
    empty: str = ""
    command: str = ""
    problems: tuple[str, ...] = ()

    @property
    def tables(self) -> tuple[Table, ...]:
        """Every figure of the section as tables, those behind charts and bars among them."""
        return tuple(block if isinstance(block, Table) else block.table() for block in self.blocks)


@dataclass(frozen=True)
class Card:
    """A figure of the overview."""

    text: str
    label: str
    tone: Tone = ""
    source: Source | None = None


@dataclass(frozen=True)
class Document:
    """A whole report; `good` is its verdict, `beside` are the files with the same figures."""

    title: str
    good: bool
    note: str
    cards: tuple[Card, ...]
    sections: tuple[Section, ...]
    beside: tuple[str, ...] = ("report.md", "report.json")


def row(*cells: str | Cell, source: Source | None = None) -> Row:
    """Return a row of texts and cells."""
    return Row(tuple(cell if isinstance(cell, Cell) else Cell(cell) for cell in cells), source)


def columns(titles: str, numbers: str = "", **sources: Source) -> tuple[Column, ...]:
    """Return columns of titles with commas between them; `numbers` are the titles of those that hold numbers."""
    right = [each.strip() for each in numbers.split(",")]
    return tuple(
        Column(title, title in right, sources.get(title.replace(" ", "_")))
        for title in (each.strip() for each in titles.split(","))
    )


def brief(value: float) -> str:
    """Return a number with four significant digits, whole ones in full."""
    if value == round(value) and abs(value) < 1e15:
        return f"{value:,.0f}".replace(",", "\u202f")
    return f"{value:.4g}"


def number(text: str) -> float | None:
    """Return the number that a text begins with, None where it begins with none; "12.5 %" is 12.5."""
    found = re.match(r"[+-]?[\d,\u202f]*\.?\d+(e[+-]?\d+)?", text.strip())
    return float(re.sub("[,\u202f]", "", found[0])) if found else None


def _heading(axis: Axis) -> str:
    return f"{axis.title}, {axis.unit}" if axis.unit else axis.title

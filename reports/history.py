# SPDX-License-Identifier: Apache-2.0
"""The report's section of the history: each figure over the revisions that have it, and what the newest one changed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from harness.bench.against import Judgement, judge
from harness.bench.energy import NA
from harness.bench.history import Entry
from harness.bench.trend import Figure, figures
from harness.provenance import Provenance
from reports.document import Axis, Block, Cell, Chart, Point, Row, Section, Series, Table, Tone, brief, columns, row

SHORT = 8
"""Characters of a revision in a chart."""
TONES: Mapping[str, Tone] = {"slower": "bad", "faster": "good", "unknown": "warn"}
NOTE = (
    "Less is better in every figure. Revisions stand in the order of their first record; + marks local changes. Of "
    "several records of a revision the newest is shown. The verdict holds the newest revision against the one before, "
    "as krait bench --against does: simulated cycles exactly, samples by the interval of their ratio."
)


@dataclass(frozen=True)
class Line:
    """One figure over revisions, oldest first; each revision once."""

    figures: tuple[Figure, ...]

    @property
    def newest(self) -> Figure:
        """The last of them."""
        return self.figures[-1]

    @property
    def judgement(self) -> Judgement | None:
        """The newest figure held against the one before; None for a single one."""
        return judge(self.newest, self.figures[-2]) if len(self.figures) > 1 else None


def section(entries: Sequence[Entry]) -> Section:
    """Return a table of the newest figures, and a chart of each workload that several revisions have."""
    found, order = lines(entries), revisions(entries)
    blocks: list[Block] = [_table(found)] if found else []
    for (subject, name), group in groupby(found, key=lambda each: (each.newest.subject, each.newest.name)):
        several = tuple(group)
        if any(len(each.figures) > 1 for each in several):
            blocks.append(_chart(f"{subject}: {name}", several, order))
    return Section("history", "History", tuple(blocks), empty="Nothing has been recorded", command="krait bench")


def lines(entries: Sequence[Entry]) -> tuple[Line, ...]:
    """Return figures by key and revision, the newest of each, whatever the order of the entries."""
    by_key: dict[tuple[str, str, str], dict[str, Figure]] = {}
    for figure in (figure for entry in _inorder(entries) for figure in figures(entry)):
        by_key.setdefault(figure.key, {})[label(figure.made)] = figure
    order = revisions(entries)
    kept = sorted(by_key.items(), key=lambda item: (item[0][0], item[0][2], item[0][1]))
    return tuple(Line(tuple(of[name] for name in order if name in of)) for _, of in kept)


def revisions(entries: Sequence[Entry]) -> tuple[str, ...]:
    """Return the labels of all revisions in the order of their first records."""
    return tuple(dict.fromkeys(label(entry.made) for entry in _inorder(entries)))


def _inorder(entries: Sequence[Entry]) -> list[Entry]:
    return sorted(entries, key=lambda e: (e.made.time_utc, e.id))


def label(made: Provenance) -> str:
    """Return a revision as charts name it."""
    return made.revision[:SHORT] + ("+" if made.dirty else "")


def _table(found: Sequence[Line]) -> Table:
    titles = "verdict, workload, where, figure, newest, revision, before, of revision, ratio, revisions"
    heads = columns(titles, "newest, before, ratio, revisions")
    return Table("Newest figures", heads, tuple(map(_row, found)), NOTE)


def _row(of: Line) -> Row:
    new, judged = of.newest, of.judgement
    old = of.figures[-2] if judged is not None else None
    ratio = None if judged is None else judged.ratio
    around = "" if ratio is None or not ratio.width else f" [{ratio.low:.3f}, {ratio.high:.3f}]"
    return row(
        Cell("") if judged is None else Cell(judged.verdict, TONES.get(judged.verdict, "")),
        new.subject,
        new.place,
        new.name,
        _value(new),
        Cell(label(new.made), code=True),
        "" if old is None else _value(old),
        Cell("" if old is None else label(old.made), code=True),
        (judged.reason if judged else "") if ratio is None else f"{ratio.value:.4f}{around}",
        str(len(of.figures)),
        source=new.source,
    )


def _value(figure: Figure) -> str:
    return NA if figure.interval is None else f"{brief(figure.interval.value)} {figure.unit}"


def _chart(title: str, several: Sequence[Line], order: Sequence[str]) -> Chart:
    held = {label(figure.made) for line in several for figure in line.figures}
    names = [name for name in order if name in held]
    series = tuple(Series(line.newest.place, line.newest.source, tuple(_points(names, line))) for line in several)
    unit = several[0].newest.unit
    values = [point.y for each in series for point in each.points]
    log = bool(values) and min(values) > 0 and max(values) / min(values) > 50
    return Chart(title, Axis("revision", names=tuple(names)), Axis(unit, log=log), series)


def _points(names: Sequence[str], of: Line) -> Iterator[Point]:
    for figure in of.figures:
        interval = figure.interval
        if interval is not None:
            text = "" if not interval.width else f"[{brief(interval.low)}, {brief(interval.high)}]"
            yield Point(names.index(label(figure.made)), interval.value, text)

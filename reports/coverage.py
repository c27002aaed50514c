# SPDX-License-Identifier: Apache-2.0
"""Coverage against goals: by kind and by module, what no test hit, and the annotated source of modules with gaps."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from golden.errors import InputError, MachineError
from harness.atomic import replace_text
from harness.coverage.collect import sources
from harness.coverage.model import KINDS, Kind
from harness.coverage.summary import GOALS, Gap, Summary, Tally, reached
from harness.paths import VERILOG
from reports.document import Block, Cell, Column, Row, Section, Table, columns, row

PAGE = "coverage.html"
"""The annotated source, beside the report."""
TEMPLATES = Path(__file__).parent / "templates"
MOST_GAPS = 500
"""Gaps in a table of the report; the page beside it and `krait coverage gaps --all` have all."""
NOTE = (
    "Points that tests hit which passed, over all runs; hand-written modules only. Shares are of the points that are "
    "not waived. States and arcs (fsm) are those that the logic of the state machines allows outside reset."
)
SOURCE = f" The source of modules with gaps, line by line, is in {PAGE} beside this page."
OTHER_RTL = "the coverage is of other RTL than hw/verilog as it is; run krait regress --cov again"


def section(found: Summary | None) -> Section:
    """Return shares against goals, modules and gaps of a database; how to get one where there is none."""
    command = "krait regress --cov"
    if found is None or not found.totals:
        return Section("gaps", "Coverage and gaps", (), empty="No coverage was recorded", command=command)
    blocks: list[Block] = [_kinds(found), _units(found)]
    wide: tuple[Kind, ...] = ("toggle", "expr")
    blocks += [_open("Open bins", [gap for gap in found.gaps if gap.point.kind == "functional"])]
    blocks += [_open("Open code", [gap for gap in found.gaps if gap.point.kind not in ("functional", *wide)])]
    if not is_here(found):
        return Section("gaps", "Coverage and gaps", tuple(blocks), NOTE, problems=(OTHER_RTL,))
    return Section("gaps", "Coverage and gaps", tuple(blocks), NOTE + SOURCE)


def is_here(found: Summary) -> bool:
    """Whether all runs were on the RTL that is there, so that lines are its lines."""
    return set(found.database.sources) <= {sources()}


def _kinds(found: Summary) -> Table:
    heads = columns("verdict, kind, hit, wanted, share, goal, waived, open", "hit, wanted, share, goal, waived, open")
    rows = tuple(_kind(kind, found.kinds.get(kind, Tally())) for kind in KINDS if kind in found.kinds or kind in GOALS)
    return Table("By kind", heads, rows)


def _kind(kind: Kind, tally: Tally) -> Row:
    goal = GOALS.get(kind)
    verdict = Cell("")
    if not tally.points:
        verdict = Cell("n/a", "warn")
    elif goal is not None:
        verdict = Cell("met", "good") if reached(tally, goal) else Cell("missed", "bad")
    wanted = f"{goal:g} %" if goal is not None else ""
    counts = (
        str(tally.hit),
        str(tally.points - tally.waived),
        _share(tally),
        wanted,
        str(tally.waived),
        str(tally.open),
    )
    return row(verdict, kind, *counts, source="simulated")


def _units(found: Summary) -> Table:
    """Return a row for each module and covergroup, those with the most open points first."""
    kinds = [kind for kind in KINDS if kind in found.kinds]
    heads = (Column("module or covergroup"), *(Column(kind, True) for kind in kinds), Column("open", True))
    ordered = sorted(found.units.items(), key=lambda item: (-sum(t.open for t in item[1].values()), item[0]))
    rows = tuple(
        row(
            Cell(unit, code=True),
            *(_cell(kind, tallies.get(kind, Tally())) for kind in kinds),
            str(sum(tally.open for tally in tallies.values())),
            source="simulated",
        )
        for unit, tallies in ordered
    )
    return Table("By module", heads, rows)


def _cell(kind: Kind, tally: Tally) -> Cell:
    goal = GOALS.get(kind)
    if goal is None or not tally.points:
        return Cell(_share(tally))
    return Cell(_share(tally), "good" if reached(tally, goal) else "bad")


def _share(tally: Tally) -> str:
    return f"{tally.percent:.1f} %" if tally.percent is not None else ("waived" if tally.points else "")


def _open(title: str, gaps: list[Gap]) -> Table:
    rows = tuple(
        row(
            Cell(gap.point.place, code=True),
            gap.point.kind,
            Cell(gap.point.text, code=True),
            Cell(gap.status, "" if gap.waiver else "bad"),
            gap.nearest.name if gap.nearest else "none",
        )
        for gap in gaps[:MOST_GAPS]
    )
    more = f"{len(gaps) - MOST_GAPS} more: krait coverage gaps --all." if len(gaps) > MOST_GAPS else ""
    return Table(title, columns("where, kind, point, status, nearest test"), rows, more, "None.")


# ---- annotated source


@dataclass(frozen=True)
class Line:
    """A line of source: how often it was hit, None where nothing counts it, and what on it was not."""

    number: int
    text: str
    hits: int | None
    gaps: tuple[str, ...]

    @property
    def tone(self) -> str:
        """Whether it is hit whole, in part, or not."""
        if self.hits == 0:
            return "bad"
        return "warn" if self.gaps else ("good" if self.hits else "")


@dataclass(frozen=True)
class Module:
    """A file with gaps."""

    unit: str
    figures: str
    lines: tuple[Line, ...]


def annotated(found: Summary, root: Path = VERILOG) -> tuple[Module, ...]:
    """Return the source of every module with points that are neither hit nor waived. InputError where one is gone."""
    gaps: dict[str, dict[int, list[Gap]]] = defaultdict(lambda: defaultdict(list))
    for gap in found.gaps:
        if gap.waiver is None and gap.point.line:
            gaps[gap.point.unit][gap.point.line].append(gap)
    hits = {(point.unit, point.line): count for point, count in found.totals.items() if point.kind == "line"}
    return tuple(
        Module(unit, _figures(found.units[unit]), tuple(_lines(root, unit, gaps[unit], hits))) for unit in sorted(gaps)
    )


def _figures(kinds: dict[Kind, Tally]) -> str:
    return ", ".join(f"{kind} {_share(tally)}" for kind, tally in kinds.items())


def _lines(root: Path, unit: str, gaps: dict[int, list[Gap]], hits: dict[tuple[str, int], int]) -> Iterator[Line]:
    try:
        texts = (root / unit).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise InputError(
            f"{root / unit}: cannot be read ({error.strerror}), expected a module that has coverage"
        ) from None
    for number, text in enumerate(texts, 1):
        yield Line(number, text, hits.get((unit, number)), tuple(_said(gaps.get(number, []))))


def _said(gaps: list[Gap]) -> Iterator[str]:
    """Yield what is open on a line; edges of one signal are counted, not listed."""
    signals: dict[str, int] = defaultdict(int)
    for gap in gaps:
        if gap.point.kind == "toggle":
            signals[gap.point.scope] += 1
        elif gap.point.kind != "line":
            yield f"{gap.point.kind} {gap.point.text}"
    yield from (f"{signal}: {number} edge{'s' if number > 1 else ''}" for signal, number in signals.items())


def write_page(path: Path, found: Summary) -> None:
    """Write the annotated source of modules with gaps as one page that needs nothing else. MachineError."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    css = (TEMPLATES / "report.css").read_text(encoding="utf-8")
    text = environment.get_template("coverage.html.j2").render(css=css, modules=annotated(found))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_text(path, text)
    except OSError as error:
        raise MachineError(f"cannot write {path}: {error.strerror or error}; choose another --out") from error

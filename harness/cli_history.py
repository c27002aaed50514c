# SPDX-License-Identifier: Apache-2.0
"""`krait bench --against`, `krait report --history`: what a run leaves in the history, how it is judged by it."""

import functools
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness import console
from harness.paths import build_dir

if TYPE_CHECKING:
    from harness.bench.against import Base, Row
    from harness.bench.history import Entry
    from harness.bench.trend import Figure
    from reports.document import Section

Against = Annotated[
    str | None,
    typer.Option(
        help="Then compare with main, a revision, or a file of records or a history: faster, slower, same, unknown. "
        "Exit code 1 if something is slower."
    ),
]
Database = Annotated[
    Path | None, typer.Option(help="The history, SQLite; without it history.sqlite beside the records.")
]
WORDS = {"slower": "more energy", "faster": "less energy"}
"""What verdicts are called where the figure is energy."""
STYLES = {"slower": "red", "faster": "green", "same": "", "unknown": "yellow"}


def remembered(command: Callable[..., None]) -> Callable[..., None]:
    """Let `krait bench` add what it recorded to the history and, with --against, compare it.

    What is wrong with history or counterpart is told before anything is measured. A run that ends with an error is
    added by the next one: its records are in their files.
    """

    @functools.wraps(command)
    def run(*, out: Path | None, against: str | None, database: Path | None, **options: Any) -> None:
        from harness.bench import history

        folder = out or build_dir() / "bench"
        path = database or folder / history.FILE
        before = {entry.id for entry in history.read_folder(folder)}
        if against is not None:
            _base(against, path)
        elif path.exists():
            history.History(path).close()
        code = _exit_code(command, out=out, against=against, database=database, **options)
        made = [entry for entry in remember(folder, path) if entry.id not in before]
        slower = against is not None and show(made, _base(against, path, made))
        raise typer.Exit(max(code, int(slower)))

    return run


def _exit_code(command: Callable[..., None], **options: Any) -> int:
    try:
        command(**options)
    except typer.Exit as end:
        return end.exit_code
    return 0


def remember(folder: Path, path: Path) -> tuple["Entry", ...]:
    """Add the records of a folder to the history, and return them. InputError, MachineError as history.History."""
    from harness.bench import history

    found = history.read_folder(folder)
    with closing(history.History(path)) as database:
        database.add(found)
    return found


def _base(against: str, path: Path, run: Sequence["Entry"] = ()) -> "Base":
    from harness.bench.against import base
    from harness.bench.history import History

    with closing(History(path)) as database:
        return base(against, database, run)


def show(run: Sequence["Entry"], base: "Base") -> bool:
    """Print a run held against what it is compared with; return whether something is slower."""
    from rich.table import Table

    from harness.bench.against import compare, left_out

    if not run:
        console.say(f"against {base.name}: this run recorded nothing")
        return False
    rows = compare(run, base)
    view = Table(title=_plain(f"against {base.name}"), title_justify="left", box=None, pad_edge=False)
    for head in ("verdict", "workload", "where", "figure"):
        view.add_column(head)
    for head in ("now", "before", "ratio"):
        view.add_column(head, justify="right")
    for head in ("before, revision", ""):
        view.add_column(head)
    for row in rows:
        view.add_row(*_cells(row))
    console.table(view)
    absent = sorted({subject for subject, _, _ in left_out(run, base)})
    if absent:
        console.say(f"in {base.name} and not in this run: {'; '.join(absent)}")
    slower = sum(row.fails for row in rows)
    console.say(f"{slower} of {len(rows)} figures slower than in {base.name}")
    return slower > 0


def _cells(row: "Row") -> list[str]:
    from harness.bench.trend import JOULES

    found, base, judged = row.found, row.base, row.judgement
    word = WORDS.get(judged.verdict, judged.verdict) if found.unit == JOULES else judged.verdict
    style = STYLES[judged.verdict]
    reason = judged.reason or ("" if found.judged else "told only: fails nothing")
    ratio = judged.ratio
    around = "" if ratio is None or not ratio.width else f" [{ratio.low:.3f}, {ratio.high:.3f}]"
    texts = (
        found.subject,
        found.place,
        f"{found.name} ({found.source})",
        _value(found),
        "" if base is None else _value(base),
        "" if ratio is None else f"{ratio.value:.4f}{around}",
        "" if base is None else base.made.revision[:10],
        reason,
    )
    return [f"[{style}]{word}[/]" if style else word, *(_plain(text) for text in texts)]


def _value(figure: "Figure") -> str:
    if figure.interval is None:
        return "n/a"
    value = figure.interval.value
    return f"{f'{value:,.1f}'.removesuffix('.0') if value >= 1000 else f'{value:.6g}'} {figure.unit}"


def _plain(text: str) -> str:
    """Text in which brackets are no markup."""
    from rich.markup import escape

    return escape(text)


def trends(records: Path, database: Path | None) -> "Section":
    """Return the report's section of the history beside the records, after adding these."""
    from harness.bench import history
    from reports import history as pages

    path = database or records.with_name(history.FILE)
    remember(records.parent, path)
    with closing(history.History(path)) as opened:
        return pages.section(opened.entries())

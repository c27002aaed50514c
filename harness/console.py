# SPDX-License-Identifier: Apache-2.0
"""What krait shows while it works: `rich` on a terminal, plain lines elsewhere."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.live import Live
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

out = Console(highlight=False, soft_wrap=True)

WIDEST = 1000
"""Characters of a table's line where it is no terminal."""
_STYLE = {
    "PASS": "green",
    "FAIL": "red",
    "FLAKY": "magenta",
    "KILLED": "red",
    "BLOCKED": "yellow",
    "INVALID": "yellow",
    "WAIVED": "cyan",
    "NOT-RUN": "yellow",
}
_BUSY = ("again", "running", "building", "waiting")
ROWS = 20
"""Jobs that are shown at once."""


def error(text: str) -> None:
    """Print one line to standard error."""
    print(f"krait: {' '.join(text.split())}", file=sys.stderr)


def say(text: str) -> None:
    """Print a line as it is."""
    out.print(text, markup=False)


def table(view: Table) -> None:
    """Print a table; where it is no terminal, no cell is broken into lines."""
    place = out if out.is_terminal else Console(highlight=False, width=WIDEST)
    place.print(view)


def style(status: str) -> str:
    """Return the colour of a status."""
    return _STYLE[status]


def write(text: str) -> None:
    """Print a piece of a line at once, as it is."""
    out.file.write(text)
    out.file.flush()


class RunView:
    """Shows what becomes of a regression's jobs: a line for each verdict, on a terminal also those that run now."""

    def __init__(self, total: int) -> None:
        self._started = time.monotonic()
        self._total, self._done = total, 0
        self._now: dict[str, tuple[str, float]] = {}
        self._lock = threading.Lock()
        self._live = Live(get_renderable=self._table, console=out, refresh_per_second=4, transient=True)

    def __enter__(self) -> "RunView":
        """Begin to show, where somebody looks."""
        if out.is_terminal:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Leave the lines of the verdicts alone."""
        if out.is_terminal:
            self._live.stop()

    def __call__(self, name: str, state: str, reason: str) -> None:
        """Show that job `name` is now in `state`."""
        now = time.monotonic()
        with self._lock:
            if state not in _STYLE:
                self._now[name] = state, now
                return
            self._now.pop(name, None)
            self._done += 1
        line = f"{now - self._started:6.1f} s  [{_STYLE[state]}]{state:8}[/] {escape(name)}  {escape(reason)}"
        out.print(line.rstrip())

    def _table(self) -> Table:
        """What runs now, and how much is done."""
        now = time.monotonic()
        table = Table.grid(padding=(0, 2))
        with self._lock:
            jobs, done = sorted(self._now.items(), key=lambda job: _BUSY.index(job[1][0])), self._done
        for name, (state, since) in jobs[:ROWS]:
            table.add_row(f"{now - since:6.1f} s", f"[dim]{state}[/]", escape(name))
        more = f", {len(jobs) - ROWS} more wait" if len(jobs) > ROWS else ""
        table.add_row(f"{now - self._started:6.1f} s", f"{done} of {self._total} done{more}", "")
        return table


@contextmanager
def progress(title: str) -> Iterator["Bar"]:
    """Show a progress bar for the time of the context; on something that is no terminal, nothing."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=out, transient=True, disable=not out.is_terminal) as view:
        yield Bar(view, title)


class Bar:
    """One bar; call it with what is done, what there is and, if it has a name, what comes next."""

    def __init__(self, view: Progress, title: str) -> None:
        self._view, self._title, self._task = view, title, view.add_task(title, total=None)

    def __call__(self, done: int, total: int, what: str = "") -> None:
        """Move the bar."""
        described = f"{self._title}: {what}" if what else self._title
        self._view.update(self._task, completed=done, total=total, description=described)

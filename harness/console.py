# SPDX-License-Identifier: Apache-2.0
"""What krait shows while it works: `rich` on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

out = Console(highlight=False, soft_wrap=True)

WIDEST = 1000
"""Characters of a table's line where it is no terminal."""
_STYLE = {"PASS": "green", "FAIL": "red", "NOT-RUN": "yellow"}


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


def write(text: str) -> None:
    """Print a piece of a line at once, as it is."""
    out.file.write(text)
    out.file.flush()


class RunView:
    """Shows what happens to the entries of a regression, a line for each verdict; all else on a terminal only."""

    def __init__(self) -> None:
        self._started = time.monotonic()

    def __call__(self, name: str, state: str, reason: str) -> None:
        """Show that entry `name` is now in `state`."""
        elapsed = f"{time.monotonic() - self._started:6.1f} s"
        if state in _STYLE:
            out.print(f"{elapsed}  [{_STYLE[state]}]{state:8}[/] {name}  ", end="")
            out.print(reason, markup=False)
        elif out.is_terminal:
            out.print(f"{elapsed}  [dim]{state:8}[/] {name}")


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

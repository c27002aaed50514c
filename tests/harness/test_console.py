# SPDX-License-Identifier: Apache-2.0
"""What a regression shows: lines for people and machines, and on a terminal what runs now."""

import io

import pytest
from rich.console import Console

from harness import console


def shown(monkeypatch: pytest.MonkeyPatch, terminal: bool) -> io.StringIO:
    text = io.StringIO()
    monkeypatch.setattr(
        console, "out", Console(file=text, force_terminal=terminal, width=100, soft_wrap=True, highlight=False)
    )
    return text


def play() -> None:
    with console.RunView(2) as view:
        view("one [x] --seed 1", "building", "")
        view("one [x] --seed 1", "running", "")
        view("one [x] --seed 1", "FLAKY", "row [3] of [bold]y[/]")
        view("two --seed 2", "NOT-RUN", "no Icarus")


def test_elsewhere_verdicts_are_plain_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """One for each, without colours, with brackets as they are; nothing of what runs."""
    text = shown(monkeypatch, False)
    play()
    lines = text.getvalue().splitlines()
    assert [line.split(" s  ")[1] for line in lines] == [
        "FLAKY    one [x] --seed 1  row [3] of [bold]y[/]",
        "NOT-RUN  two --seed 2  no Icarus",
    ]


def test_a_terminal_shows_what_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Name and state of what runs, how much is done; the lines of the verdicts stay above."""
    text = shown(monkeypatch, True)
    with console.RunView(2) as view:
        view("one", "again", "")
        view("two", "building", "")
        view("two", "PASS", "")
        view._live.refresh()
        now = text.getvalue()
    assert "again" in now
    assert "1 of 2 done" in now
    assert "two" in now.split("PASS")[-1].splitlines()[0]


def test_of_many_jobs_the_running_ones_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """A suite of hundreds does not fill the screen, and those that wait give way."""
    text = shown(monkeypatch, True)
    with console.RunView(99) as view:
        for i in range(console.ROWS + 5):
            view(f"waits{i}", "waiting", "")
        view("runs", "running", "")
        view._live.refresh()
        now = text.getvalue()
    assert "runs" in now
    assert "0 of 99 done, 6 more wait" in now


def test_every_status_has_a_colour() -> None:
    """Or its line would never be shown."""
    from typing import get_args

    from harness.regress.results import Status

    assert set(get_args(Status)) == set(console._STYLE)

# SPDX-License-Identifier: Apache-2.0
"""Virtual boards of these tests: locks of their own, so that parallel test processes do not refuse each other; and the
table that the campaign of faults ends with."""

import json

import pytest
from rich.console import Console
from rich.table import Table


@pytest.fixture(autouse=True)
def own_locks(tmp_path, monkeypatch):
    folder = tmp_path / "locks"
    monkeypatch.setenv("KRAIT_LOCKS", str(folder))
    return folder


def pytest_terminal_summary(terminalreporter):
    """Print a row for each fault that was planted: what `test_faults.py` recorded, also of other processes."""
    reports = [each for of in terminalreporter.stats.values() for each in of if getattr(each, "when", "") == "call"]
    rows = [
        (json.loads(value), report.outcome)
        for report in reports
        for name, value in report.user_properties
        if name == "fault"
    ]
    if not rows:
        return
    view = Table("device", "fault", "exit code", "what is told", "resumed", "test", title="Faults, on fakes of drivers")
    for cells, verdict in sorted(rows, key=lambda row: (row[0][1], row[0][0])):
        view.add_row(*map(str, cells), verdict)
    console = Console(file=terminalreporter._tw._file, width=None if terminalreporter.isatty else 200, markup=False)
    console.print(view)

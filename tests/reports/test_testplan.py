# SPDX-License-Identifier: Apache-2.0
"""The report's section on test plans: stages by plan, every testpoint, covergroups, failures on top."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.cli import app
from harness.regress import results
from harness.testplan.evidence import Evidence
from harness.testplan.progress import covered, verdicts
from reports import testplan
from reports.document import Section
from tests.harness.samples import regression, result
from tests.harness.testplan.small import KNOWN, PLAN


def section(evidence: Evidence) -> Section:
    return testplan.section(verdicts((PLAN,), KNOWN, evidence), covered((PLAN,), evidence))


def test_rows() -> None:
    """A stage's share by plan and over all, a row for each testpoint with what it shows, bins of covergroups."""
    outcomes = {"registers": "PASS", "tests/rtl/test_a.py::test_one": "PASS", "formal:a": "FAIL"}
    made = section(Evidence(outcomes, {"kernel.start": {"p": {"a": 1, "b": 0}}}))  # type: ignore[arg-type]
    stages, points, groups = ([[cell.text for cell in row.cells] for row in table.rows] for table in made.tables)
    assert stages == [["small", "1 of 1", "0 of 1", "0 of 1"], ["all", "1 of 1", "0 of 1", "0 of 1"]]
    assert points[0] == ["PASS", "V1", "small", "alive", "It lives.", "2 of 2", ""]
    assert points[2] == ["FAIL", "V3", "small", "proved", "For every input.", "0 of 2", "failed: formal:a"]
    assert groups == [["FAIL", "small", "kernel.start", "What a start looked like.", "1 of 2"]]
    assert made.problems == ("small: proved: failed: formal:a",)
    tones = {row.cells[0].text: row.cells[0].tone for row in made.tables[1].rows}
    assert tones == {"PASS": "good", "NOT-RUN": "warn", "FAIL": "bad"}


def test_nothing_ran() -> None:
    assert section(Evidence()).blocks == ()


def test_through_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`krait report` joins the repository's plans to what lies in the build folder; all three forms have it."""
    monkeypatch.setenv("KRAIT_BUILD", str(tmp_path / "build"))
    results.save(tmp_path / "build" / "regress", regression(result("registers")))
    done = CliRunner().invoke(app, ["report"])
    assert done.exit_code == 0, done.output
    for name in ("index.html", "report.md", "report.json"):
        shown = (tmp_path / "build" / "report" / name).read_text()
        assert "Test plan" in shown
        assert "random_at_pins" in shown

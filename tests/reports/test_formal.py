# SPDX-License-Identifier: Apache-2.0
"""The report's section on proofs: a row for each, its verdict marked, and what is not as declared on top."""

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.cli import app
from harness.formal import record
from harness.formal.sby import Outcome
from reports import formal
from reports.document import Table
from tests.harness.formal.test_record import BOUNDED, FOUND, PROVED


def test_rows() -> None:
    """Unit, parameters, verdict, depth, seconds of both runs, mutant."""
    section = formal.section(FOUND)
    (table,) = section.blocks
    assert isinstance(table, Table)
    titles = [column.title for column in table.columns]
    rows = [dict(zip(titles, (cell.text for cell in row.cells), strict=True)) for row in table.rows]
    assert rows[0] == {
        "proof": "strm_skid", "unit": "strm_skid", "parameters": "DATA_W 2", "laws": "a queue", "found": "proved",
        "cycles": "3", "seconds": "2.5", "mutant": "refuted in cycle 4",
    }  # fmt: skip
    assert (rows[1]["found"], rows[1]["cycles"]) == ("bounded", "14")
    assert section.problems == ()
    assert [column.source for column in table.columns if column.title == "seconds"] == ["measured"]


def test_what_is_not_as_declared() -> None:
    """It is marked bad and stands among the problems: a refuted law, an open induction, a mutant that survives."""
    refuted = replace(BOUNDED, outcome=Outcome("refuted", 5, 1.0, "formal_axi_rd_mover.sv:9"))
    survived = replace(PROVED, mutant=Outcome("bounded", 8, 1.0, ""))
    opened = replace(PROVED, name="open", outcome=Outcome("open", 3, 1.0, ""))
    section = formal.section(replace(FOUND, proofs=(refuted, survived, opened)))
    assert section.problems == (
        "axi_rd_mover: refuted in cycle 5: formal_axi_rd_mover.sv:9; mutant refuted in cycle 4",
        "strm_skid: proved (induction over 3 cycles); mutant not refuted in 8 cycles",
        "open: bounded to 3 cycles, the induction does not close; mutant refuted in cycle 4",
    )
    bad = [cell.text for block in section.tables for row in block.rows for cell in row.cells if cell.tone == "bad"]
    assert bad == ["refuted: formal_axi_rd_mover.sv:9", "not refuted in 8 cycles", "open"]


def test_nothing_proved() -> None:
    section = formal.section(None)
    assert section.blocks == ()
    assert section.command == "krait formal"


def test_through_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`krait report` reads results.json from the build folder; all three forms have it."""
    monkeypatch.setenv("KRAIT_BUILD", str(tmp_path / "build"))
    record.save(tmp_path / "build" / "formal", FOUND)
    done = CliRunner().invoke(app, ["report"])
    assert done.exit_code == 0, done.output
    for name in ("index.html", "report.md", "report.json"):
        shown = (tmp_path / "build" / "report" / name).read_text()
        assert "What was proved" in shown
        assert "axi_rd_mover" in shown

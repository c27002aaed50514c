# SPDX-License-Identifier: Apache-2.0
"""The report's section on faults: scores by module, survivors by source line, what was not judged on top."""

from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from harness.cli import app
from harness.mutate import record
from harness.mutate.reasons import Reason, Reasons
from reports import mutation
from reports.document import Table
from tests.harness.mutate.toys import BAD, FIFO, FOUND


def rows(table: Table) -> list[dict[str, str]]:
    titles = [column.title for column in table.columns]
    return [dict(zip(titles, (cell.text for cell in row.cells), strict=True)) for row in table.rows]


def test_tables() -> None:
    """Counts, score of what is not equivalent, seconds of one verdict; scores are simulated."""
    section = mutation.section(FOUND)
    modules, survivors = (block for block in section.blocks if isinstance(block, Table))
    assert rows(modules) == [{
        "module": "strm_fifo", "within": "", "test": "tests/rtl/test_strm_fifo.py", "mutants": "5", "of": "8922",
        "killed": "2", "timed out": "1", "equivalent": "1", "survived": "1", "score": "75 %", "seconds": "1.5",
    }]  # fmt: skip
    assert {column.title: column.source for column in modules.columns}["score"] == "simulated"
    assert "All modules together: 75.0 %. Judged 5 of a sample of 5 from 1 modules, seed 1, on icarus." in modules.note
    (found,) = rows(survivors)
    assert (found["where"], found["parameters"]) == ("hw/verilog/common/strm_fifo.v:83", "DATA_W 9")
    assert found["again"] == "krait mutate strm_fifo --mutant 8"
    assert section.problems == ()


def test_a_reason_stands_beside_its_survivor() -> None:
    """Of the survivor it speaks of, and it changes no count."""
    reason = Reason("strm_fifo", "else valid_q <= *", "too rare", "2999-01-01", "*stuck at 0")
    section = mutation.section(FOUND, Reasons(survivor=(reason,)))
    assert [found["reason"] for found in rows(section.tables[1])] == ["too rare"]
    assert rows(section.tables[0])[0]["survived"] == "1"
    assert [found["reason"] for found in rows(mutation.section(FOUND).tables[1])] == [""]


def test_without_survivors() -> None:
    """Then there is no table of them, and the score is marked good."""
    good = replace(FIFO, mutants=FIFO.mutants[:2])
    section = mutation.section(replace(FOUND, units=(good,)))
    (table,) = section.blocks
    assert isinstance(table, Table)
    assert [cell.tone for cell in table.rows[0].cells if cell.text == "100 %"] == ["good"]


def test_what_was_not_judged() -> None:
    """It stands among the problems with its reason, and has no score."""
    section = mutation.section(replace(FOUND, units=(FIFO, BAD)))
    assert section.problems == ("strm_skid: not judged: it fails",)
    assert rows(section.tables[0])[1]["score"] == "not judged"


def test_nothing_tried() -> None:
    section = mutation.section(None)
    assert section.blocks == ()
    assert section.command == "krait mutate"


def test_through_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`krait report` reads results.json from the build folder; all three forms have it."""
    monkeypatch.setenv("KRAIT_BUILD", str(tmp_path / "build"))
    record.save(tmp_path / "build" / "mutate", FOUND)
    done = CliRunner().invoke(app, ["report"])
    assert done.exit_code == 0, done.output
    for name in ("index.html", "report.md", "report.json"):
        shown = (tmp_path / "build" / "report" / name).read_text()
        assert "Faults that tests see" in shown
        assert "krait mutate strm_fifo --mutant 8" in shown

# SPDX-License-Identifier: Apache-2.0
"""The report's section on coverage, and the page with the annotated source of modules with gaps."""

from pathlib import Path

import pytest

from golden.errors import InputError, MachineError
from harness.coverage.collect import sources
from harness.coverage.model import Database, of_run
from harness.coverage.summary import Summary
from harness.coverage.waivers import Waiver
from reports import coverage
from reports.document import Section
from tests.harness.coverage.databases import FALLS, FIRST, small

TIED = Waiver("toggle", "common/toy.v", "tied", "2026-12-31", "q[0]:1->0")
TOY = "module toy;\n\nreg q;\nif (a < b) q <= 1; else q <= 0;\nq <= 2;\n"


def rows(section: Section, title: str) -> list[list[str]]:
    (table,) = (table for table in section.tables if table.title == title)
    return [[cell.text for cell in row.cells] for row in table.rows]


def test_kinds_against_goals() -> None:
    """Met, missed, and n/a where there are no points; the waived edge is not wanted."""
    found = rows(coverage.section(Summary(small(), [TIED])), "By kind")
    assert found == [
        ["missed", "line", "1", "2", "50.0 %", "98 %", "0", "1"],
        ["met", "branch", "2", "2", "100.0 %", "98 %", "0", "0"],
        ["met", "toggle", "1", "1", "100.0 %", "90 %", "1", "0"],
        ["n/a", "fsm", "0", "0", "", "100 %", "0", "0"],
        ["missed", "functional", "1", "2", "50.0 %", "100 %", "0", "1"],
    ]


def test_modules_and_gaps() -> None:
    """The module with most gaps first; each open bin and line with the test that comes nearest."""
    section = coverage.section(Summary(small()))
    assert rows(section, "By module") == [
        ["common/toy.v", "50.0 %", "100.0 %", "50.0 %", "", "2"],
        ["Starts", "", "", "", "50.0 %", "1"],
    ]
    assert rows(section, "Open bins") == [["Starts", "functional", "tiles.many", "open", "second --seed 2"]]
    assert rows(section, "Open code") == [["common/toy.v:5", "line", "", "open", "first --seed 1"]]


def test_other_rtl_is_said() -> None:
    """A database of other sources has figures and a problem; one of these sources has none."""
    assert coverage.section(Summary(small())).problems == (coverage.OTHER_RTL,)
    here = of_run(FIRST._replace(sources=sources()), {FALLS: 1})
    assert coverage.section(Summary(here)).problems == ()


@pytest.mark.parametrize("found", [None, Summary(Database())])
def test_nothing_recorded(found: Summary | None) -> None:
    section = coverage.section(found)
    assert (section.blocks, section.command) == ((), "krait regress --cov")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "common").mkdir()
    (tmp_path / "common/toy.v").write_text(TOY)
    return tmp_path


def test_annotated_source(root: Path) -> None:
    """Hits of each line, and what on it is open; what is waived is not told."""
    (module,) = coverage.annotated(Summary(small()), root)
    assert [(line.hits, line.tone, line.gaps) for line in module.lines] == [
        (None, "", ()),
        (None, "", ()),
        (None, "warn", ("q: 1 edge",)),
        (5, "good", ()),
        (0, "bad", ()),
    ]
    waived = coverage.annotated(Summary(small(), [TIED]), root)
    assert [line.gaps for line in waived[0].lines] == [()] * 5
    assert coverage.annotated(Summary(of_run(FIRST, {FALLS: 1})), root) == ()


def test_the_page_needs_nothing_else(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No script, image or address; source is text, not elements; it appears whole or not at all."""
    annotated = coverage.annotated
    monkeypatch.setattr(coverage, "annotated", lambda found: annotated(found, root))
    path = root / "report" / coverage.PAGE
    coverage.write_page(path, Summary(small()))
    text = path.read_text()
    assert "default-src &#39;none&#39;" in text or "default-src 'none'" in text
    assert not any(word in text for word in ("http://", "https://", "src=", "<script", "<link", "url("))
    assert "if (a &lt; b) q &lt;= 1;" in text
    (root / "file").write_text("")
    with pytest.raises(MachineError, match="cannot write"):
        coverage.write_page(root / "file" / "page", Summary(small()))


def test_a_module_that_is_gone_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"common/toy\.v: cannot be read"):
        coverage.annotated(Summary(small()), tmp_path)

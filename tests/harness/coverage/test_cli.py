# SPDX-License-Identifier: Apache-2.0
"""`krait coverage`: exit codes 0, 1 for a missed goal, 2 for what cannot be read; and the old files stay."""

from pathlib import Path

import pytest

from harness.coverage import ucis_file
from harness.coverage.collect import sources
from harness.coverage.model import Database, Run, join, of_run
from tests.command import Krait
from tests.harness.coverage.databases import SOURCES, small

SHARES = "line 50.00 % (1 of 2), branch 100.00 % (2 of 2), toggle 50.00 % (1 of 2)"


def here() -> Database:
    """Return the small database, on the RTL that is there."""
    found = small()
    return Database(found.points, {run._replace(sources=sources()): hits for run, hits in found.runs.items()})


def one(database: Database, test: str) -> Database:
    return Database(database.points, {run: hits for run, hits in database.runs.items() if run.test == test})


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The results folder, with a database of two runs."""
    monkeypatch.setenv("KRAIT_BUILD", str(tmp_path / "build"))
    found = tmp_path / "build" / "regress"
    ucis_file.write(found / ucis_file.NAME, here())
    return found


def test_report_and_goals(krait: Krait, folder: Path) -> None:
    """Shares by kind and unit; a goal that is reached is exit code 0, one that is missed 1 and one line."""
    ran = krait("coverage", "report", "--goal", "branch=100")
    assert ran.code == 0, ran
    assert ran.out.splitlines() == [
        f"all: {SHARES}, functional 50.00 % (1 of 2)",
        "Starts: functional 50.00 % (1 of 2)",
        f"common/toy.v: {SHARES}",
    ]
    missed = krait("coverage", "report", str(folder), "--goal", "branch=98,line=98")
    assert (missed.code, missed.err.count("\n")) == (1, 1)
    assert "line: found 50.00 %, expected 98 %" in missed.err


def test_gaps(krait: Krait, folder: Path) -> None:
    ran = krait("coverage", "gaps", "--kind", "functional")
    assert ran.out.splitlines() == ["Starts: functional tiles.many: open; nearest: second --seed 2", "1 open, 0 waived"]
    assert krait("coverage", "gaps", "--unit", "common/*").out.splitlines()[-1] == "2 open, 0 waived"
    assert krait("coverage", "gaps", "--kind", "guess").code == 2


def test_merge(krait: Krait, folder: Path, tmp_path: Path) -> None:
    """Two files in either order, and one that comes twice, give the database of both."""
    parts = [tmp_path / "a", tmp_path / "b"]
    for path, test in zip(parts, ("first", "second"), strict=True):
        ucis_file.write(path, one(here(), test))
    for index, order in enumerate(([0, 1], [1, 0], [0, 1, 0, 0])):
        out = tmp_path / f"out{index}"
        ran = krait("coverage", "merge", *(str(parts[i]) for i in order), "--out", str(out))
        assert (ran.code, ran.out) == (0, f"2 runs, 8 points: {out}\n")
        assert ucis_file.read(out) == join([here()])


def test_lcov(krait: Krait, folder: Path) -> None:
    assert krait("coverage", "lcov").code == 0
    assert "DA:4,5\nDA:5,0\nLF:2\nLH:1\nend_of_record" in (folder / "coverage.info").read_text()
    bins = Database(frozenset(p for p in here().points if p.kind == "functional"))
    ucis_file.write(folder / ucis_file.NAME, bins)
    assert krait("coverage", "lcov").code == 2, "without code coverage there is nothing to export"


def test_waivers(krait: Krait, folder: Path, tmp_path: Path) -> None:
    """An open edge that is waived is not wanted; a waiver that expired or waives nothing is exit code 2."""
    waiver = '[[waiver]]\nkind = "toggle"\nunit = "common/*.v"\npoint = "{}"\nreason = "tied"\nexpires = "{}"\n'
    path = tmp_path / "w.toml"
    path.write_text(waiver.format("q[0]:1->0", "2999-01-01"))
    ran = krait("coverage", "report", "--waivers", str(path), "--goal", "toggle=100")
    assert (ran.code, "toggle 100.00 % (1 of 1)" in ran.out, "1 waived" in ran.out) == (0, True, True), ran
    for point, expires, said in (("q*", "2020-01-01", "expected 20"), ("gone", "2999-01-01", "found no toggle point")):
        path.write_text(waiver.format(point, expires))
        ran = krait("coverage", "gaps", "--waivers", str(path))
        assert (ran.code, ran.out, ran.err.count("\n"), said in ran.err) == (2, "", 1, True), ran


def test_other_rtl_is_refused(krait: Krait, folder: Path) -> None:
    """Lines of other sources would be other lines: one line, exit code 2, and nothing is written."""
    before = (folder / ucis_file.NAME).read_bytes()
    ucis_file.write(folder.parent / "old", Database(small().points, {Run("old", 1, SOURCES): {}}))
    ran = krait("coverage", "merge", str(folder), str(folder.parent / "old"))
    assert (ran.code, ran.err.count("\n")) == (2, 1)
    assert f"found runs on other RTL ({SOURCES})" in ran.err
    assert (folder / ucis_file.NAME).read_bytes() == before


def test_a_damaged_database_is_exit_code_2(krait: Krait, folder: Path) -> None:
    (folder / ucis_file.NAME).write_bytes(b"SQLite format 3\0 and no more")
    for verb in ("report", "gaps", "lcov", "merge"):
        ran = krait("coverage", verb)
        assert (ran.code, ran.err.count("\n")) == (2, 1), ran
    assert (folder / ucis_file.NAME).read_bytes() == b"SQLite format 3\0 and no more"


def test_the_report_has_it(krait: Krait, folder: Path) -> None:
    """`krait report` shows the database beside the results, and writes the source page where the RTL is that of it."""
    points = {point._replace(unit="common/strm_skid.v") if point.line else point: 1 for point in small().points}
    gap = next(point for point in points if point.line)
    ucis_file.write(folder / ucis_file.NAME, of_run(Run("one", 1, sources()), points | {gap: 0}))
    assert krait("report").code == 0
    report = folder.parent / "report"
    assert "Coverage and gaps" in (report / "report.md").read_text()
    assert "module strm_skid" in (report / "coverage.html").read_text()
    (report / "coverage.html").unlink()
    ucis_file.write(folder / ucis_file.NAME, small())
    assert krait("report").code == 0
    assert "coverage is of other RTL" in (report / "report.md").read_text()
    assert not (report / "coverage.html").exists()

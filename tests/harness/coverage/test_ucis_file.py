# SPDX-License-Identifier: Apache-2.0
"""The database on disk: what is written is read, pyucis reads it too, and no failure costs the old file."""

import sqlite3
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from golden.errors import InputError, MachineError
from harness.coverage import ucis_file
from harness.coverage.model import Database, join
from tests.harness.coverage.databases import ALL, databases, small

few = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@few
@given(databases(), databases())
def test_what_is_written_is_read(tmp_path: Path, a: Database, b: Database) -> None:
    """Any database, texts with quotes among them; and joining files is joining databases."""
    one, two, both = (tmp_path / name for name in ("one", "two", "both"))
    ucis_file.write(one, a)
    ucis_file.write(two, b)
    assert ucis_file.read(one) == a
    ucis_file.write(both, join([ucis_file.read(two), ucis_file.read(one)]))
    assert ucis_file.read(both) == join([a, b])


def test_pyucis_reads_it(tmp_path: Path) -> None:
    """As scopes of the standard's kinds with items and tests: a covergroup with its coverpoint, a module's signals."""
    from ucis.cover_type_t import CoverTypeT
    from ucis.scope_type_t import ScopeTypeT
    from ucis.sqlite.sqlite_ucis import SqliteUCIS

    path = tmp_path / ucis_file.NAME
    ucis_file.write(path, small())
    assert sorted(each.name for each in tmp_path.iterdir()) == [ucis_file.NAME]
    ucis = SqliteUCIS(str(path))
    home, module = ucis.scopes(ScopeTypeT.INSTANCE)
    (group,) = home.scopes(ScopeTypeT.COVERGROUP)
    (point,) = group.scopes(ScopeTypeT.COVERPOINT)
    assert (group.getScopeName(), point.getScopeName()) == ("Starts", "tiles")
    assert [(i.getName(), i.getCoverData().data) for i in point.coverItems(CoverTypeT.ALL)] == [("many", 0), ("one", 1)]
    (signal,) = module.scopes(ScopeTypeT.TOGGLE)
    assert (module.getScopeName(), signal.getScopeName()) == ("toy", "q")
    assert sorted((h.getLogicalName(), h.getSeed()) for h in ucis.historyNodes()) == [("first", "1"), ("second", "2")]
    assert sum(1 for each in module.scopes(-1) for _ in each.coverItems(-1)) == len(ALL) - 2
    ucis.close()
    assert ucis_file.read(path) == small(), "reading it with pyucis leaves it as it was"


@pytest.mark.parametrize("content", [b"", b"hello\n", b"SQLite format 3\0" + b"\0" * 200])
def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad"
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"bad: found no UCIS database \(.*run krait regress again"):
        ucis_file.read(path)
    assert path.read_bytes() == content


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="none: no such coverage database; run krait regress again"):
        ucis_file.read(tmp_path / "none")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        ("UPDATE coveritems SET cover_data = cover_data + 1 WHERE cover_id = 2", "do not add up"),
        ("DELETE FROM coveritem_tests WHERE cover_id = 3", "do not add up"),
        ("UPDATE coveritems SET cover_type = 12345", "12345"),
        ("UPDATE history_nodes SET seed = 'x'", "invalid literal"),
        ("UPDATE db_metadata SET value = 'another program' WHERE key = 'WRITTEN_BY'", "written by 'another program'"),
        ("DROP TABLE files", "no such table"),
    ],
)
def test_damage_is_one_line(tmp_path: Path, damage: str, said: str) -> None:
    """A total that is not the sum of its runs, a lost row, an unknown kind: refused, and the file stays."""
    path = tmp_path / "coverage"
    ucis_file.write(path, small())
    with sqlite3.connect(path) as connection:
        connection.execute(damage)
    with pytest.raises(InputError, match=f"coverage: the coverage database is malformed.*{said}") as caught:
        ucis_file.read(path)
    assert "\n" not in str(caught.value)
    assert path.is_file()


def test_a_failed_write_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the disk is full half way, the old database is whole, and nothing else lies beside it."""
    path = tmp_path / "coverage"
    ucis_file.write(path, small())
    before = path.read_bytes()
    pages = 70
    fill = ucis_file._write_points

    def full(ucis, database):
        ucis.conn.execute(f"PRAGMA max_page_count = {pages}")
        return fill(ucis, database)

    monkeypatch.setattr(ucis_file, "_write_points", full)
    many = frozenset(
        small().points | {p._replace(line=n, name=f"{p.name}{'x' * 200}") for p in ALL for n in range(500)}
    )
    with pytest.raises(MachineError, match=r"coverage: the coverage database cannot be written .*full"):
        ucis_file.write(path, Database(many))
    assert path.read_bytes() == before
    assert [each.name for each in tmp_path.iterdir()] == ["coverage"]


def test_a_folder_that_is_a_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(MachineError, match="cannot be written"):
        ucis_file.write(tmp_path / "file" / "coverage", small())

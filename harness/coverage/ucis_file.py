# SPDX-License-Identifier: Apache-2.0
"""A database as a UCIS database of pyucis, in its SQLite form.

pyucis makes the file, its schema and the scopes; items, runs and hits are rows of that schema, written many at a time:
one call of its interface takes three statements, and a design has some hundred thousand points. Its own merge is not
used: it adds the hits of a run that is there already, and so counts it twice.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from itertools import groupby
from pathlib import Path
from typing import Any

from golden.errors import InputError, MachineError
from harness.coverage.model import Database, Kind, Point, Run

NAME = "coverage.ucisdb"
WRITER = "krait coverage 1"
"""Who wrote a file, and in which form; of others nothing is read."""
NAMED: tuple[Kind, ...] = ("toggle", "fsm", "functional")
"""Kinds whose points belong to a scope with a name of its own."""
_AGAIN = "run krait regress again"
_HISTORY = (
    "INSERT INTO history_nodes (history_id, history_kind, logical_name, physical_name, seed) VALUES (?, ?, ?, ?, ?)"
)
_FILES = "INSERT INTO files (file_id, file_path) VALUES (?, ?)"
_ITEMS = (
    "INSERT INTO coveritems (cover_id, scope_id, cover_index, cover_type, cover_name, cover_data, source_file_id, "
    "source_line, source_token) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_HITS = "INSERT INTO coveritem_tests (cover_id, history_id, count_contribution) VALUES (?, ?, ?)"
_READ = (
    "SELECT c.cover_id, c.cover_type, c.cover_name, c.cover_data, c.source_line, c.source_token, s.scope_name, "
    "p.scope_name, f.file_path FROM coveritems c JOIN scopes s ON s.scope_id = c.scope_id "
    "JOIN scopes p ON p.scope_id = s.parent_id LEFT JOIN files f ON f.file_id = c.source_file_id"
)


def _types() -> dict[Kind, tuple[int, int]]:
    """Return UCIS' types of scope and item for each kind."""
    from ucis.cover_type_t import CoverTypeT as Item
    from ucis.scope_type_t import ScopeTypeT as Scope

    return {
        "line": (Scope.BLOCK, Item.STMTBIN),
        "branch": (Scope.BRANCH, Item.BRANCHBIN),
        "toggle": (Scope.TOGGLE, Item.TOGGLEBIN),
        "expr": (Scope.EXPR, Item.EXPRBIN),
        "fsm": (Scope.FSM, Item.FSMBIN),
        "user": (Scope.COVER, Item.COVERBIN),
        "functional": (Scope.COVERPOINT, Item.CVGBIN),
    }


def write(path: Path, database: Database) -> None:
    """Write a database to `path` by way of a temporary name: a reader sees the old file or the new one.

    Raises:
        MachineError: it cannot be written; an old file stays as it was, and nothing else is left behind.
    """
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        scratch.unlink(missing_ok=True)
        _fill(scratch, database)
        scratch.replace(path)
    except (OSError, sqlite3.Error) as error:
        raise MachineError(
            f"{path}: the coverage database cannot be written ({error}); make room or choose another --out"
        ) from error
    finally:
        for rest in ("", "-wal", "-shm", "-journal"):
            with suppress(OSError):
                scratch.with_name(scratch.name + rest).unlink()


def _fill(path: Path, database: Database) -> None:
    from ucis.history_node_kind import HistoryNodeKind
    from ucis.sqlite.sqlite_ucis import SqliteUCIS

    with closing(SqliteUCIS(str(path))) as ucis:
        ucis.setWrittenBy(WRITER)
        ucis.conn.commit()
        ucis.conn.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
        numbers = _write_points(ucis, database)
        rows = [
            (i, int(HistoryNodeKind.TEST), r.test, r.sources, str(r.seed))
            for i, r in enumerate(sorted(database.runs), 1)
        ]
        ucis.conn.executemany(_HISTORY, rows)
        for index, run in enumerate(sorted(database.runs), 1):
            hits = database.runs[run]
            ucis.conn.executemany(
                _HITS, ((numbers[point], index, hits[point]) for point in sorted(hits) if hits[point])
            )


def _write_points(ucis: Any, database: Database) -> dict[Point, int]:
    """Write scopes and items; return the number of each point's item."""
    totals = database.totals()
    files = {unit: i for i, unit in enumerate(sorted({p.unit for p in totals if p.kind != "functional"}), 1)}
    ucis.conn.executemany(_FILES, ((number, unit) for unit, number in files.items()))
    numbers: dict[Point, int] = {}
    for scope, kind, points in _scopes(ucis, totals):
        item = int(_types()[kind][1])
        rows = []
        for index, p in enumerate(points):
            numbers[p] = len(numbers) + 1
            rows.append((numbers[p], scope, index, item, p.name, totals[p], files.get(p.unit), p.line, p.column))
        ucis.conn.executemany(_ITEMS, rows)
    return numbers


def _scopes(ucis: Any, totals: dict[Point, int]) -> Iterator[tuple[int, Kind, list[Point]]]:
    """Make a scope for each module and covergroup, in it one for each signal, coverpoint or kind; yield its points.

    Covergroups stand in an instance of their own, where pyucis' reports look for them.
    """
    from ucis.scope_type_t import ScopeTypeT
    from ucis.source_t import SourceT

    types = _types()
    tests = ucis.createScope("tests", None, 1, SourceT.OTHER, ScopeTypeT.INSTANCE, 0)
    for (unit, functional), of_unit in _grouped(totals, lambda p: (p.unit, p.kind == "functional")):
        outer = ScopeTypeT.COVERGROUP if functional else ScopeTypeT.INSTANCE
        language = SourceT.OTHER if functional else SourceT.VLOG
        parent = (tests if functional else ucis).createScope(
            unit if functional else Path(unit).stem, None, 1, language, outer, 0
        )
        for (kind, scope), points in _grouped(of_unit, lambda p: (p.kind, p.scope)):
            child = parent.createScope(scope if kind in NAMED else kind, None, 1, language, types[kind][0], 0)
            yield child.scope_id, kind, points


def _grouped(points: Any, key: Any) -> Iterator[tuple[Any, list[Point]]]:
    for name, members in groupby(sorted(points, key=lambda p: (key(p), p)), key):
        yield name, list(members)


def read(path: Path) -> Database:
    """Return the database in a file that `write` wrote.

    Raises:
        InputError: there is none, it is damaged, or another program wrote it; names the file and what was found.
    """
    from ucis.sqlite import schema_manager
    from ucis.sqlite.sqlite_ucis import SqliteUCIS

    if not path.is_file():
        raise InputError(f"{path}: no such coverage database; {_AGAIN}")
    valid, why = schema_manager.is_pyucis_database(str(path))
    if not valid:
        raise InputError(f"{path}: found no UCIS database ({why}), expected one of krait; {_AGAIN}")
    with _refused(path), closing(SqliteUCIS.open_readonly(str(path))) as ucis:
        if ucis.getWrittenBy() != WRITER:
            raise ValueError(f"written by {ucis.getWrittenBy()!r}, expected {WRITER!r}")
        return _database(ucis.conn)


@contextmanager
def _refused(path: Path) -> Iterator[None]:
    """Turn what is wrong with a file into one line."""
    try:
        yield
    except (sqlite3.Error, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path}: the coverage database is malformed ({error}); {_AGAIN}") from None


def _database(connection: sqlite3.Connection) -> Database:
    points, totals = _read_points(connection)
    runs: dict[int, Run] = {}
    for number, test, hashed, seed in connection.execute(
        "SELECT history_id, logical_name, physical_name, seed FROM history_nodes"
    ):
        runs[number] = Run(test, int(seed), hashed)
    hits: dict[Run, dict[Point, int]] = {run: {} for run in runs.values()}
    for item, number, count in connection.execute(
        "SELECT cover_id, history_id, count_contribution FROM coveritem_tests"
    ):
        hits[runs[number]][points[item]] = count
    database = Database(frozenset(points.values()), hits)
    if len(hits) != len(runs) or database.totals() != totals:
        raise ValueError("the hits of its runs do not add up to its totals")
    return database


def _read_points(connection: sqlite3.Connection) -> tuple[dict[int, Point], dict[Point, int]]:
    """Return points by the number of their item, and their totals."""
    kinds: dict[int, Kind] = {int(item): kind for kind, (_, item) in _types().items()}
    points: dict[int, Point] = {}
    totals: dict[Point, int] = {}
    for number, item, name, count, line, column, scope, parent, file in connection.execute(_READ):
        kind = kinds[item]
        own = scope if kind in NAMED else ""
        point = Point(kind, parent if kind == "functional" else file, line, column, own, name)
        points[number], totals[point] = point, count
    if len(points) != len(totals):
        raise ValueError("a point stands in it twice")
    return points, totals

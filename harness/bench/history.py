# SPDX-License-Identifier: Apache-2.0
"""The history: every benchmark record that was made, in one SQLite file beside the files that `krait bench` appends to.

A record is kept as it was written, under the hash of its content, so that the same record twice is one row whatever
the order. Figures are computed when they are shown and never stored, as everywhere with records. Writers take turns
(write-ahead log, one transaction a call), and what was added is on disk when the call returns.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import MISSING, asdict, dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any

from golden.errors import InputError, MachineError
from golden.spec.strict import decode
from harness.atomic import locked
from harness.bench import baseline_record, driver_overhead, energy_record, jsonl, measured, model_record, record, speed
from harness.bench.baseline_record import BaselineRecord
from harness.bench.driver_overhead import OverheadRecord
from harness.bench.energy_record import EnergyRecord
from harness.bench.mamba2_record import Mamba2Record
from harness.bench.measured import CaseRecord
from harness.bench.record import Record
from harness.bench.speed import SpeedRecord
from harness.bench.ternary_record import TernaryRecord
from harness.provenance import Provenance

FILE = "history.sqlite"
"""Name of the database, beside the files of records."""
SCHEMA = 1
APPLICATION = int.from_bytes(b"krai", "big")
"""SQLite's application_id, by which a database of krait's is told from another program's."""
BUSY_S = 30.0
"""How long a writer waits for another one."""
_HEADER = b"SQLite format 3\0"
_DAMAGED = (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR)
_TABLE = """CREATE TABLE record (
    id TEXT PRIMARY KEY NOT NULL,
    family TEXT NOT NULL,
    schema INTEGER NOT NULL,
    revision TEXT NOT NULL,
    dirty INTEGER NOT NULL,
    time_utc TEXT NOT NULL,
    line TEXT NOT NULL
)"""


@dataclass(frozen=True)
class Family:
    """Records of one kind: the name of their file without its ending, the dataclass, and its schema."""

    name: str
    kind: type
    schema: int

    @property
    def file(self) -> str:
        """Name of the file that `krait bench` appends them to."""
        return f"{self.name}.jsonl"

    def has(self, keys: Iterable[str]) -> bool:
        """Whether an object with these keys can be such a record."""
        needed = {f.name for f in fields(self.kind) if f.default is MISSING and f.default_factory is MISSING}
        return needed <= set(keys) <= {f.name for f in fields(self.kind)}


FAMILIES = (
    Family("records", Record, record.SCHEMA),
    Family("mamba2", Mamba2Record, model_record.SCHEMA),
    Family("ternary", TernaryRecord, model_record.SCHEMA),
    Family("measured", CaseRecord, measured.SCHEMA),
    Family("energy", EnergyRecord, energy_record.SCHEMA),
    Family("baseline", BaselineRecord, baseline_record.SCHEMA),
    Family("speed", SpeedRecord, speed.SCHEMA),
    Family("overhead", OverheadRecord, driver_overhead.SCHEMA),
)
BY_NAME = {family.name: family for family in FAMILIES}


@dataclass(frozen=True)
class Entry:
    """A record as it was written: its family, and its JSON with sorted keys; `where` it stands, for errors.

    The hash of both is what makes two entries one. It is of what was written and not of what is read, so that a field
    that a later krait adds with a default makes no second entry of an old record.
    """

    family: str
    line: str
    where: Path = field(default=Path("record"), compare=False)

    @cached_property
    def id(self) -> str:
        """Hash of family and content."""
        return hashlib.sha256(f"{self.family}\n{self.line}".encode()).hexdigest()

    @cached_property
    def raw(self) -> dict[str, Any]:
        """The record as JSON. InputError: it is no table."""
        found = jsonl.parsed(self.where, self.line)
        if not isinstance(found, dict):
            raise InputError(f"{self.where}: found no table, expected a record that krait bench wrote")
        return found

    @cached_property
    def made(self) -> Provenance:
        """Where the record came from. InputError: it does not say so."""
        return decode(Provenance, self.raw.get("provenance"), self.where)

    @cached_property
    def record(self) -> Any:
        """The record. InputError names the key that is wrong."""
        return decode(BY_NAME[self.family].kind, self.raw, self.where)


def entry(family: str, record: Any) -> Entry:
    """Return the entry of a record."""
    return Entry(family, _text(asdict(record)))


def _text(raw: Any) -> str:
    return json.dumps(raw, sort_keys=True, separators=(",", ":"))


class History:
    """An open database, made where there is none.

    Raises:
        InputError: the file is no database of krait's, is damaged, or was written by a newer krait.
        MachineError: it cannot be opened or made.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with _explained(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None)
            try:
                with locked(path):  # SQLite does not wait where two processes turn the log on at once
                    self._prepare()
            except BaseException:
                self._db.close()
                raise

    def _prepare(self) -> None:
        application, version = (self._one(f"PRAGMA {name}") for name in ("application_id", "user_version"))
        if (application, version, self._one("SELECT count(*) FROM sqlite_master")) != (0, 0, 0):
            _check_kind(self.path, application, version)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        if not application:
            with self._transaction():
                self._db.execute(_TABLE)
                self._db.execute(f"PRAGMA application_id={APPLICATION}")
                self._db.execute(f"PRAGMA user_version={SCHEMA}")

    def close(self) -> None:
        """Close the database."""
        self._db.close()

    def add(self, entries: Iterable[Entry]) -> int:
        """Add entries, all of them or none, and return how many were new. MachineError: it cannot be written."""
        rows = [
            (e.id, e.family, e.raw["schema"], e.made.revision, e.made.dirty, e.made.time_utc, e.line) for e in entries
        ]
        with _explained(self.path), self._transaction():
            before = self._db.total_changes
            self._db.executemany("INSERT INTO record VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT(id) DO NOTHING", rows)
            return self._db.total_changes - before

    def entries(self) -> tuple[Entry, ...]:
        """Return all entries that this krait knows the schema of, oldest first. InputError: the file is damaged."""
        with _explained(self.path):
            rows = self._db.execute("SELECT id, family, schema, line FROM record ORDER BY time_utc, id").fetchall()
        return tuple(
            Entry(family, line, Path(f"{self.path}, record {name[:12]}"))
            for name, family, schema, line in rows
            if family in BY_NAME and BY_NAME[family].schema == schema
        )

    def _one(self, query: str) -> int:
        (value,) = self._db.execute(query).fetchone()
        return int(value)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise


def _check_kind(path: Path, application: int, version: int) -> None:
    if application != APPLICATION:
        raise InputError(f"{path}: found another program's database, expected krait's history; name another --database")
    if version != SCHEMA:
        raise InputError(
            f"{path}: found schema {version} of the history, expected {SCHEMA}; use the krait that made it"
        )


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turn errors of SQLite and of the file system into one line."""
    try:
        yield
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED:
            raise InputError(
                f"{path}: found a damaged history or none ({error}); move it away, krait bench makes it anew from the "
                "records beside it"
            ) from None
        raise MachineError(f"{path}: the history cannot be used ({error}); check space and rights") from error
    except OSError as error:
        raise MachineError(f"{path}: the history cannot be used ({error.strerror}); check space and rights") from error


def read_folder(folder: Path) -> tuple[Entry, ...]:
    """Return all records of the files that `krait bench` appends to, those of other schemas left out.

    Raises InputError: a line is malformed; it is named.
    """
    found = []
    for family in FAMILIES:
        path = folder / family.file
        for number, line in jsonl.whole_lines(path) if path.exists() else ():
            raw = jsonl.parsed(where := Path(f"{path}:{number}"), line)
            if not isinstance(raw, dict) or raw.get("schema") == family.schema:
                found.append(_checked(Entry(family.name, _text(raw), where)))
    return tuple(found)


def read_file(path: Path) -> tuple[Entry, ...]:
    """Return all records of a file of any family, or of a database. InputError: it is neither, or malformed."""
    try:
        with path.open("rb") as handle:
            database = handle.read(len(_HEADER)) == _HEADER
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); expected records or a history") from None
    if database:
        history = History(path)
        try:
            return history.entries()
        finally:
            history.close()
    return tuple(_read_line(Path(f"{path}:{number}"), line) for number, line in jsonl.whole_lines(path))


def _read_line(where: Path, line: str) -> Entry:
    raw = jsonl.parsed(where, line)
    family = next((f for f in FAMILIES if isinstance(raw, dict) and f.has(raw)), None)
    if family is None:
        raise InputError(f"{where}: found no record of a kind that is compared; expected what krait bench wrote")
    if raw["schema"] != family.schema:
        raise InputError(f"{where}: schema: found {raw['schema']!r}, expected {family.schema}; bench again")
    return _checked(Entry(family.name, _text(raw), where))


def _checked(found: Entry) -> Entry:
    """Return an entry that has a record's keys and says where it came from; InputError: another one."""
    if not BY_NAME[found.family].has(found.raw):
        _ = found.record  # says which key is wrong
    _ = found.made
    return found

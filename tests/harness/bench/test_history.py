# SPDX-License-Identifier: Apache-2.0
"""The history: each record once, whatever the order, the writers and what kills them; damage is one line."""

import json
import multiprocessing
import os
import random
import signal
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golden.errors import InputError, MachineError
from harness.bench import history, jsonl
from harness.bench import record as records
from harness.bench.history import Entry, History, entry
from harness.bench.speed import SpeedRecord
from tests.harness.samples import PROVENANCE, mamba2_record, overhead, record, sample, ternary_record

FORK = multiprocessing.get_context("fork")


def made(second: int, **changes: Any) -> Entry:
    """A replay that was recorded at a second of a minute."""
    provenance = replace(PROVENANCE, time_utc=f"2026-11-21T12:{second // 60:02}:{second % 60:02}Z")
    return entry("records", record(sample(cycles=200 + second), provenance=provenance, **changes))


MANY = (*map(made, range(6)), entry("mamba2", mamba2_record()), entry("ternary", ternary_record()))


def held(path: Path) -> tuple[Entry, ...]:
    with closing(History(path)) as database:
        return database.entries()


@settings(deadline=None, max_examples=15)
@given(st.lists(st.sampled_from(MANY), max_size=12), st.integers(1, 4))
def test_order_and_repetition_do_not_matter(tmp_path_factory: Any, drawn: list[Entry], parts: int) -> None:
    """Any order, in any pieces, any number of times: the entries are the different ones, oldest first."""
    path = tmp_path_factory.mktemp("history") / "h.sqlite"
    for part in range(parts):
        with closing(History(path)) as database:
            database.add(drawn[part::parts])
            database.add(drawn[part::parts])
    different = {entry.id: entry for entry in drawn}.values()
    assert held(path) == tuple(sorted(different, key=lambda e: (e.made.time_utc, e.id)))


def test_adding_says_what_was_new(tmp_path: Path) -> None:
    """Records of one content are one row, also when they are made twice; another family's are not."""
    with closing(History(tmp_path / "h.sqlite")) as database:
        assert database.add(MANY) == len(MANY)
        assert database.add([*MANY, made(59)]) == 1
        assert database.add([made(3)]) == 0
    assert len(held(tmp_path / "h.sqlite")) == len(MANY) + 1


def test_a_folder_of_records_is_read(tmp_path: Path) -> None:
    """All files of krait bench, torn last lines and records of other schemas left out; a malformed line is named."""
    records.append(tmp_path / "records.jsonl", record())
    jsonl.append(tmp_path / "mamba2.jsonl", mamba2_record())
    with (tmp_path / "records.jsonl").open("a") as handle:
        handle.write('{"schema":99}\n{"schema":1,"workl')
    assert history.read_folder(tmp_path) == (entry("records", record()), entry("mamba2", mamba2_record()))
    assert history.read_folder(tmp_path / "none") == ()
    (tmp_path / "ternary.jsonl").write_text("{\n")
    with pytest.raises(InputError, match=r"ternary\.jsonl:1: not JSON"):
        history.read_folder(tmp_path)


def test_a_file_is_known_by_its_content(tmp_path: Path) -> None:
    """Records of any family under any name, a database too; what is neither is refused with its line."""
    path = tmp_path / "from-elsewhere.txt"
    speed = SpeedRecord(1, "board", "ours", "theirs", (1.0,), (1.0,), 0.5, PROVENANCE)
    for each in (record(), mamba2_record(), ternary_record(), speed, overhead()):
        jsonl.append(path, each)
    found = history.read_file(path)
    assert [entry.family for entry in found] == ["records", "mamba2", "ternary", "speed", "overhead"]
    with closing(History(tmp_path / "h")) as database:
        database.add(found)
    assert {e.id for e in history.read_file(tmp_path / "h")} == {e.id for e in found}
    for text, message in (('{"a": 1}\n', "txt:1: found no record"), ("{\n", "txt:1: not JSON")):
        path.write_text(text)
        with pytest.raises(InputError, match=message):
            history.read_file(path)
    with pytest.raises(InputError, match="none: cannot be read"):
        history.read_file(tmp_path / "none")


# ---- what is not a history


def foreign(path: Path) -> None:
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE record (a)")


def newer(path: Path) -> None:
    History(path).close()
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA user_version=9")


def torn(path: Path) -> None:
    with closing(History(path)) as database:
        database.add(MANY)
    path.write_bytes(path.read_bytes()[:5000])


DAMAGED = {
    "text": (lambda path: path.write_text("no database, but long enough to be one\n" * 100), "damaged history"),
    "another program's": (foreign, "another program's database"),
    "newer": (newer, r"found schema 9 of the history, expected 1"),
    "cut short": (torn, "damaged history"),
}


@pytest.mark.parametrize("name", DAMAGED)
def test_what_is_no_history_is_one_line(name: str, tmp_path: Path) -> None:
    """Exit code 2 and the file's name; it is left as it was."""
    path = tmp_path / "h.sqlite"
    damage, message = DAMAGED[name]
    damage(path)
    before = path.read_bytes()
    with pytest.raises(InputError, match=message) as caught:
        held(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert path.read_bytes() == before


def test_a_damaged_row_is_named(tmp_path: Path) -> None:
    """What another program did to a record is seen when it is read."""
    path = tmp_path / "h.sqlite"
    with closing(History(path)) as database:
        database.add([made(1)])
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("UPDATE record SET line = replace(line, '\"simulated\"', '\"imagined\"')")
    with pytest.raises(InputError, match=rf"h\.sqlite, record {made(1).id[:12]}: kind: found 'imagined'"):
        _ = held(path)[0].record


def test_a_record_is_the_same_however_it_is_written(tmp_path: Path) -> None:
    """Blanks and the order of keys make no other record."""
    records.append(tmp_path / "records.jsonl", record())
    path = tmp_path / "records.jsonl"
    path.write_text(json.dumps(dict(reversed(json.loads(path.read_text()).items())), indent=None) + "\n")
    (again,) = history.read_folder(tmp_path)
    assert again.id == entry("records", record()).id
    assert again.record == record()


def test_records_of_other_schemas_stay(tmp_path: Path) -> None:
    """A krait that does not know them neither shows nor loses them."""
    path = tmp_path / "h.sqlite"
    with closing(History(path)) as database:
        database.add([made(1), made(2)])
    with closing(sqlite3.connect(path)) as other, other:
        other.execute("UPDATE record SET schema = 9 WHERE id = ?", (made(1).id,))
    assert held(path) == (made(2),)
    with closing(sqlite3.connect(path)) as other:
        assert other.execute("SELECT count(*) FROM record").fetchone() == (2,)


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    """The machine's fault, in one line."""
    (tmp_path / "file").write_text("")
    for path in (tmp_path / "file" / "h.sqlite", tmp_path):
        with pytest.raises(MachineError, match="the history cannot be used"):
            History(path)


def test_a_full_disk_loses_nothing(tmp_path: Path) -> None:
    """What does not fit is the machine's fault and not there at all; what was there stays, and there is room again."""
    path = tmp_path / "h.sqlite"
    with closing(History(path)) as database:
        database.add([made(0)])
        pages = database._one("PRAGMA page_count")
        database._db.execute(f"PRAGMA max_page_count={pages + 2}")
        with pytest.raises(MachineError, match=r"the history cannot be used .*full.*check space"):
            database.add([made(s, origin="x" * 4000) for s in range(1, 20)])
        assert database.entries() == (made(0),)
        database._db.execute("PRAGMA max_page_count=1000000")
        assert database.add(map(made, range(20))) == 19


# ---- several processes


def writer(path: Path, numbers: list[int]) -> None:
    for number in numbers:
        with closing(History(path)) as database:
            database.add([made(number)])


def test_writers_at_once(tmp_path: Path) -> None:
    """Processes that make one database together and write the same and other records: every record once, none lost."""
    path = tmp_path / "new" / "h.sqlite"
    draw = random.Random(3)
    numbers = [draw.sample(range(24), 16) for _ in range(3)]
    processes = [FORK.Process(target=writer, args=(path, each)) for each in numbers]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * len(processes)
    assert {e.id for e in held(path)} == {made(n).id for each in numbers for n in each}


def endless(path: Path, told: int) -> None:
    """Add two records at a time, and tell each time that they were added."""
    with closing(History(path)) as database:
        for number in range(3000):
            database.add([made(2 * number), made(2 * number + 1)])
            os.write(told, b".")


def test_a_kill_loses_nothing(tmp_path: Path) -> None:
    """SIGKILL in the middle of adding: every addition that had returned is there, the last one whole or not at all."""
    path, draw = tmp_path / "h.sqlite", random.Random(5)
    for _ in range(4):
        reading, told = os.pipe()
        process = FORK.Process(target=endless, args=(path, told))
        process.start()
        os.close(told)
        with open(reading, "rb") as answers:
            done = len(answers.read(draw.randint(1, 40)))
            process.kill()
            done += len(answers.read())
        process.join(60)
        assert process.exitcode == -signal.SIGKILL
        found = {entry.id for entry in held(path)}
        assert {made(n).id for n in range(2 * done)} <= found
        assert all((made(2 * n).id in found) == (made(2 * n + 1).id in found) for n in range(done + 50))
        with closing(sqlite3.connect(path)) as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)

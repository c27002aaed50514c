# SPDX-License-Identifier: Apache-2.0
"""`krait bench --against` and `krait report --history`: what a run leaves behind, its verdict, table and exit code.

The board's part is left out: the command's records are put in place of a run.
"""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from boards import mamba2_bench
from harness import console
from harness.bench import history, jsonl
from harness.bench.history import FILE, History
from tests.command import Krait, Ran
from tests.harness.samples import PROVENANCE, mamba2_counters, mamba2_record


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, krait: Krait, tmp_path: Path) -> Callable[..., Ran]:
    """`krait bench --kernel mamba2_accel --out FOLDER`, which records a start of so many cycles, good or not."""
    seconds = iter(range(60))

    def bench(cycles: int, *options: object, good: bool = True) -> Ran:
        def recorded(asked: object, path: Path) -> bool:
            made = replace(PROVENANCE, time_utc=f"2026-11-21T12:00:{next(seconds):02}Z")
            jsonl.append(path, mamba2_record(counters=mamba2_counters(cycles=cycles), provenance=made))
            return good

        monkeypatch.setattr(mamba2_bench, "run", recorded)
        return krait("bench", "--kernel", "mamba2_accel", "--out", tmp_path, *options)

    return bench


def count(path: Path) -> int:
    with closing(History(path)) as database:
        return len(database.entries())


def test_a_run_is_remembered(run: Callable[..., Ran], tmp_path: Path) -> None:
    """Each record once, also those of runs that left them in the files alone; --database names another place."""
    assert run(1000).code == 0
    assert run(1000).code == 0
    assert count(tmp_path / FILE) == 2
    jsonl.append(tmp_path / "mamba2.jsonl", mamba2_record(workload="tg9"))
    assert run(1000, "--database", tmp_path / "d" / "h").code == 0
    assert count(tmp_path / "d" / "h") == 4
    assert count(tmp_path / FILE) == 2


def test_a_slower_run_fails(run: Callable[..., Ran], tmp_path: Path) -> None:
    """One cycle more a token is exit code 1 with its table; as many or fewer are good."""
    run(1000)
    before = (tmp_path / "mamba2.jsonl").rename(tmp_path / "before.jsonl")
    for cycles, code, word in ((1003, 1, "slower"), (1000, 0, "same"), (997, 0, "faster")):
        ran = run(cycles, "--against", before)
        assert ran.code == code
        (line,) = [each for each in ran.out.splitlines() if "cycles a token" in each]
        assert line.split()[0] == word
        assert "mamba2-tiny lightmamba-w4a4 tg3" in line
        assert "(simulated)" in line
        assert f"{code} of 1 figures slower than in {before}" in ran.out


def test_a_failed_run_stays_failed(run: Callable[..., Ran], tmp_path: Path) -> None:
    """A missed goal is exit code 1 however fast the run was, and its records are remembered."""
    run(1000)
    before = (tmp_path / "mamba2.jsonl").rename(tmp_path / "before.jsonl")
    assert run(900, "--against", before, good=False).code == 1
    assert count(tmp_path / FILE) == 2


def test_what_has_no_counterpart_is_told(run: Callable[..., Ran], tmp_path: Path) -> None:
    """A figure that the other side has not, and one that this run has not."""
    before = tmp_path / "before.jsonl"
    jsonl.append(before, mamba2_record(workload="tg9"))
    ran = run(1000, "--against", before)
    assert ran.code == 0
    assert f"no counterpart in {before}" in ran.out
    assert "and not in this run: mamba2-tiny lightmamba-w4a4 tg9" in ran.out


@pytest.mark.parametrize("against", ["nosuch", "--help-me"])
def test_a_wrong_counterpart_is_told_before_the_run(run: Callable[..., Ran], tmp_path: Path, against: str) -> None:
    """One line, exit code 2, and nothing is measured."""
    ran = run(1000, f"--against={against}")
    assert (ran.code, ran.out) == (2, "")
    assert "expected main, a revision or a file" in ran.err
    assert not (tmp_path / "mamba2.jsonl").exists()


def test_a_damaged_history_is_told_before_the_run(run: Callable[..., Ran], tmp_path: Path) -> None:
    """With --against and without: one line, exit code 2, and nothing is measured."""
    with closing(sqlite3.connect(tmp_path / FILE)) as other:
        other.execute("CREATE TABLE a (b)")
    for options in ((), ("--against", "main")):
        ran = run(1000, *options)
        assert ran.code == 2
        assert ran.err.count("\n") == 1
        assert "another program's database" in ran.err
    assert not (tmp_path / "mamba2.jsonl").exists()


def test_brackets_are_text(run: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal verdicts have colours, and what stands in a record is no markup."""
    before = tmp_path / "before.jsonl"
    jsonl.append(before, mamba2_record(model="[red]tiny[/red]"))
    monkeypatch.setattr(console.out, "_force_terminal", True)
    assert "not in this run: [red]tiny[/red]" in run(1000, "--against", before).out


def test_the_report_shows_the_history(
    run: Callable[..., Ran], tmp_path: Path, krait: Krait, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`--history` adds the section, from the database and from records that are not in it yet."""
    monkeypatch.setenv("KRAIT_BUILD", str(tmp_path / "build"))
    run(1000)
    records, page = tmp_path / "records.jsonl", tmp_path / "r" / "index.html"
    records.write_text("")
    assert krait("report", "--records", records, "--out", page).code == 0
    assert 'id="history"' not in page.read_text()
    assert krait("report", "--records", records, "--out", page, "--history").code == 0
    assert 'id="history"' in page.read_text()
    assert "History" in page.with_name("report.md").read_text()
    assert history.read_folder(tmp_path)[0].record.prompt == 1

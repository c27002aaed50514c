# SPDX-License-Identifier: Apache-2.0
"""A regression that was interrupted goes on where it stopped, and only there."""

import json
from pathlib import Path

import pytest

from harness.regress import store
from harness.regress.jobs import Options
from harness.regress.results import Regression
from harness.regress.run import run
from harness.regress.store import MARK, Store, fingerprint
from harness.regress.suites import Entry
from tests.harness.regress import toys
from tests.harness.samples import result

TWO = (toys.entry("passes", 7), toys.entry("passes", 8))


def interrupt(name: str, state: str, reason: str) -> None:
    """Ends the run as Ctrl-C does once a job has passed."""
    if state == "PASS":
        raise KeyboardInterrupt


def rerun(folder: Path, fresh: bool = False) -> Regression:
    with toys.kernel():
        return run(TWO, folder, Options(fresh=fresh), lambda *_: None)


@pytest.mark.icarus
def test_finished_jobs_are_kept_and_others_run(tmp_path: Path) -> None:
    """After an interrupt the job that had ended is not run again; after the end all are."""
    with toys.kernel(), pytest.raises(KeyboardInterrupt):
        run(TWO, tmp_path, Options(), interrupt)
    assert not (tmp_path / "results.json").exists()
    first, second = (tmp_path / entry.folder / "result.json" for entry in TWO)
    assert (first.exists(), second.exists()) == (True, False)
    before = first.stat().st_mtime_ns
    done = rerun(tmp_path)
    assert (done.kept, done.exit_code) == (1, 0)
    assert [each.seed for each in done.results] == [7, 8]
    assert first.stat().st_mtime_ns == before
    assert not (tmp_path / MARK).exists()
    assert rerun(tmp_path).kept == 0


class TestStore:
    """What is kept of an interrupted run, without running anything."""

    def begin(self, folder: Path, options: object = None, fresh: bool = False) -> Store:
        return Store(folder, options, fresh)

    def ended(self, folder: Path, status: str = "PASS", entry: Entry = TWO[0]) -> Path:
        self.begin(folder).save(entry, result("passes", status=status))
        return folder / entry.folder / "result.json"

    def test_the_same_is_kept(self, tmp_path: Path) -> None:
        self.ended(tmp_path)
        assert self.begin(tmp_path).load(TWO[0]) == result("passes")
        assert self.begin(tmp_path).load(TWO[1]) is None

    def test_an_end_is_an_end(self, tmp_path: Path) -> None:
        """Of a run that came to its end nothing is kept; nor where nothing is to be."""
        self.ended(tmp_path)
        self.begin(tmp_path).finish()
        assert self.begin(tmp_path).load(TWO[0]) is None
        self.ended(tmp_path)
        assert self.begin(tmp_path, fresh=True).load(TWO[0]) is None

    def test_other_options_or_sources(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Results of other options, or of sources that have changed, do not count."""
        self.ended(tmp_path)
        assert self.begin(tmp_path, "others").load(TWO[0]) is None
        self.ended(tmp_path)
        monkeypatch.setattr(store, "fingerprint", lambda folders: "changed")
        assert self.begin(tmp_path).load(TWO[0]) is None

    @pytest.mark.parametrize("status", ["BLOCKED", "INVALID"])
    def test_what_was_not_judged_runs_again(self, status: str, tmp_path: Path) -> None:
        """The machine may have been put right."""
        self.ended(tmp_path, status)
        assert self.begin(tmp_path).load(TWO[0]) is None

    @pytest.mark.parametrize("damage", ["", "{", "[]", '{"schema": 2}'])
    def test_a_damaged_result_is_none(self, damage: str, tmp_path: Path) -> None:
        """The job runs again, in a folder without what it left before."""
        path = self.ended(tmp_path)
        path.write_text(damage)
        path.with_name("coverage.json").write_text("{}")
        assert self.begin(tmp_path).load(TWO[0]) is None
        assert not path.parent.exists()

    def test_what_did_not_come_to_its_end_is_gone(self, tmp_path: Path) -> None:
        """Coverage of a job that was interrupted is not added to its next run's."""
        path = self.ended(tmp_path)
        path.rename(path.with_name("coverage.json"))
        assert self.begin(tmp_path).load(TWO[0]) is None
        assert not path.parent.exists()

    def test_a_result_is_whole_or_not_there(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where writing fails, the old one stays, and nothing else."""
        path = self.ended(tmp_path)
        before = path.read_text()
        monkeypatch.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
        with pytest.raises(OSError, match="No space left"):
            self.begin(tmp_path).save(TWO[0], result("passes", status="FAIL"))
        assert path.read_text() == before
        assert json.loads(before)["result"]["status"] == "PASS"
        assert [each.name for each in path.parent.iterdir()] == ["result.json"]


def test_a_fingerprint_sees_every_change(tmp_path: Path) -> None:
    """Contents, names and new files change it; compiled Python does not."""
    (tmp_path / "a.py").write_text("1")
    before = fingerprint([tmp_path])
    assert fingerprint([tmp_path]) == before
    (tmp_path / "a.pyc").write_text("2")
    assert fingerprint([tmp_path]) == before
    (tmp_path / "a.py").write_text("12")
    changed = fingerprint([tmp_path])
    (tmp_path / "b.v").write_text("")
    assert len({before, changed, fingerprint([tmp_path])}) == 3

# SPDX-License-Identifier: Apache-2.0
"""`krait regress` leaves a coverage database, and its results even where a job's coverage cannot be read."""

from pathlib import Path

import pytest

from golden.errors import InputError, MachineError
from harness.coverage import ucis_file
from harness.coverage.collect import sources
from harness.coverage.model import Point
from harness.regress import results, run
from harness.regress.results import Points
from harness.regress.task import Outcome, Task
from tests.harness.coverage.test_verilator import entry
from tests.harness.regress.test_jobs import Simulators


class Covering(Simulators):
    """Simulators that leave code coverage, too; or, when they are told, what is none."""

    text = "# SystemC::Coverage-3\n" + entry("branch", 3, 2, S="3", o="if") + entry("branch", 4, 0, o="else")

    def execute(self, task: Task, stop: object) -> Outcome:
        outcome = super().execute(task, stop)
        (task.folder / "coverage.dat").write_text(self.text)
        return outcome


@pytest.fixture
def simulators(monkeypatch: pytest.MonkeyPatch) -> Covering:
    return Covering(monkeypatch)


def test_the_jobs_that_passed_are_its_runs(simulators: Covering, tmp_path: Path) -> None:
    """Bins and code, under the RTL that is there; results.json tells the points of hw/verilog by kind."""
    simulators.answers["one"] = [Outcome("FAIL", "bad"), Outcome("FAIL", "bad")]
    outcome = simulators.run(tmp_path, cov=True)
    database = ucis_file.read(tmp_path / ucis_file.NAME)
    (only,) = database.runs
    assert (only.test, only.sources) == ("two", sources())
    assert database.totals()[Point("functional", "g", 0, 0, "x", "p")] == 1
    assert outcome.code == {"line": Points(1, 1), "branch": Points(1, 2)}
    assert results.read(tmp_path / "results.json") == outcome


def test_malformed_coverage_costs_no_result(simulators: Covering, tmp_path: Path) -> None:
    """One line that names the job's file; the results are saved, and the old database stays."""
    simulators.run(tmp_path, cov=True)
    before = (tmp_path / ucis_file.NAME).read_bytes()
    (tmp_path / "results.json").unlink()
    simulators.text, simulators.tasks = "garbage\n", {}
    with pytest.raises(InputError, match=r"jobs/one/11/coverage\.dat:1: found 'garbage"):
        simulators.run(tmp_path, cov=True)
    saved = results.read(tmp_path / "results.json")
    assert [each.status for each in saved.results] == ["PASS", "PASS", "NOT-RUN"]
    assert (tmp_path / ucis_file.NAME).read_bytes() == before


def test_a_database_that_cannot_be_written_costs_no_result(
    simulators: Covering, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, database: object) -> None:
        raise MachineError(f"{path}: full")

    monkeypatch.setattr(run.ucis_file, "write", full)
    with pytest.raises(MachineError, match="full"):
        simulators.run(tmp_path)
    assert len(results.read(tmp_path / "results.json").results) == 3

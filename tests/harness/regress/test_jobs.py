# SPDX-License-Identifier: Apache-2.0
"""What becomes of each job: what is run, what is run again, what is told of it. Simulations are stood in for."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from golden.errors import InputError, MachineError
from harness.regress import jobs as under_way
from harness.regress import results, run
from harness.regress.jobs import Options
from harness.regress.suites import Entry
from harness.regress.task import Outcome, Task
from harness.uvm import job
from tests.harness.samples import PROVENANCE

ENTRIES = tuple(
    Entry(name, "RandomTest", "sim", "beat", simulator, 3, seed)
    for name, simulator, seed in (("one", "verilator", 11), ("two", "verilator", 12), ("four_state", "icarus", 13))
)


class Simulators:
    """Stands in for builds and for the processes of simulations: notes what was asked, answers as told.

    The answers to a job are those to its first run and its second.
    """

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.answers: dict[str, list[Outcome]] = {}
        self.tasks: dict[str, list[Task]] = {}
        self.states: list[tuple[str, str]] = []
        self.broken: Exception | None = None
        patch.setattr(under_way, "build", self.build)
        patch.setattr(Task, "execute", lambda task, stop=None: self.execute(task, stop))
        patch.setattr(run, "collect", lambda tools: replace(PROVENANCE, tools=tools))
        patch.setattr(run, "tools", lambda: {"verilator": "5.48"})
        patch.setattr(under_way, "find_icarus", lambda: None)

    def build(self, spec: object) -> None:
        if self.broken:
            raise self.broken

    def execute(self, task: Task, stop: object) -> Outcome:
        name = task.name.split()[0]
        task.folder.mkdir(parents=True, exist_ok=True)
        (task.folder / "coverage.json").write_text('{"g": {"x": {"p": 1, "q": 0}}}')
        answers = self.answers.get(name, [Outcome("PASS")])
        self.tasks.setdefault(name, []).append(task)
        return answers[len(self.tasks[name]) - 1]

    def watch(self, name: str, state: str, reason: str) -> None:
        self.states.append((name.split()[0], state))

    def run(self, folder: Path, entries: tuple[Entry, ...] = ENTRIES, **options: Any) -> results.Regression:
        return run.run(entries, folder, Options(bundle=lambda: Path("some-bundle"), **options), self.watch)


@pytest.fixture
def simulators(monkeypatch: pytest.MonkeyPatch) -> Simulators:
    return Simulators(monkeypatch)


Y = "tensor y: row {}"


class TestRun:
    def test_results_in_the_plans_order(self, simulators: Simulators, tmp_path: Path) -> None:
        """Every entry has one result; a missing simulator is NOT-RUN with how to get it; coverage adds up."""
        outcome = simulators.run(tmp_path)
        assert [(each.name, each.status) for each in outcome.results] == [
            ("one", "PASS"),
            ("two", "PASS"),
            ("four_state", "NOT-RUN"),
        ]
        assert "apt install iverilog" in outcome.results[2].reason
        assert outcome.exit_code == 0
        assert outcome.coverage == {"g": {"x": {"p": 2, "q": 0}}}
        assert ("one", "PASS") in simulators.states
        assert results.read(tmp_path / "results.json") == outcome

    def test_the_simulation_gets_its_job(self, simulators: Simulators, tmp_path: Path) -> None:
        """Seed, items, configuration, bundle where one is sampled, and how to repeat it reach the process."""
        bundled = replace(ENTRIES[1], test="BundleTest")
        simulators.run(tmp_path, (ENTRIES[0], bundled), timeout_s=5)
        one, two = (simulators.tasks[name][0] for name in ("one", "two"))
        place, repeat = str(tmp_path / "jobs" / "one" / "11"), "krait regress one --seed 11"
        assert one.job == job.Job("sim", "beat", 11, 3, "", place, repeat=repeat)
        assert two.job.bundle == "some-bundle"
        assert (one.seed, one.limits.seconds, one.window) == (11, 5, None)

    @pytest.mark.parametrize(
        ("second", "status"),
        [
            (Outcome("FAIL", Y.format(2)), "FAIL"),
            (Outcome("BLOCKED", "no room"), "FAIL"),
            (Outcome("FAIL", "tensor x: row 1"), "FLAKY"),
            (Outcome("PASS"), "FLAKY"),
            (Outcome("KILLED", "too long"), "FLAKY"),
        ],
    )
    def test_a_failure_is_tried_again(
        self, second: Outcome, status: str, simulators: Simulators, tmp_path: Path
    ) -> None:
        """FAIL if the same seed fails alike, FLAKY if not; the others still run; the reason is the first run's."""
        simulators.answers["one"] = [Outcome("FAIL", Y.format(1), fault_ns=1e6), second]
        outcome = simulators.run(tmp_path)
        failed = outcome.results[0]
        assert (failed.status, failed.reason, failed.signature) == (status, "tensor y: row 1", "tensor y: row *")
        assert failed.repeat == "krait regress one --seed 11"
        assert outcome.results[1].status == "PASS"
        assert outcome.exit_code == 1
        first, again = simulators.tasks["one"]
        assert (again.seed, again.folder, first.spec) == (first.seed, first.folder / "again", again.plain)
        assert again.spec == replace(first.spec, trace="fst")
        assert again.window is not None
        assert again.window.from_ns < 1e6 < again.window.to_ns
        assert outcome.coverage == {"g": {"x": {"p": 2, "q": 0}}}, "the second run's coverage counted, too"

    @pytest.mark.parametrize(
        ("failed", "first", "last"),
        [
            (Outcome("FAIL", sim_ns=9e6, fault_ns=1e6), 800_000, 1_001_000),
            (Outcome("FAIL", sim_ns=9e6, fault_ns=1e3), 0, 2_000),
            (Outcome("FAIL", sim_ns=9e6), 8_800_000, 0),
            (Outcome("FAIL"), 0, 0),
        ],
    )
    def test_waves_of_the_time_around_the_failure(
        self, failed: Outcome, first: int, last: int, simulators: Simulators, tmp_path: Path
    ) -> None:
        """20,000 cycles of 10 ns before the first error and 100 behind it; without one up to the end; else all."""
        simulators.answers["one"] = [failed, failed]
        simulators.run(tmp_path, ENTRIES[:1])
        window = simulators.tasks["one"][1].window
        assert window is not None
        assert (window.from_ns, window.to_ns) == (first, last)

    @pytest.mark.parametrize("verdict", ["KILLED", "BLOCKED", "INVALID"])
    def test_what_is_no_failure_is_not_tried_again(self, verdict: Any, simulators: Simulators, tmp_path: Path) -> None:
        simulators.answers["one"] = [Outcome(verdict, "why")]
        assert simulators.run(tmp_path).results[0].status == verdict
        assert len(simulators.tasks["one"]) == 1

    @pytest.mark.parametrize(
        ("error", "status", "code"), [(InputError("x.v: bad"), "FAIL", 1), (MachineError("no g++"), "BLOCKED", 3)]
    )
    def test_a_build_that_fails(
        self, error: Exception, status: str, code: int, simulators: Simulators, tmp_path: Path
    ) -> None:
        """Each of its entries is told so, and nothing is run; sources fail, a missing tool is the machine's fault."""
        simulators.broken = error
        outcome = simulators.run(tmp_path)
        assert [(each.status, each.reason) for each in outcome.results[:2]] == [(status, str(error))] * 2
        assert (outcome.exit_code, simulators.tasks) == (code, {})

    def test_waves_of_all_or_none(self, simulators: Simulators, tmp_path: Path) -> None:
        """With waves of all runs the first one has them; with none the second one has not."""
        simulators.answers["one"] = [Outcome("FAIL", "y")] * 2
        simulators.run(tmp_path, ENTRIES[:1], waves=True)
        assert [each.spec.trace for each in simulators.tasks["one"]] == ["fst", "fst"]
        simulators.tasks.clear()
        simulators.run(tmp_path, ENTRIES[:1], waves=False)
        assert [each.spec.trace for each in simulators.tasks["one"]] == [False, False]

    def test_what_code_coverage_counts(self, simulators: Simulators, tmp_path: Path) -> None:
        """The kernel and what names its test, not the units that have tests of their own; nothing unless asked for."""
        simulators.run(tmp_path, ENTRIES[:1], cov=True)
        simulators.run(tmp_path / "without", ENTRIES[:1])
        counting, plain = (each.spec for each in simulators.tasks["one"])
        names = {path.stem for path in counting.counted.files}
        assert counting.coverage
        assert names >= {"tern_matvec", "tern_datapath"}
        assert names.isdisjoint({"tern_ctl", "axil_regs", "tern_matvec_sim"})
        assert plain == replace(counting, coverage=False, counted=None)

    def test_waves_of_a_few(self, simulators: Simulators, tmp_path: Path) -> None:
        """Where many fail, builds with waves are made for the first of them; the others say so."""
        entries = tuple(replace(ENTRIES[0], name=f"t{i}") for i in range(under_way.MOST_WAVES + 2))
        simulators.answers |= {entry.name: [Outcome("FAIL", "y")] * 2 for entry in entries}
        outcome = simulators.run(tmp_path, entries)
        traced = [name for name, runs in simulators.tasks.items() if runs[1].window]
        assert len(traced) == under_way.MOST_WAVES
        assert sum("other failures have some" in each.note for each in outcome.results) == 2

    def test_a_result_that_cannot_be_written(self, simulators: Simulators, tmp_path: Path, monkeypatch: Any) -> None:
        """It is BLOCKED, and what it was is told."""

        def fail(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(under_way.Store, "save", fail)
        found = simulators.run(tmp_path).results[0]
        assert found.status == "BLOCKED"
        assert "No space left on device; it was PASS" in found.reason.replace("(", "").replace(")", "")

    def test_old_coverage_does_not_count(self, simulators: Simulators, tmp_path: Path) -> None:
        """What an earlier run left below the folder is gone before anything is collected."""
        simulators.run(tmp_path)
        stale = tmp_path / ENTRIES[2].folder
        stale.mkdir(parents=True)
        (stale / "coverage.json").write_text('{"g": {"x": {"p": 9, "q": 9}}}')
        assert simulators.run(tmp_path).coverage == {"g": {"x": {"p": 2, "q": 0}}}

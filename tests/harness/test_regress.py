# SPDX-License-Identifier: Apache-2.0
"""The regression runner: what is selected, with which seeds, what becomes of it, and what is left on disk."""

from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from golden.errors import CheckError, InputError, MachineError
from harness.regress import results, run
from harness.regress.plan import SUITES, Entry, plan
from harness.regress.results import Coverage, merge, share
from harness.sim.results import CocotbResult, Failure
from harness.uvm import job
from tests.harness.samples import PROVENANCE, regression, result

SMOKE = SUITES["smoke"]


class TestPlan:
    def test_a_suite_selects_all_its_entries_once(self) -> None:
        """Naming a suite and its members again changes nothing; order is the suite's."""
        names = [entry.name for entry in SMOKE]
        assert [entry.name for entry in plan(["smoke"], None)] == names
        assert [entry.name for entry in plan(["smoke", "random_*", "registers"], None)] == names
        assert len(set(names)) == len(names)

    def test_names_and_patterns(self) -> None:
        """A name selects itself, a pattern what it matches."""
        assert [entry.name for entry in plan(["bitnet_bulk"], None)] == ["bitnet_bulk"]
        assert {entry.test for entry in plan(["bitnet_*"], None)} == {"BundleTest"}

    @pytest.mark.parametrize("name", ["nosuch", "nosuch_*", ""])
    def test_what_selects_nothing_is_refused(self, name: str) -> None:
        with pytest.raises(InputError, match="or a pattern"):
            plan([name], None)

    def test_every_entry_has_its_own_seed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Seeds follow from the entry's name and the run's seed, not from what else is selected."""
        monkeypatch.delenv("KRAIT_SEED", raising=False)
        seeds = {entry.name: entry.seed for entry in plan(["smoke"], None)}
        assert len(set(seeds.values())) == len(seeds)
        assert seeds == {entry.name: entry.seed for entry in plan(["smoke"], None)}
        assert all(entry.seed == seeds[entry.name] for entry in plan(["random_*"], None))
        others = {entry.name: entry.seed for entry in plan(["smoke"], 5)}
        assert all(others[name] != seed for name, seed in seeds.items())
        monkeypatch.setenv("KRAIT_SEED", "2")
        assert all(entry.seed != seeds[entry.name] for entry in plan(["smoke"], None))

    def test_the_repeat_command_selects_the_same_run(self) -> None:
        """A single entry takes the seed that is given, as the repeat command gives it."""
        for entry in plan(["smoke"], None):
            assert plan([entry.name], entry.seed) == (entry,)

    def test_both_transports_play_the_real_models_layers(self) -> None:
        """The smoke suite samples the bundle at pin level and in bulk, and uses both simulators."""
        assert {entry.transport for entry in SMOKE if entry.test == "BundleTest"} == {"beat", "bulk"}
        assert {entry.simulator for entry in SMOKE} == {"verilator", "icarus"}


BINS = st.dictionaries(st.sampled_from("pqr"), st.integers(0, 9), max_size=3)
COVERAGE = st.dictionaries(st.sampled_from("ab"), st.dictionaries(st.sampled_from("xyz"), BINS, max_size=3), max_size=2)


class TestCoverage:
    @given(COVERAGE, COVERAGE)
    def test_merge_is_commutative(self, a: Coverage, b: Coverage) -> None:
        assert merge([a, b]) == merge([b, a])

    @given(COVERAGE, COVERAGE, COVERAGE)
    def test_merge_is_associative(self, a: Coverage, b: Coverage, c: Coverage) -> None:
        """Coverage may be merged in any grouping: by seed, by machine, at the end."""
        assert merge([merge([a, b]), c]) == merge([a, merge([b, c])]) == merge([a, b, c])

    @given(COVERAGE)
    def test_merge_keeps_every_bin_and_hit(self, a: Coverage) -> None:
        """Twice the same part doubles each hit; the parts themselves are not touched."""
        twice = merge([a, a])
        for group, points in a.items():
            for point, bins in points.items():
                assert not bins or twice[group][point] == {name: 2 * hits for name, hits in bins.items()}

    def test_share_counts_bins_not_hits(self) -> None:
        assert share({"x": {"p": 9, "q": 0}, "y": {"r": 1}}) == (2, 3)


FAILED = result("random_1", status="FAIL", reason="row 3: golden 5 < RTL 7 & more")
SKIPPED = result("icarus", status="NOT-RUN", reason="no Icarus")
RUN = regression(result(), FAILED, SKIPPED, coverage={"g": {"x": {"p": 1, "q": 0}}})


class TestResults:
    def test_what_is_saved_is_read(self, tmp_path: Path) -> None:
        """results.json holds everything, and no temporary file stays."""
        results.save(tmp_path / "new", RUN)
        assert results.read(tmp_path / "new" / "results.json") == RUN
        assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["junit.xml", "results.json"]

    def test_junit_counts_and_reasons(self, tmp_path: Path) -> None:
        """JUnit is well-formed, its counts are those of its cases, a failure holds reason and repeat command."""
        results.save(tmp_path, RUN)
        suite = ElementTree.parse(tmp_path / "junit.xml").getroot()[0]
        cases = {case.get("name"): case for case in suite.iter("testcase")}
        assert set(cases) == {each.name for each in RUN.results}
        for count, found in (
            ("tests", len(cases)),
            ("failures", len(list(suite.iter("failure")))),
            ("skipped", len(list(suite.iter("skipped")))),
        ):
            assert int(suite.get(count, "")) == found
        failure = cases["random_1"].find("failure")
        assert failure is not None
        assert failure.get("message") == FAILED.reason
        assert FAILED.repeat in (failure.text or "")
        assert cases["random_0"].find("failure") is None

    @pytest.mark.parametrize(
        ("of", "code"),
        [((), 1), ((SKIPPED,), 1), ((result(),), 0), ((result(), SKIPPED), 0), ((result(), FAILED), 1)],
        ids=["empty", "nothing-ran", "passed", "passed-and-skipped", "failed"],
    )
    def test_exit_code(self, of: tuple[results.Result, ...], code: int) -> None:
        """0 only if something passed and nothing failed."""
        assert regression(*of).exit_code == code

    def test_an_unwritable_folder(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(MachineError, match="choose another --out"):
            results.save(tmp_path / "file", RUN)


ENTRIES = tuple(
    Entry(name, "RandomTest", "sim", "beat", simulator, 3, seed)
    for name, simulator, seed in (("one", "verilator", 11), ("two", "verilator", 12), ("four_state", "icarus", 13))
)


class Simulators:
    """Stands in for builds and simulations: notes what was asked, answers as told."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.answers: dict[str, str | Exception] = {}
        self.jobs: dict[str, job.Job] = {}
        self.states: list[tuple[str, str]] = []
        patch.setattr(run, "build", lambda spec: Path("binary"))
        patch.setattr(run, "run_cocotb", self.simulate)
        patch.setattr(run, "collect", lambda tools: replace(PROVENANCE, tools=tools))
        patch.setattr(run, "tools", lambda: {"verilator": "5.48"})
        patch.setattr(run, "find_icarus", lambda: None)

    def simulate(
        self, spec: Any, module: str, test: str, seed: int, env: dict[str, str], folder: Path, **_: Any
    ) -> CocotbResult:
        name = folder.name
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv(job.VARIABLE, env[job.VARIABLE])
            self.jobs[name] = job.current()
        (folder / "coverage.json").write_text('{"g": {"x": {"p": 1, "q": 0}}}')
        answer = self.answers.get(name, "")
        if isinstance(answer, Exception):
            raise answer
        failed = (Failure(test, answer),) if answer else ()
        return CocotbResult(
            () if failed else (test,), failed, folder / "results.xml", folder / "sim.log", "sh repeat.sh"
        )

    def watch(self, name: str, state: str, reason: str) -> None:
        self.states.append((name, state))

    def run(self, folder: Path, entries: tuple[Entry, ...] = ENTRIES) -> results.Regression:
        return run.run(entries, folder, Path("some-bundle"), 1, self.watch)


@pytest.fixture
def simulators(monkeypatch: pytest.MonkeyPatch) -> Simulators:
    return Simulators(monkeypatch)


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

    def test_the_simulation_gets_its_job(self, simulators: Simulators, tmp_path: Path) -> None:
        """Seed, items, configuration and bundle reach the process through the job file."""
        simulators.run(tmp_path)
        place = str(tmp_path / "jobs" / "one")
        assert simulators.jobs["one"] == job.Job("sim", "beat", 11, 3, "some-bundle", place)

    @pytest.mark.parametrize("answer", ["tensor y: row 1", CheckError("tensor y: row 1")])
    def test_a_failing_entry_shows_how_to_repeat_it(
        self, answer: str | Exception, simulators: Simulators, tmp_path: Path
    ) -> None:
        """The others still run; the result has the reason and a command with the very seed."""
        simulators.answers["one"] = answer
        outcome = simulators.run(tmp_path)
        failed = outcome.results[0]
        assert (failed.status, failed.reason) == ("FAIL", "tensor y: row 1")
        assert failed.repeat == "krait regress one --seed 11"
        assert outcome.results[1].status == "PASS"
        assert outcome.exit_code == 1

    def test_old_coverage_does_not_count(self, simulators: Simulators, tmp_path: Path) -> None:
        """What an earlier run left below the folder is gone before anything is collected."""
        simulators.run(tmp_path)
        simulators.answers["one"] = CheckError("did not even start")
        stale = tmp_path / "jobs" / "four_state"
        stale.mkdir(parents=True)
        (stale / "coverage.json").write_text('{"g": {"x": {"p": 9, "q": 9}}}')
        assert simulators.run(tmp_path).coverage == {"g": {"x": {"p": 2, "q": 0}}}

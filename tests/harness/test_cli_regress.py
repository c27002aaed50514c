# SPDX-License-Identifier: Apache-2.0
"""`krait regress`: options, variables and the last run select what runs; each wrong one is a line and exit code 2."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import cli_regress
from harness.regress import results
from harness.regress import run as runner
from harness.regress.jobs import Options, Watcher
from harness.regress.results import Regression
from harness.regress.suites import SUITES, Entry
from tests.command import Krait
from tests.harness.samples import regression, result

SMOKE = [entry.name for entry in SUITES["smoke"].entries]


class Asked:
    """Stands in for the run: notes what was asked, and everything passes but `random_beat_0`."""

    def __init__(self) -> None:
        self.entries: tuple[Entry, ...] = ()
        self.options = Options()
        self.folder = Path()

    def __call__(self, entries: tuple[Entry, ...], folder: Path, options: Options, watch: Watcher) -> Regression:
        self.entries, self.options, self.folder = entries, options, folder
        statuses = {"random_beat_0": "FAIL"}
        found = regression(
            *(result(e.name, seed=e.seed, status=statuses.get(e.name, "PASS"), reason="why") for e in entries)
        )
        results.save(folder, found)
        return found

    @property
    def names(self) -> list[str]:
        return [entry.name for entry in self.entries]

    @property
    def jobs(self) -> list[tuple[str, int]]:
        return [(entry.name, entry.seed) for entry in self.entries]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Asked]:
    for name in ("SIM", "WAVES", "SEED", "TESTCASE", "COV", "KRAIT_SEED"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KRAIT_BUILD", str(tmp_path / "build"))
    asked = Asked()
    monkeypatch.setattr(runner, "run", asked)
    return asked


def test_without_anything_it_is_smoke(asked: Asked, krait: Krait) -> None:
    """Once each, waves of failures alone, no code coverage."""
    assert krait("regress").code == 1
    assert asked.names == SMOKE
    assert (asked.options.waves, asked.options.cov, asked.options.timeout_s) == (None, False, 600.0)


def test_options_reach_the_run(asked: Asked, krait: Krait) -> None:
    krait("regress", "registers", "-j", 3, "--waves", "--cov", "--timeout", 5, "--fresh", "--executor", "local")
    assert asked.names == ["registers"]
    options = asked.options
    assert (options.jobs, options.waves, options.cov, options.timeout_s, options.fresh) == (3, True, True, 5.0, True)


def test_a_folder_may_be_relative(asked: Asked, krait: Krait, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulations run in folders of their own, so theirs is told from the root."""
    monkeypatch.chdir(tmp_path)
    krait("regress", "registers", "--out", "here")
    assert asked.folder == tmp_path / "here"


def test_variables_stand_in_for_options(asked: Asked, krait: Krait, monkeypatch: pytest.MonkeyPatch) -> None:
    """TESTCASE, SEED, WAVES and COV of cocotb's makefiles; SIM leaves the tests on that simulator."""
    for name, value in {"TESTCASE": "registers", "SEED": "9", "WAVES": "1", "COV": "1"}.items():
        monkeypatch.setenv(name, value)
    krait("regress")
    assert asked.jobs == [("registers", 9)]
    assert (asked.options.waves, asked.options.cov) == (True, True)
    krait("regress", "bitnet_beat", "--seed", 4, "--no-waves", "--no-cov")
    assert asked.jobs == [("bitnet_beat", 4)]
    assert (asked.options.waves, asked.options.cov) == (False, False)
    monkeypatch.delenv("TESTCASE")
    monkeypatch.setenv("SIM", "icarus")
    krait("regress")
    assert {entry.simulator for entry in asked.entries} == {"icarus"}
    krait("regress", "--sim", "verilator")
    assert {entry.simulator for entry in asked.entries} == {"verilator"}


def test_seeds(asked: Asked, krait: Krait) -> None:
    """So many of each test; --reseed draws them anew each time and says from what, which gives the same again."""
    krait("regress", "registers", "--seeds", 3)
    assert len(set(asked.jobs)) == 3
    again = list(asked.jobs)
    krait("regress", "registers", "--seeds", 3)
    assert asked.jobs == again
    told = krait("regress", "registers", "bitnet_beat", "--reseed", 2).out
    drawn = list(asked.jobs)
    assert len(set(drawn)) == 4
    seed = told.split("seed of the run: ")[1].split()[0]
    krait("regress", "registers", "bitnet_beat", "--seed", seed, "--seeds", 2)
    assert asked.jobs == drawn
    krait("regress", "registers", "bitnet_beat", "--reseed", 2)
    assert asked.jobs != drawn


def test_the_last_run_again(asked: Asked, krait: Krait) -> None:
    """--seed repeat takes its tests and seeds, --rerun-failed of them those that did not pass."""
    krait("regress", "random_beat_*", "--reseed", 2)
    before = list(asked.jobs)
    krait("regress", "--seed", "repeat")
    assert asked.jobs == before
    krait("regress", "random_beat_1", "--seed", "repeat")
    assert asked.jobs == before[2:]
    krait("regress", "random_beat_*", "--seed", 3, "--seeds", 2)
    failed = [job for job in asked.jobs if job[0] == "random_beat_0"]
    krait("regress", "--rerun-failed")
    assert asked.jobs == failed


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--seed", "x"], ["--seed: found 'x'", "an integer from 0 on, or repeat"]),
        (["--seed", "-1"], ["--seed: found '-1'"]),
        (["--seeds", "0"], ["--seeds"]),
        (["--reseed", "2", "--seed", "3"], ["--reseed", "--seed"]),
        (["--seed", "repeat", "--seeds", "2"], ["--seeds"]),
        (["--seed", "repeat"], ["results.json", "cannot be read"]),
        (["--rerun-failed"], ["results.json", "cannot be read"]),
        (["--rerun-failed", "--seeds", "2"], ["--rerun-failed"]),
        (["--sim", "vcs"], ["--sim: found 'vcs'", "verilator or icarus"]),
        (["registers", "--sim", "icarus"], ["no test on icarus"]),
        (["--timeout", "0"], ["--timeout"]),
        (["--executor", "spark://host:8786"], ["--executor: found 'spark://host:8786'", "expected local"]),
        (["--waivers", "nosuch.toml"], ["nosuch.toml", "cannot be read"]),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) and value[0].startswith("-") else None,
)
def test_a_wrong_option(arguments: list[str], words: list[str], asked: Asked, krait: Krait, tmp_path: Path) -> None:
    """One line, exit code 2, and no folder is made."""
    ran = krait("regress", *arguments)
    assert (ran.code, ran.out, ran.err.count("\n")) == (2, "", 1), ran
    for word in words:
        assert word in ran.err
    assert not (tmp_path / "build").exists()


def test_many_of_a_group_are_cut(asked: Asked, krait: Krait) -> None:
    """A group tells three commands and how many more there are."""
    told = krait("regress", "random_beat_0", "--seeds", cli_regress.TELL + 2).out
    assert "FAIL 5x" in told
    assert told.count("repeat: ") == cli_regress.TELL
    assert "and 2 more" in told

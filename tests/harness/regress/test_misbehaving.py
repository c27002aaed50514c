# SPDX-License-Identifier: Apache-2.0
"""Whatever a test does to its simulation, it ends in a status: in the results, in JUnit, in the exit code."""

import json
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest

from harness.regress import results
from harness.regress.jobs import Options
from harness.regress.results import Regression, Result
from harness.regress.run import run
from tests.command import Krait
from tests.harness.regress import toys

pytestmark = pytest.mark.icarus

ENDS = {
    "passes": ("PASS", ""),
    "fails": ("FAIL", "AssertionError value"),
    "raises": ("FAIL", "RuntimeError raised"),
    "leaves": ("FAIL", "ended without a results file"),
    "crashes": ("FAIL", "died of SIGSEGV"),
    "nothing_of_that_name": ("FAIL", "no test was executed"),
    "fails_once": ("FLAKY", "only the first run fails"),
    "fails_otherwise": ("FLAKY", "first"),
    "floods": ("KILLED", "killed as its log passed 64 MiB"),
    "writes_much": ("KILLED", "a file passed 8192 MiB"),
    "is_killed": ("BLOCKED", "killed by something else"),
    "fills_the_disk": ("BLOCKED", "No space left on device"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("regress")


@pytest.fixture(scope="module")
def done(folder: Path) -> Iterator[Regression]:
    """All of them in one run, two at a time."""
    with toys.kernel():
        yield run(tuple(map(toys.entry, ENDS)), folder, Options(jobs=2), lambda *_: None)


@pytest.fixture
def found(done: Regression, request: pytest.FixtureRequest) -> Result:
    return next(each for each in done.results if each.name == request.param)


@pytest.mark.parametrize(("found", "name"), [(name, name) for name in ENDS], indirect=["found"], ids=list(ENDS))
def test_every_end_has_its_status(found: Result, name: str, folder: Path) -> None:
    """The status and the reason, in the results, in JUnit, and in the file of the job; a log, and what repeats it."""
    status, reason = ENDS[name]
    assert found.status == status
    assert reason in found.reason
    assert found in results.read(folder / "results.json").results
    assert json.loads((folder / "jobs" / name / "7" / "result.json").read_text())["result"]["status"] == status
    cases = {case.get("name"): case for case in ElementTree.parse(folder / "junit.xml").iter("testcase")}
    told = {each.get("name"): each.get("value") for each in cases[name].iter("property")}
    assert (told["status"], told["seed"]) == (status, "7")
    outcome = {"PASS": None, "FAIL": "failure", "FLAKY": "failure"}.get(status, "error")
    assert [child.tag for child in cases[name] if child.tag != "properties"] == ([outcome] if outcome else [])
    assert (folder / found.log).is_file()
    assert found.repeat == f"krait regress {name} --seed 7"
    assert "exec" in (folder / found.log).with_name("repeat.sh").read_text()


def test_only_failures_run_again(done: Regression, folder: Path) -> None:
    """FAIL and FLAKY ran twice with the same seed, the others once; the second run's own folder says what it gave."""
    for each in done.results:
        again = folder / "jobs" / each.name / "7" / "again"
        assert again.exists() == (each.status in ("FAIL", "FLAKY")), each.name
        if again.exists():
            assert "second run with the same seed: " in each.note
            assert json.loads((again / "job.json").read_text())["seed"] == 7


def test_a_failure_leaves_waves(done: Regression, folder: Path) -> None:
    """The second run wrote them, of so short a run all; of more than five failures the others have none, and say so."""
    failed = [each for each in done.results if each.status == "FAIL"]
    failing = next(each for each in failed if each.name == "fails")
    waves = [each for each in failed if each.waves]
    assert failing in waves
    assert (folder / failing.waves).stat().st_size > 0
    assert "waves: the whole run, up to 256 MiB" in failing.note
    assert all("no waves: " in each.note for each in done.results if each.status == "FAIL" and not each.waves)


def test_a_flood_is_cut(done: Regression, folder: Path) -> None:
    """Its log is no longer than the limit, its reason no longer than a reason."""
    flooded = next(each for each in done.results if each.name == "floods")
    assert (folder / flooded.log).stat().st_size == 64 << 20
    assert len(flooded.reason) <= 1000


def test_numbers_and_addresses_are_not_in_signatures(done: Regression) -> None:
    """`fails` told a process id, a folder and an address, both times others, and was the same failure."""
    failing = next(each for each in done.results if each.name == "fails")
    assert failing.signature.startswith("AssertionError value * of x.v at *")


def test_a_hang_is_killed(tmp_path: Path) -> None:
    """The limit of wall-clock time ends it, and it is not tried again."""
    with toys.kernel():
        done = run((toys.entry("hangs"),), tmp_path, Options(timeout_s=3), lambda *_: None)
    assert done.results[0].status == "KILLED"
    assert "killed after 3 s" in done.results[0].reason
    assert done.exit_code == 1
    assert not (tmp_path / "jobs" / "hangs" / "7" / "again").exists()


@pytest.mark.parametrize(
    ("name", "code", "told"),
    [
        ("passes", 0, ["1 passed, 0 failed"]),
        ("raises", 1, ["FAIL 1x: RuntimeError raised", "repeat: krait regress raises --seed 7", "waves:"]),
        ("is_killed", 3, ["BLOCKED 1x: killed by something else", "repeat: krait regress is_killed --seed 7"]),
    ],
)
def test_the_exit_code(name: str, code: int, told: list[str], krait: Krait, tmp_path: Path) -> None:
    """0 all passed, 1 one failed, 3 the machine is at fault; groups and what repeats them are printed."""
    with toys.kernel(name):
        ran = krait("regress", name, "--seed", 7, "--out", tmp_path, "-j", 1)
    assert ran.code == code, ran
    for words in told:
        assert words in ran.out

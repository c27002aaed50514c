# SPDX-License-Identifier: Apache-2.0
"""`krait testplan`: what it prints, and its exit codes."""

from pathlib import Path

import pytest

from harness.regress import results
from tests.command import Krait
from tests.harness.samples import regression, result

PLAN = """{ name: one
  testpoints: [
    { name: registers
      stage: V1
      desc: d
      tests: ["registers"] }
    { name: random
      stage: V2
      desc: d
      tests: ["random_bulk_*"] }
  ] }"""


@pytest.fixture
def build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("KRAIT_BUILD", str(tmp_path / "build"))
    (tmp_path / "one_testplan.hjson").write_text(PLAN)
    return tmp_path / "build"


def ran(build: Path, *failed: str) -> None:
    names = ("registers", "random_bulk_0")
    rows = [result(name, status="FAIL" if name in failed else "PASS") for name in names]
    results.save(build / "regress", regression(*rows))


def test_what_ran_passed(krait: Krait, build: Path) -> None:
    """Exit code 0 where nothing failed; a stage that is not complete is 1 when it is asked for, and named."""
    ran(build)
    done = krait("testplan", "--plans", build.parent)
    assert (done.code, done.err) == (0, "")
    assert "V1: 1 of 1 passed, 0 failed, 0 not run" in done.out
    assert "V2: 0 of 1 passed, 0 failed, 1 not run" in done.out
    assert krait("testplan", "--plans", build.parent, "--stage", "V1").code == 0
    asked = krait("testplan", "--plans", build.parent, "--stage", "V2")
    assert asked.code == 1
    assert asked.err == "krait: testplan: V2 is not reached: 1 testpoints did not run, first one: random\n"


def test_a_failure(krait: Krait, build: Path) -> None:
    """Exit code 1, the testpoint named; a stage before it is reached all the same."""
    ran(build, "random_bulk_0")
    done = krait("testplan", "--plans", build.parent)
    assert done.code == 1
    assert done.err == "krait: testplan: failed: one: random\n"
    assert krait("testplan", "--plans", build.parent, "--stage", "V1").code == 0


def test_a_malformed_plan(krait: Krait, build: Path) -> None:
    """Exit code 2 and one line; an unknown plan or stage too."""
    (build.parent / "one_testplan.hjson").write_text(PLAN.replace("V2", "V9"))
    done = krait("testplan", "--plans", build.parent)
    assert done.code == 2
    assert done.err.count("\n") == 1
    assert "one_testplan.hjson:7: stage: found 'V9'" in done.err
    assert krait("testplan", "two").code == 2
    assert krait("testplan", "--stage", "V9").code == 2


def test_check(krait: Krait, build: Path) -> None:
    """A plan that names few of the tests leaves gaps: a line for each, exit code 1; nothing needs to have run."""
    done = krait("testplan", "--plans", build.parent, "--check")
    assert done.code == 1
    assert "registers_icarus: no testpoint names it" in done.out
    assert "\nregisters: no testpoint" not in done.out
    assert done.err.startswith("krait: testplan: plans and tests do not name each other in ")

# SPDX-License-Identifier: Apache-2.0
"""What ran, from the files that runs leave: statuses, JUnit, proofs, records."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from golden.errors import InputError
from harness.bench import record as bench
from harness.formal import record as formal
from harness.mutate import reasons
from harness.mutate import record as mutation
from harness.regress import results
from harness.testplan import evidence
from tests.harness.formal.test_record import FOUND
from tests.harness.mutate.toys import BAD, FIFO
from tests.harness.mutate.toys import FOUND as MUTATED
from tests.harness.samples import record, regression, result

CASES = """<testsuites><testsuite>
<testcase classname="tests.rtl.test_a" name="test_one[verilator]"/>
<testcase classname="tests.rtl.test_a" name="test_one[icarus]"><skipped/></testcase>
<testcase classname="tests.rtl.test_a" name="test_two[1]"/>
<testcase classname="tests.rtl.test_a" name="test_two[2]"><failure message="no"/></testcase>
<testcase classname="tests.rtl.test_b" name="test_three"><skipped/></testcase>
<testcase classname="tests.rtl.test_b" name="test_four"><error/></testcase>
<testcase classname="tests.rtl.test_b.TestFive" name="test_six[a.b]"/>
</testsuite></testsuites>"""


def test_nothing_ran(tmp_path: Path) -> None:
    """An empty folder knows nothing, and is no error."""
    found = evidence.collect(tmp_path)
    assert (found.outcomes, found.coverage) == ({}, {})
    assert not any(found.records.values())


def test_tests(tmp_path: Path) -> None:
    """All parameters count: a failure wins, a skip is nothing, and only skips are not run."""
    (tmp_path / "test").mkdir()
    (tmp_path / "test" / "junit.xml").write_text(CASES)
    assert evidence.collect(tmp_path).outcomes == {
        "tests/rtl/test_a.py::test_one": "PASS",
        "tests/rtl/test_a.py::test_two": "FAIL",
        "tests/rtl/test_b.py::test_three": "NOT-RUN",
        "tests/rtl/test_b.py::test_four": "FAIL",
        "tests/rtl/test_b.py::TestFive::test_six": "PASS",
    }


def test_the_newer_file_counts(tmp_path: Path) -> None:
    """A test that passes again has passed; what only the older file has, stays."""
    folder = tmp_path / "test"
    folder.mkdir()
    (folder / "old.xml").write_text(CASES)
    (folder / "new.xml").write_text(CASES.replace('<failure message="no"/>', ""))
    for age, name in enumerate(("new.xml", "old.xml")):
        os.utime(folder / name, (1e9 - age, 1e9 - age))
    assert evidence.collect(tmp_path).outcomes["tests/rtl/test_a.py::test_two"] == "PASS"
    os.utime(folder / "old.xml", (1e9 + 1, 1e9 + 1))
    assert evidence.collect(tmp_path).outcomes["tests/rtl/test_a.py::test_two"] == "FAIL"


def test_a_torn_file(tmp_path: Path) -> None:
    (tmp_path / "test").mkdir()
    (tmp_path / "test" / "junit.xml").write_text(CASES[:100])
    with pytest.raises(InputError, match=r"junit\.xml: cannot be read .*; run krait test again"):
        evidence.collect(tmp_path)


def test_simulations(tmp_path: Path) -> None:
    """Every status says pass, fail or nothing; of several seeds a failure wins."""
    statuses = results.Status.__args__  # type: ignore[attr-defined]
    rows = [result(status.lower(), status=status) for status in statuses]
    both = [result("seeds", seed=1), result("seeds", seed=2, status="FAIL")]
    results.save(tmp_path / "regress", regression(*rows, *both, coverage={"g": {"p": {"b": 1}}}))
    found = evidence.collect(tmp_path)
    assert found.outcomes == {
        "pass": "PASS", "fail": "FAIL", "flaky": "FAIL", "killed": "FAIL", "blocked": "NOT-RUN", "invalid": "NOT-RUN",
        "waived": "NOT-RUN", "not-run": "NOT-RUN", "seeds": "FAIL",
    }  # fmt: skip
    assert found.coverage == {"g": {"p": {"b": 1}}}


def test_proofs_and_records(tmp_path: Path) -> None:
    """Proofs have their prefix; records are those of their families."""
    formal.save(tmp_path / "formal", FOUND)
    bench.append(tmp_path / "bench" / "records.jsonl", record())
    found = evidence.collect(tmp_path)
    assert found.outcomes == {f"formal:{each.name}": "PASS" for each in FOUND.proofs}
    assert found.records["records"] == (record(),)


def test_mutants(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A survivor fails its module, unless it has a reason; a module whose mutants were not judged did not run."""
    clean = replace(FIFO, unit="strm_skid", mutants=tuple(each for each in FIFO.mutants if each not in FIFO.survivors))
    mutation.save(tmp_path / "mutate", replace(MUTATED, units=(FIFO, clean, BAD)))
    assert evidence.collect(tmp_path).outcomes == {"mutate:strm_fifo": "FAIL", "mutate:strm_skid": "PASS"}
    reason = reasons.Reason("strm_fifo", "else valid_q <= *", "too rare", "2999-01-01")
    monkeypatch.setattr(reasons, "read", lambda: reasons.Reasons(survivor=(reason,)))
    assert evidence.collect(tmp_path).outcomes == {"mutate:strm_fifo": "PASS", "mutate:strm_skid": "PASS"}

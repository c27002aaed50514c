# SPDX-License-Identifier: Apache-2.0
"""JUnit says what results.json says."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

from harness.regress import results
from tests.harness.regress.test_results import FAILED, OTHERS, RUN, SKIPPED
from tests.harness.samples import regression, result


def test_junit_counts_and_reasons(tmp_path: Path) -> None:
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


def test_every_status_has_its_place_in_junit(tmp_path: Path) -> None:
    """Failures, errors and skipped ones add up; a reason with control characters leaves it well-formed."""
    results.save(tmp_path, regression(FAILED, SKIPPED, result(), *OTHERS.values(), replace(FAILED, reason="\x1b[1m")))
    suite = ElementTree.parse(tmp_path / "junit.xml").getroot()[0]
    assert [suite.get(name) for name in ("tests", "failures", "errors", "skipped")] == ["9", "3", "3", "2"]

# SPDX-License-Identifier: Apache-2.0
"""What a regression's folder holds of coverage: that of the jobs which passed, under their test, seed and RTL."""

from dataclasses import replace
from pathlib import Path

import pytest

from golden.errors import InputError
from harness.coverage.collect import functional, of_results, sources
from harness.coverage.model import Point, Run
from tests.harness import samples
from tests.harness.coverage.test_verilator import entry

BIN = Point("functional", "Starts", 0, 0, "tiles", "one")


def job(folder: Path, name: str, seed: int, status: str = "PASS"):
    found = replace(samples.result(), name=name, seed=seed, status=status, log=f"jobs/{name}/{seed}/sim.log")
    place = folder / "jobs" / name / str(seed)
    place.mkdir(parents=True)
    (place / "coverage.json").write_text('{"Starts": {"tiles": {"one": 2}}}')
    (place / "coverage.dat").write_text("# SystemC::Coverage-3\n" + entry("branch", 3, seed, o="if", S="3"))
    return found


def test_jobs_that_passed_count(tmp_path: Path) -> None:
    """Each as a run of its own; what a failing test reached was not checked, and does not."""
    results = [job(tmp_path, "a", 1), job(tmp_path, "a", 2), job(tmp_path, "b", 3, "FAIL")]
    found = of_results(tmp_path, results, "5a")
    assert set(found.runs) == {Run("a", 1, "5a"), Run("a", 2, "5a")}
    assert found.totals()[BIN] == 4
    assert {point.kind: hits for point, hits in found.totals().items()} == {"line": 3, "branch": 3, "functional": 4}


def test_a_job_without_code_coverage_has_its_bins(tmp_path: Path) -> None:
    result = job(tmp_path, "a", 1)
    (tmp_path / "jobs/a/1/coverage.dat").unlink()
    assert of_results(tmp_path, [result], "5a").totals() == {BIN: 2}


@pytest.mark.parametrize("text", ["", "[]", '{"g": {"p": {"b": -1}}}', '{"g": {"p": {"b": true}}}', '{"g": {"p": 1}}'])
def test_malformed_bins_are_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "coverage.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"coverage\.json: found no covergroups .*run the test again"):
        functional(path)


def test_the_hash_is_of_names_and_contents(tmp_path: Path) -> None:
    """Another content or name is other RTL; time and place are not."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.v").write_text("module a;\n")
    assert sources(tmp_path / "one") == sources(tmp_path / "two")
    (tmp_path / "two" / "a.v").write_text("module a; \n")
    (tmp_path / "one" / "a.v").rename(tmp_path / "one" / "b.v")
    assert len({sources(tmp_path / name) for name in ("one", "two")} | {sources()}) == 3

# SPDX-License-Identifier: Apache-2.0
"""`krait formal`: what it prints, what it leaves, and its exit codes."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from harness.formal import proofs, record, sby, tools
from harness.formal.sby import Outcome
from tests.command import Krait


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("KRAIT_BUILD", str(tmp_path / "build"))


def test_a_proof(krait: Krait, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line for the proof and the count; results for the report; what did not change is not run again."""
    done = krait("formal", "perf_counter", "--jobs", 1)
    assert (done.code, done.err) == (0, "")
    assert "PASS  perf_counter" in done.out
    assert "1 proofs, 1 by induction, 0 failed" in done.out
    found = record.read(tmp_path / "build" / "formal" / record.FILE)
    assert found is not None
    assert found.proofs[0].good
    monkeypatch.setattr(sby.subprocess, "run", lambda *_, **__: pytest.fail("run again"))
    monkeypatch.setattr("harness.formal.run.collect", lambda _: found.provenance)
    assert krait("formal", "perf_counter").code == 0


def test_a_failure(krait: Krait, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line on standard error with the names, exit code 1."""
    monkeypatch.setattr(sby, "_fill", surviving)
    done = krait("formal", "perf_counter")
    assert done.code == 1
    assert "FAIL  perf_counter" in done.out
    assert "mutant not refuted in 8 cycles" in done.out
    assert done.err.startswith("krait: formal: perf_counter: not as declared")


def surviving(run: sby.Run, _: tools.Prover, work: Path) -> None:
    verdict = "proved" if run.mode == "prove" else "bounded"
    (work / "outcome.json").write_text(json.dumps(Outcome(verdict, run.depth, 0.0, "").__dict__))


def test_an_unknown_name(krait: Krait, tmp_path: Path) -> None:
    done = krait("formal", "strm_fofi")
    assert done.code == 2
    assert "no proof is called 'strm_fofi'" in done.err
    assert not (tmp_path / "build").exists()


def test_properties_that_yosys_refuses(krait: Krait, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line with the error is quoted, exit code 2, and nothing is kept."""
    counter = proofs.choose(("perf_counter",), proofs.all_proofs())[0]
    monkeypatch.setattr(proofs, "all_proofs", lambda: (replace(counter, params={"NONE": 1}),))
    done = krait("formal")
    assert done.code == 2
    assert "perf_counter" in done.err
    assert "NONE" in done.err
    assert list((tmp_path / "build" / "formal" / "runs").glob("perf*")) == []


def test_a_missing_tool(krait: Krait, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools.sysconfig, "get_path", lambda _: str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    tools.find_prover.cache_clear()
    done = krait("formal", "strm_skid")
    assert done.code == 3
    assert "no z3" in done.err

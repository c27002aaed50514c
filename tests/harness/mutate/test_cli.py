# SPDX-License-Identifier: Apache-2.0
"""`krait mutate`: what it prints, what it leaves, and its exit codes."""

import functools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from golden.errors import MachineError
from harness.mutate import record, run
from harness.mutate.record import UnitResult
from harness.mutate.units import Unit
from tests.command import Krait
from tests.harness.mutate.toys import BAD, FIFO, FOUND

Give = Callable[[UnitResult], None]


@pytest.fixture(autouse=True)
def give(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Give:
    """Let a run of any unit give a result, its mutants told to the watcher."""
    monkeypatch.setenv("KRAIT_BUILD", str(tmp_path / "build"))
    monkeypatch.setattr(run, "versions", lambda _: {"yosys": "0.70"})
    monkeypatch.setattr("harness.provenance.collect", lambda _: FOUND.provenance)

    def judged(
        result: UnitResult, unit: Unit, options: run.Options, watch: run.Watcher, only: int | None = None
    ) -> UnitResult:
        for each in result.mutants:
            watch(unit, each)
        return replace(result, mutants=result.mutants[2:3]) if only else result

    return lambda result: monkeypatch.setattr(run, "run", functools.partial(judged, result))


def test_a_run(krait: Krait, give: Give, tmp_path: Path) -> None:
    """A line a mutant, the table, each survivor with its place and its command, results for the report."""
    give(FIFO)
    done = krait("mutate", "strm_fifo", "--sample", 5)
    assert (done.code, done.err) == (0, "")
    assert "killed      strm_fifo 3      strm_fifo.v:42" in done.out
    assert "strm_fifo.v:83: $logic_and.A[0] stuck at 0   krait mutate strm_fifo --mutant 8" in done.out
    assert "5 mutants of 1 modules, score 75.0 %" in done.out
    assert record.read(tmp_path / "build" / "mutate" / record.FILE) == FOUND


@pytest.mark.parametrize(("goal", "code"), [("75", 0), ("75.1", 1)])
def test_goal(goal: str, code: int, krait: Krait, give: Give) -> None:
    give(FIFO)
    done = krait("mutate", "strm_fifo", "--goal", goal)
    assert done.code == code
    assert ("found a score of 75.0 %, expected 75.1 % or more" in done.err) == bool(code)


def test_a_unit_that_is_not_judged(krait: Krait, give: Give) -> None:
    """It fails the run, with the reason."""
    give(BAD)
    done = krait("mutate", "strm_skid")
    assert done.code == 1
    assert "strm_skid: not judged: it fails" in done.out
    assert done.err == "krait: mutate: strm_skid: not judged, see above\n"


def test_one_mutant(krait: Krait, give: Give, tmp_path: Path) -> None:
    """Everything about it, and no results of a sample."""
    give(FIFO)
    done = krait("mutate", "strm_fifo", "--mutant", 8)
    assert done.code == 0
    assert "hw/verilog/common/strm_fifo.v:83: $logic_and.A[0] stuck at 0 [DATA_W 9]" in done.out
    assert "survived in 1.5 s: no test saw it" in done.out
    assert "repeat: sh repeat.sh" in done.out
    assert not (tmp_path / "build" / "mutate" / record.FILE).exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("strm_fofi",), "found no module 'strm_fofi'"),
        (("m2_dot_sum",), "m2_dot_sum has no unit test"),
        (("strm_fifo", "--sample", "0"), "--sample"),
        (("strm_fifo", "--sim", "vcs"), "found 'vcs', expected icarus or verilator"),
        (("strm_*", "--mutant", "3"), "--mutant is of one module"),
        (("strm_fifo", "--goal", "101"), "--goal"),
    ],
)
def test_bad_input(arguments: tuple[str, ...], said: str, krait: Krait, tmp_path: Path) -> None:
    """One line, exit code 2, nothing left behind."""
    done = krait("mutate", *arguments)
    assert done.code == 2
    assert said in done.err
    assert not (tmp_path / "build").exists()


def test_a_missing_tool(krait: Krait, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: object) -> dict[str, str]:
        raise MachineError("no Icarus Verilog: iverilog or vvp not found on PATH")

    monkeypatch.setattr(run, "versions", missing)
    done = krait("mutate", "strm_fifo")
    assert (done.code, done.err) == (3, "krait: no Icarus Verilog: iverilog or vvp not found on PATH\n")

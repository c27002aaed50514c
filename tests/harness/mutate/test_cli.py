# SPDX-License-Identifier: Apache-2.0
"""`krait mutate`: what it prints, what it leaves, and its exit codes."""

import functools
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from golden.errors import MachineError
from harness.mutate import campaign, reasons, record, run
from harness.mutate.collect import Recordings
from harness.mutate.reasons import Reason, Reasons
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
        result: UnitResult,
        unit: Unit,
        count: int,
        options: run.Options,
        recordings: Recordings,
        watch: run.Watcher,
        only: int | None = None,
    ) -> UnitResult:
        for each in result.mutants:
            watch(unit, each)
        return replace(result, mutants=result.mutants[2:3]) if only else result

    def give(result: UnitResult) -> None:
        for module in (run, campaign):
            monkeypatch.setattr(module, "run", functools.partial(judged, result))

    return give


def test_a_run(krait: Krait, give: Give, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line a mutant, the table, each survivor with its place and its command, results for the report."""
    give(FIFO)
    monkeypatch.setattr(reasons, "read", Reasons)
    done = krait("mutate", "strm_fifo", "--sample", 5, "--goal", 75)
    assert (done.code, done.err) == (0, "")
    assert "killed      strm_fifo 3      strm_fifo.v:42" in done.out
    assert "strm_fifo.v:83: $logic_and.A[0] stuck at 0   krait mutate strm_fifo --mutant 8" in done.out
    assert "5 mutants of 1 modules, score 75.0 %; asked for 5" in done.out
    assert record.read(tmp_path / "build" / "mutate" / record.FILE) == FOUND


@pytest.mark.parametrize(("goal", "code"), [("75", 0), ("75.1", 1)])
def test_goal(goal: str, code: int, krait: Krait, give: Give, monkeypatch: pytest.MonkeyPatch) -> None:
    give(FIFO)
    monkeypatch.setattr(reasons, "read", Reasons)
    done = krait("mutate", "strm_fifo", "--goal", goal)
    assert done.code == code
    assert ("found a score of 75.0 %, expected 75.1 % or more" in done.err) == bool(code)


def test_the_goal_without_one(krait: Krait, give: Give) -> None:
    """97 percent; of fewer the run fails."""
    give(FIFO)
    done = krait("mutate", "strm_fifo", "--sample", 5)
    assert done.code == 1
    assert "found a score of 75.0 %, expected 97 % or more" in done.err


def test_a_survivor_of_streams_needs_a_reason(krait: Krait, monkeypatch: pytest.MonkeyPatch, give: Give) -> None:
    """Whatever the score is; with one it is told below the survivor. Elsewhere the goal alone counts."""
    give(FIFO)
    done = krait("mutate", "strm_fifo", "--goal", 75)
    assert done.code == 1
    assert "found survivors without a reason in strm_fifo" in done.err
    reason = Reason("strm_fifo", "else valid_q <= *", "too rare", "2999-01-01")
    monkeypatch.setattr(reasons, "read", lambda: Reasons(("strm_*",), (reason,)))
    done = krait("mutate", "strm_fifo", "--goal", 75)
    assert (done.code, done.err) == (0, "")
    assert "krait mutate strm_fifo --mutant 8\n  known: too rare\n" in done.out
    monkeypatch.setattr(reasons, "read", lambda: Reasons(("fxp_*",)))
    done = krait("mutate", "strm_fifo", "--goal", 75)
    assert (done.code, "known:" in done.out) == (0, False)


def test_a_unit_that_is_not_judged(krait: Krait, monkeypatch: pytest.MonkeyPatch, give: Give) -> None:
    """It is told with the reason, and fails no run in which others are judged; one with nothing else it does."""
    give(BAD)
    done = krait("mutate", "strm_skid")
    assert done.code == 1
    assert "strm_skid: not judged: it fails" in done.out
    assert done.err == "krait: mutate: nothing could be judged, see above\n"
    good = replace(FIFO, mutants=FIFO.mutants[:2], asked=2)
    monkeypatch.setattr(campaign, "run", lambda unit, *_: BAD if unit.name == "strm_skid" else good)
    done = krait("mutate", "strm_skid", "strm_fifo", "--sample", 3)
    assert (done.code, done.err) == (0, "")
    assert "strm_skid: not judged: it fails" in done.out
    assert "2 mutants of 1 modules, score 100.0 %; asked for 3" in done.out


def test_list(krait: Krait) -> None:
    """Which tests judge a module, of which module they are where that is another; nothing is judged."""
    done = krait("mutate", "m2_dot*", "ternary_accel", "--list")
    rows = [
        [word for word in line.split() if word.isprintable() and word not in "│|"] for line in done.out.splitlines()
    ]
    assert done.code == 0
    assert ["m2_dot_sum", "tests/rtl/test_m2_dot.py", "m2_dot"] in rows
    assert ["m2_dot", "tests/rtl/test_m2_dot.py"] in rows
    assert ["ternary_accel", "krait", "regress", "ternary_silu_icarus"] in rows


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
        (("strm_fofi",), "found no hand-written module 'strm_fofi'"),
        (("m2_rom_exp",), "found no hand-written module 'm2_rom_exp'"),
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

# SPDX-License-Identifier: Apache-2.0
"""Verdicts: a simulation that fails with a fault and passes without ends them; each is kept under what it needs."""

from dataclasses import replace
from pathlib import Path

import pytest

from golden.errors import CheckError, MachineError
from harness.mutate import judge
from harness.mutate.judge import Bench, Outcome, Store
from harness.mutate.simulations import Simulation
from harness.sim.process import Exit
from harness.sim.results import CocotbResult, Failure

GOOD = CocotbResult(("order",), (), Path("results.xml"), Path("sim.log"), "sh good.sh")
FAILED = CocotbResult((), (Failure("order", "found 1"),), Path("results.xml"), Path("sim.log"), "sh bad.sh")
HUNG = CocotbResult((), (Failure("simulation", "killed"),), Path("x"), Path("y"), "sh hung.sh", Exit(-9, True))
SHOT = CocotbResult((), (Failure("simulation", "died"),), Path("x"), Path("sim.log"), "sh shot.sh", Exit(-9, False))


def simulation(test: str = "test_a", **changes: object) -> Simulation:
    told = {
        "test": test, "sim": "icarus", "top": "toy_gate", "sources": (), "params": {"W": 2}, "defines": {},
        "includes": (), "test_module": "tests.x", "testcase": "", "seed": 1, "env": {}, "plusargs": (), "plain": True,
    }  # fmt: skip
    return Simulation(**(told | changes))  # type: ignore[arg-type]


@pytest.fixture
def bench(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Bench:
    """Three simulations, the results of which are what `results` of the bench's folder name."""
    return Bench(tmp_path / "toy_gate.v", (simulation("a"), simulation("b"), simulation("c")), "icarus", tmp_path)


def play(monkeypatch: pytest.MonkeyPatch, *results: CocotbResult) -> list[str]:
    """Let simulations of faults give results, one after the other; return the list of those that were run.

    Without a fault all pass.
    """
    left, ran = list(results), []

    def run(self: Simulation, _source: Path, _sim: str, plusargs: list[str], *_: object) -> CocotbResult:
        if plusargs == [f"+krait_mutant={judge.NONE}"]:
            return GOOD
        ran.append(self.test)
        return left.pop(0)

    monkeypatch.setattr(Simulation, "run", run)
    return ran


@pytest.mark.parametrize(
    ("results", "verdict", "by", "runs"),
    [
        ((GOOD, GOOD, GOOD), "survived", "", 3),
        ((GOOD, FAILED), "killed", "order: found 1", 2),
        ((HUNG,), "timed out", "a: killed after 60 s", 1),
    ],
)
def test_verdicts(
    results: tuple[CocotbResult, ...], verdict: str, by: str, runs: int, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Simulations run until one fails; what the watchdog ends is told apart."""
    ran = play(monkeypatch, *results)
    found = bench.judge(17)
    assert (found.verdict, found.by, len(ran)) == (verdict, by, runs)
    assert found.repeat == results[-1].repeat


def test_tests_that_fail_without_a_fault(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """They say nothing about one, and are told with the command that repeats them."""
    monkeypatch.setattr(Simulation, "run", lambda *_: FAILED)
    with pytest.raises(CheckError, match=r"a: fails on the netlist without a fault: order: found 1; repeat: sh bad.sh"):
        bench.judge(17)


def test_without_a_fault_once(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each simulation that a mutant needs runs without a fault once, whatever the number of mutants and benches."""
    ran = []

    def run(self: Simulation, _source: Path, _sim: str, plusargs: list[str], *_: object) -> CocotbResult:
        ran.append((self.test, int(plusargs[0].rpartition("=")[2])))
        return FAILED if ran[-1] in (("b", 1), ("b", 2)) else GOOD

    monkeypatch.setattr(Simulation, "run", run)
    other = replace(bench, source=bench.source.with_name("other.v"))
    assert [each.judge(number).verdict for number, each in ((1, bench), (2, other))] == ["killed", "killed"]
    assert ran == [("a", 0), ("a", 1), ("b", 0), ("b", 1), ("a", 2), ("b", 2)]


def test_a_mutant_gets_several_times_what_it_takes_without(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a slow simulation five times its seconds, of all simulations so far together."""
    slow = replace(GOOD, exit=Exit(0, False, seconds=20.0))
    given: list[float] = []

    def run(self: Simulation, _source: Path, _sim: str, plusargs: list[str], _: Path, seconds: float) -> CocotbResult:
        given.append(seconds)
        return slow

    monkeypatch.setattr(Simulation, "run", run)
    assert bench.judge(17).seconds == 60
    assert given == [300, 100, 300, 180, 300, 260]


def test_a_simulation_killed_from_outside_is_no_verdict(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without memory would otherwise raise the score."""
    play(monkeypatch, SHOT)
    with pytest.raises(MachineError, match="something outside killed the simulation"):
        bench.judge(17)


def test_store(tmp_path: Path) -> None:
    """What was kept comes back; a torn file is as if it were not there."""
    store, outcome = Store(tmp_path / "outcomes"), Outcome("killed", "order", 1.5, "sh x.sh")
    assert store.load("k") is None
    store.save("k", outcome)
    assert store.load("k") == outcome
    (tmp_path / "outcomes" / "k.json").write_text('{"verdict": "kil')
    assert store.load("k") is None


def test_keys() -> None:
    """Each of what a verdict depends on changes its key; the name of the test does not."""
    told = ("cells", "-mode inv", (simulation(),), "tests", ("icarus 12",))
    others = [("x", *told[1:]), (told[0], "x", *told[2:]), (*told[:3], "x", told[4]), (*told[:4], ("icarus 13",))]
    others += [(*told[:2], (simulation(**change),), *told[3:]) for change in ({"seed": 2}, {"params": {"W": 3}})]
    keys = {judge.key(*each) for each in (told, *others)}  # type: ignore[arg-type]
    assert len(keys) == 7
    assert judge.key(*told) == judge.key(*told[:2], (simulation("renamed"),), *told[3:])

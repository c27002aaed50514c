# SPDX-License-Identifier: Apache-2.0
"""Faults in a toy unit, from its tests to the verdicts, by the tools as they are: Yosys, Icarus, cocotb."""

from pathlib import Path

import pytest

from golden.errors import InputError
from harness.mutate import judge, netlist, run
from harness.mutate.judge import Bench, Outcome
from harness.mutate.run import Options
from harness.mutate.simulations import distinct, record
from tests.harness.mutate.toys import TOY

pytestmark = pytest.mark.icarus


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> Options:
    return Options(2, 1, "icarus", 1, tmp_path_factory.mktemp("mutate"))


def numbered(options: Options, what: str) -> int:
    """Return the number of the first mutant that does something."""
    place = options.folder / TOY.name
    return next(each.number for each in netlist.elaborate(TOY, {"W": 2}, 1, place).mutants if each.what == what)


@pytest.mark.parametrize(
    ("what", "verdict"),
    [
        ("$and.Y[0] stuck at 1", "killed"),
        ("$reduce_xor.Y[0] (parity[0]) inverted", "survived"),
        ("$le.Y[0] (one[0]) stuck at 1", "equivalent"),
    ],
)
def test_verdicts(what: str, verdict: str, options: Options) -> None:
    """What a test sees is killed; what none looks at survives; what changes nothing is proved to."""
    (found,) = run.run(TOY, options, lambda *_: None, only=numbered(options, what)).mutants
    assert (found.what, found.outcome.verdict) == (what, verdict)
    assert found.params == {"W": 2}
    if verdict == "killed":
        assert "ands" in found.outcome.by
        assert Path(found.outcome.repeat.removeprefix("sh ")).is_file()


def test_a_hang_is_ended_by_the_watchdog(options: Options) -> None:
    """A test that waits for what no longer comes is a class of its own, and is told so."""
    place = options.folder / TOY.name
    cells = netlist.elaborate(TOY, {"W": 2}, 1, place)
    hanging = next(each for each in cells.mutants if each.what.endswith("(ready[0]) stuck at 0"))
    simulations = distinct(record(TOY, place), "toy_gate", "icarus")
    bench = Bench(netlist.write(cells, [hanging], place), simulations[:1], "icarus", place / "hang")
    assert bench.judge(hanging.number, 2.0).verdict == "timed out"


def test_what_is_known_is_not_run_again(options: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second run, and one of a larger sample, takes the verdicts that there are."""
    told: list[int] = []
    first = run.run(TOY, options, lambda _, found: told.append(found.number))
    assert [each.number for each in first.mutants] == told
    assert len(told) == 2
    assert first.known > 10
    monkeypatch.setattr(Bench, "judge", lambda *_: pytest.fail("run again"))
    assert run.run(TOY, options, lambda *_: None).mutants == first.mutants


def test_tests_that_fail_without_a_fault(options: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such a unit is not judged, and it is said why."""
    monkeypatch.setattr(judge, "FORMAT", 99)
    monkeypatch.setattr(Bench, "judge", lambda *_: Outcome("killed", "ands: 1 and 1", 1.0, "sh repeat.sh"))
    result = run.run(TOY, options, lambda *_: None)
    assert result.mutants == ()
    assert "its tests fail on the netlist without a fault: ands: 1 and 1" in result.unjudged


def test_a_number_that_is_none(options: Options) -> None:
    with pytest.raises(InputError, match=r"found --mutant 99999, expected 1 to \d+"):
        run.run(TOY, options, lambda *_: None, only=99999)


def test_recorded_once(options: Options) -> None:
    """Of two simulators the one that judges; a test that needs a real build is left out."""
    taken = record(TOY, options.folder / TOY.name)
    found = [(each.sim, each.params["W"]) for each in taken]
    assert found == [("verilator", 2), ("icarus", 2), ("verilator", 3), ("icarus", 3)]
    assert [(each.sim, each.params["W"]) for each in distinct(taken, "toy_gate", "icarus")] == [
        ("icarus", 2),
        ("icarus", 3),
    ]
    assert distinct(taken, "another", "icarus") == ()

# SPDX-License-Identifier: Apache-2.0
"""Faults in a toy unit, from its tests to the verdicts, by the tools as they are: Yosys, Icarus, cocotb."""

from pathlib import Path
from typing import Never

import pytest

from golden.errors import CheckError, InputError
from harness.mutate import judge, netlist, run
from harness.mutate.collect import Recordings
from harness.mutate.judge import Bench
from harness.mutate.record import UnitResult
from harness.mutate.run import Options
from harness.mutate.simulations import distinct
from harness.mutate.units import Unit
from tests.harness.mutate.toys import FRAMED, TOY

pytestmark = pytest.mark.icarus


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> Options:
    return Options(1, "icarus", 1, tmp_path_factory.mktemp("mutate"))


def judged(
    unit: Unit, options: Options, count: int = 2, only: int | None = None, watch: run.Watcher = lambda *_: None
) -> UnitResult:
    return run.run(unit, count, options, Recordings(options.folder, [unit], "icarus"), watch, only)


def numbered(options: Options, what: str, wider: int = 0) -> int:
    """Return the number of the first mutant of a gate of two bits, or of more, that does something."""
    cells = netlist.elaborate(TOY, {"W": 2 + wider}, 1 + wider * netlist.MOST, options.folder / TOY.name)
    return next(each.number for each in cells.mutants if each.what == what)


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
    (found,) = judged(TOY, options, only=numbered(options, what)).mutants
    assert (found.what, found.outcome.verdict) == (what, verdict)
    assert found.params == {"W": 2}
    if verdict == "killed":
        assert "ands" in found.outcome.by
        assert Path(found.outcome.repeat.removeprefix("sh ")).is_file()


@pytest.mark.parametrize(("wider", "builds"), [(0, ""), (1, "(built with W 2)")])
def test_inside_of_a_frame(wider: int, builds: str, options: Options) -> None:
    """A fault is in the instances with one set of parameters. No test looks at the wider ones: what nobody sees there
    is killed in the others, which have the same fault.
    """
    result = judged(FRAMED, options, only=numbered(options, "$and.Y[0] stuck at 1", wider))
    (found,) = result.mutants
    assert (found.params, found.outcome.verdict) == ({"W": 2 + wider}, "killed")
    assert found.outcome.by.endswith(builds)
    assert wider or "built with" not in found.outcome.by
    assert result.within == ("toy_frame",)


def test_what_no_build_shows(options: Options) -> None:
    """A fault that no test looks at in any build survives; so does one of a bit that the others do not have."""
    for what in ("$reduce_xor.Y[0] (parity[0]) inverted", "$and.Y[2] stuck at 1"):
        (found,) = judged(FRAMED, options, only=numbered(options, what, 1)).mutants
        assert (found.what, found.outcome.verdict) == (what, "survived")


def test_a_hang_is_ended_by_the_watchdog(options: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test that waits for what no longer comes is a class of its own, and is told so."""
    place = options.folder / TOY.name
    cells = netlist.elaborate(TOY, {"W": 2}, 1, place)
    hanging = next(each for each in cells.mutants if each.what.endswith("(ready[0]) stuck at 0"))
    simulations = distinct(Recordings(options.folder, [TOY], "icarus").of(TOY), TOY, "icarus")
    bench = Bench(netlist.write(cells, [hanging], place), simulations[:1], "icarus", place / "hang")
    monkeypatch.setattr(judge, "LIMIT_S", 2.0)
    monkeypatch.setattr(judge, "PATIENCE", 0)
    monkeypatch.setattr(Bench, "_without", lambda *_: 0.0)
    assert bench.judge(hanging.number).verdict == "timed out"


def test_what_is_known_is_not_run_again(options: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second run, and one of a larger sample, takes the verdicts that there are."""
    told: list[int] = []
    first = judged(TOY, options, watch=lambda _, found: told.append(found.number))
    assert [each.number for each in first.mutants] == told
    assert len(told) == 2
    assert first.known > 10
    monkeypatch.setattr(Bench, "judge", lambda *_: pytest.fail("run again"))
    assert judged(TOY, options).mutants == first.mutants


def test_tests_that_fail_without_a_fault(options: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such a unit is not judged, and it is said why."""

    def fails(*_: object) -> Never:
        raise CheckError("ands: fails on the netlist without a fault")

    monkeypatch.setattr(judge, "FORMAT", 99)
    monkeypatch.setattr(Bench, "judge", fails)
    result = judged(TOY, options)
    assert (result.mutants, result.asked) == ((), 2)
    assert "ands: fails on the netlist without a fault" in result.unjudged


def test_builds_without_the_unit(options: Options, monkeypatch: pytest.MonkeyPatch) -> None:
    """A build that leaves it out judges nothing; where all do, it is said."""
    known = run.shapes
    monkeypatch.setattr(run, "shapes", lambda *at: {each for each in known(*at) if dict(each)["W"] == 3})
    result = judged(TOY, options)
    assert (result.simulations, {each.params["W"] for each in result.mutants}) == (1, {3})
    monkeypatch.setattr(run, "shapes", lambda *_: frozenset())
    assert "no simulation of judges.py has an instance of it" in judged(TOY, options).unjudged


def test_a_number_that_is_none(options: Options) -> None:
    with pytest.raises(InputError, match="found --mutant 99999, expected one of "):
        judged(TOY, options, only=99999)


def test_recorded_once(options: Options) -> None:
    """For the simulator that judges; a test that needs a real build is left out."""
    taken = Recordings(options.folder, [TOY], "icarus").of(TOY)
    found = [(each.sim, each.params["W"]) for each in taken]
    assert found == [("icarus", 2), ("icarus", 3)]
    assert distinct(taken, TOY, "icarus") == taken

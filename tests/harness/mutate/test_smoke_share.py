# SPDX-License-Identifier: Apache-2.0
"""Faults in a kernel by who sees them first: the smoke suite, the night's seeds, the solver, or nobody."""

from contextlib import nullcontext
from pathlib import Path

import pytest

from golden.errors import CheckError, MachineError
from harness.build import IcarusBuild
from harness.mutate import smoke_share
from harness.mutate.smoke_share import Court, Fault, Seen, draw, entries, judge, share
from harness.regress import suites
from harness.regress.suites import Entry
from harness.regress.task import Outcome, Task
from tests.harness.mutate.toys import TOY

ANDS = Entry("ands", "ands", "sim", "beat", "icarus", 1, 7, "toy")


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    """toy_gate as a kernel of one module, whose regression is its unit test on Icarus."""
    spec = IcarusBuild("toy_gate", (TOY.source,), {"W": 2})
    monkeypatch.setitem(suites.MODULES, "toy", "tests.harness.mutate.cocotb_toy_gate")
    monkeypatch.setattr(smoke_share, "cocotb_build", lambda *_: spec)
    monkeypatch.setattr(smoke_share, "all_units", lambda: (TOY,))


def at(faults: tuple[Fault, ...], what: str) -> Fault:
    return next(fault for fault in faults if what in fault.mutant.what)


@pytest.mark.usefixtures("toy")
def test_who_sees_a_fault(tmp_path: Path) -> None:
    """A wrong register is seen, an output that no test reads is not, and a comparison that always holds is proved.

    All three are in one build, and none of them acts without its number.
    """
    faults = draw("toy", "sim", 500, 1, tmp_path)
    court = Court(faults, Path(), tmp_path)
    chosen = [at(faults, each) for each in ("(y[0]) inverted", "(parity[0]) inverted", "(one[0]) stuck at 1")]
    assert [judge(court, fault, [ANDS], [], tmp_path) for fault in chosen] == ["smoke", "nobody", "equivalent"]
    assert not court.sees(ANDS, 999_999)


@pytest.mark.usefixtures("toy")
def test_a_regression_that_fails_anyway(tmp_path: Path) -> None:
    """Without a fault every simulation has to pass, or it would see everything."""
    court = Court(draw("toy", "sim", 1, 1, tmp_path), Path(), tmp_path)
    missing = Entry("missing", "missing", "sim", "beat", "icarus", 1, 7, "toy")
    with pytest.raises(CheckError, match="missing --seed 7 fails on netlists without a fault"):
        court.sees(missing, 1)


@pytest.mark.usefixtures("toy")
def test_what_could_not_run_saw_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A simulation that something else killed is no verdict on a fault."""
    court = Court(draw("toy", "sim", 1, 1, tmp_path), Path(), tmp_path)
    ends = iter([Outcome("PASS"), Outcome("BLOCKED", "killed by something else")])
    monkeypatch.setattr(Task, "execute", lambda _: next(ends))
    with pytest.raises(MachineError, match="ands --seed 7 could not run: killed by something else"):
        court.sees(ANDS, 1)


@pytest.mark.usefixtures("toy")
def test_samples(tmp_path: Path) -> None:
    """A larger sample holds the smaller one; numbers are those by which the build tells faults apart."""
    small, large = (draw("toy", "sim", count, 3, tmp_path) for count in (3, 6))
    assert {each.mutant for each in small} < {each.mutant for each in large}
    assert len({each.mutant.number for each in large}) == 6


@pytest.mark.parametrize(
    ("seen_by", "proved", "verdict"),
    [("ab", False, "smoke"), ("b", False, "night"), ("b", True, "equivalent"), ("", False, "nobody")],
)
@pytest.mark.usefixtures("toy")
def test_the_order(seen_by: str, proved: bool, verdict: Seen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Smoke first, then the solver, then the night; what one of them settles the next is not asked."""
    asked: list[str] = []

    class Told(Court):
        def sees(self, entry: Entry, number: int) -> bool:
            asked.append(entry.name)
            return entry.name in seen_by

    def compare(*_: object) -> str:
        asked.append("solver")
        return "equal" if proved else "different"

    monkeypatch.setattr(smoke_share, "compare", compare)
    fault = draw("toy", "sim", 1, 1, tmp_path)[0]
    told = Told([], Path(), tmp_path)
    a, b, none = (Entry(name, "ands", "sim", "beat", "icarus", 1, 7, "toy") for name in ("a", "b", "none"))
    assert judge(told, fault, [none, a], [b], tmp_path) == verdict
    asked.remove("none")
    assert asked == {"smoke": ["a"], "equivalent": ["a", "solver"]}.get(verdict, ["a", "solver", "b"])


def test_share() -> None:
    """What nobody sees and what is proved counts nowhere; of nothing there is no share."""
    assert share(["smoke", "smoke", "smoke", "night", "equivalent", "nobody"]) == 75
    assert share(["equivalent", "nobody"]) is None


def test_simulations_of_a_kernel() -> None:
    """Those of its configuration alone: of the night every seed, the first of them smoke's own."""
    smoke, night = entries("smoke", "tern_matvec", "sim"), entries("nightly", "tern_matvec", "sim", 3)
    assert {each.name for each in smoke} < {each.name for each in night}
    assert {(each.kernel, each.config) for each in night} == {("tern_matvec", "sim")}
    assert set(smoke) < set(night)
    assert len([each for each in night if each.name == "random_bulk_0"]) == 3


@pytest.mark.parametrize(("seen", "good"), [("smoke", True), ("night", False), ("nobody", False)])
@pytest.mark.usefixtures("toy")
def test_the_script(
    seen: Seen,
    good: bool,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A line a fault, counts, and an error where the goal is missed or nothing was seen."""
    monkeypatch.setenv("KRAIT_BUILD", str(tmp_path))
    monkeypatch.setattr(smoke_share, "judge", lambda *_: seen)
    missed = pytest.raises(CheckError, match=r"smoke keeps 0\.0 % of the kills, expected 95 % or more")
    with nullcontext() if good else missed:
        smoke_share.main("toy", "sim", 2, 7, 5, 1)
    said = capsys.readouterr().out
    assert said.count("  toy_gate.v:") == 2
    assert f"toy sim, 2 faults: first seen by: {2 * (seen == 'smoke')} smoke" in said

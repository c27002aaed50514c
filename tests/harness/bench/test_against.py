# SPDX-License-Identifier: Apache-2.0
"""Runs held against earlier ones: planted slowdowns are found, noise is none, what cannot be compared says why."""

import subprocess
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from golden.errors import InputError
from harness import provenance
from harness.bench import jsonl
from harness.bench.against import Base, base, compare, judge, left_out, newest
from harness.bench.history import Entry, History, entry
from harness.bench.statistics import Interval
from harness.bench.trend import JOULES, Figure
from tests.harness.samples import PROVENANCE, record, sample


def figure(*samples: float, **changes: Any) -> Figure:
    fields: dict[str, Any] = {"subject": "tg8", "place": "vc709", "name": "cycles", "unit": "cycles"}
    return Figure(**{**fields, "source": "measured", "made": PROVENANCE, "samples": samples, **changes})


def simulated(cycles: float) -> Figure:
    return figure(cycles, source="simulated")


def drawn(seed: int, median: float = 1000.0, spread: float = 0.03, count: int = 20) -> tuple[float, ...]:
    """Times as of a shared machine: a long tail to the right."""
    return tuple(median * np.exp(spread * np.random.default_rng(seed).exponential(1, count)))


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 10**12), st.integers(1, 10**12))
def test_simulated_cycles_are_compared_exactly(new: int, old: int) -> None:
    """One cycle more is slower, one less faster; there is no tolerance."""
    found = judge(simulated(new), simulated(old))
    assert found.verdict == ("slower" if new > old else "faster" if new < old else "same")
    assert found.ratio
    assert found.ratio.value == pytest.approx(new / old)


@pytest.mark.parametrize(("factor", "verdict"), [(1.08, "slower"), (1 / 1.08, "faster")])
def test_a_planted_change_is_found(factor: float, verdict: str) -> None:
    """8 % more or less of samples with a spread of 3 %, on every draw."""
    found = [judge(figure(*(factor * s for s in drawn(2 * i))), figure(*drawn(2 * i + 1))).verdict for i in range(30)]
    assert set(found) == {verdict}


def test_noise_is_no_regression() -> None:
    """Of 60 pairs of runs of the same thing none is called slower or faster, whatever the spread; small ones same."""
    for spread in (0.01, 0.3):
        found = [judge(figure(*drawn(i, spread=spread)), figure(*drawn(i + 1000, spread=spread))) for i in range(60)]
        verdicts = [each.verdict for each in found]
        assert verdicts.count("unknown" if spread > 0.1 else "same") > 50
        assert {"slower", "faster"}.isdisjoint(verdicts)


def test_a_change_within_the_noise_is_the_same() -> None:
    """Half a percent more, however sure it is."""
    steady = [1000.0 + i / 100 for i in range(20)]
    found = judge(figure(*(1.005 * s for s in steady)), figure(*steady))
    assert found.verdict == "same"
    assert found.ratio
    assert found.ratio.low > 1


def test_wide_intervals_and_few_samples_say_nothing() -> None:
    """Neither is a verdict, and the reason is told."""
    wide = judge(figure(*drawn(1, spread=1.0, count=6)), figure(*drawn(2, spread=1.0, count=6)))
    assert (wide.verdict, wide.reason) == ("unknown", "the interval is too wide to tell")
    few = judge(figure(1, 2, 3, 4), figure(*drawn(3)))
    assert (few.verdict, few.reason) == ("unknown", "4 samples, expected 5 at least on each side")


APART = {
    "results": ({"note": "differs: row 3"}, "differs: row 3"),
    "source": ({"source": "simulated"}, "simulated, the counterpart measured"),
    "work": ({"work": "9 tokens"}, "other work: 9 tokens; before: "),
    "machine": ({"host": "a laptop"}, "another machine: a laptop; before: "),
}


@pytest.mark.parametrize("name", APART)
def test_what_cannot_be_compared_says_why(name: str) -> None:
    """Results that differ, simulated against measured, other work, and times of another machine."""
    changes, reason = APART[name]
    found = judge(figure(*drawn(1), **changes), figure(*drawn(2)))
    assert (found.verdict, found.reason) == ("unknown", reason)
    assert judge(figure(*drawn(1)), figure(*drawn(2), **changes)).verdict == "unknown"


@pytest.mark.parametrize(("joules", "verdict"), [(2.5, "slower"), (1.6, "faster"), (2.02, "same"), (2.06, "unknown")])
def test_energy_is_compared_by_its_intervals(joules: float, verdict: str) -> None:
    """The ratio's interval is the widest that both allow."""

    def energy(value: float) -> Figure:
        return figure(unit=JOULES, known=Interval(value, 0.99 * value, 1.01 * value, 0.95))

    found = judge(energy(joules), energy(2.0))
    assert found.verdict == verdict
    assert found.ratio
    assert (found.ratio.low, found.ratio.high) == pytest.approx((joules * 0.99 / 2.02, joules * 1.01 / 1.98))


# ---- what a run is held against


def replay(cycles: int, minute: int = 0, revision: str = "c0ffee", dirty: bool = False, **changes: Any) -> Entry:
    made = replace(PROVENANCE, time_utc=f"2026-11-21T12:{minute:02}:00Z", revision=revision, dirty=dirty)
    return entry("records", record(sample(cycles=cycles), provenance=made, **changes))


def cycles(found: Base) -> dict[str, float]:
    return {subject: each.samples[0] for (subject, _, _), each in found.figures.items()}


def filled(path: Path, *entries: Entry) -> History:
    history = History(path)
    history.add(entries)
    return history


@settings(deadline=None)
@given(st.permutations([replay(c, m) for m, c in enumerate((300, 200, 500))]))
def test_the_newest_counts_in_any_order(entries: list[Entry]) -> None:
    (found,) = newest(entries).values()
    assert found.samples == (500.0,)


def test_a_file_of_records(tmp_path: Path) -> None:
    """Its newest records, whatever their revision; a history as a file is read the same."""
    for each in (replay(300), replay(200, 1, "beef", dirty=True)):
        jsonl.append(tmp_path / "r.jsonl", each.record)
    with closing(filled(tmp_path / "other", replay(250))) as other, closing(History(tmp_path / "h")) as history:
        assert cycles(base(str(tmp_path / "r.jsonl"), history)) == {"tiny": 200}
        assert cycles(base(str(other.path), history)) == {"tiny": 250}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """A git repository in the place of krait's, with three commits on main and one beside it; their hashes."""
    folder = tmp_path / "repository"
    folder.mkdir()
    monkeypatch.setattr(provenance, "ROOT", folder)
    identity = ("-c", "user.name=t", "-c", "user.email=t@t", "-c", "commit.gpgsign=false")

    def git(*arguments: str) -> str:
        done = subprocess.run(["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    git("init", "-q", "-b", "main")
    found = []
    for name in ("one", "two", "three"):
        git("commit", "-q", "--allow-empty", "-m", name)
        found.append(git("rev-parse", "HEAD"))
    git("checkout", "-q", "-b", "side", found[0])
    git("commit", "-q", "--allow-empty", "-m", "side")
    return [*found, git("rev-parse", "HEAD")]


def test_main_is_its_newest_commit_with_the_figure(tmp_path: Path, repository: list[str]) -> None:
    """Each workload's own; a record of another branch, of local changes or of the run itself is no record of main."""
    one, two, three, side = repository
    run = replay(111, 9, three)
    history = filled(
        tmp_path / "h", replay(300, 5, one), replay(200, 1, two), replay(400, 6, one, workload="other"),
        replay(1, 7, side), replay(2, 8, three, dirty=True), run,
    )  # fmt: skip
    with closing(history):
        assert cycles(base("main", history, [run])) == {"tiny": 200, "other": 400}
        assert cycles(base("main", history)) == {"tiny": 111, "other": 400}


def test_a_revision_is_that_commit_alone(tmp_path: Path, repository: list[str]) -> None:
    """By branch, hash or its beginning; of one that git does not know here, the history may; else it is refused."""
    one, _, three, side = repository
    entries = replay(300, 5, one), replay(7, 1, side), replay(8, 1, "feedbeef00")
    with closing(filled(tmp_path / "h", *entries)) as history:
        for name, expected in ((one, {"tiny": 300}), (one[:8], {"tiny": 300}), ("side", {"tiny": 7}), (three, {})):
            assert cycles(base(name, history)) == expected
        assert cycles(base("feedbeef", history)) == {"tiny": 8}
        for wrong in ("nosuch", "fee", "--all", ""):
            with pytest.raises(InputError, match="expected main, a revision or a file"):
                base(wrong, history)


def test_a_run_is_told_figure_by_figure() -> None:
    """The slower ones first, what has no counterpart said to have none, and what was not run named."""
    before = {
        e.record.workload: e for e in (replay(200, workload=name) for name in ("same", "worse", "better", "gone"))
    }
    now = [replay(200, 1, workload="same"), replay(201, 1, workload="worse"), replay(150, 1, workload="better")]
    against = Base("main", newest(before.values()))
    rows = compare([*now, replay(1, 1, workload="new")], against)
    assert [(row.found.subject, row.judgement.verdict, row.fails) for row in rows] == [
        ("worse", "slower", True),
        ("new", "unknown", False),
        ("better", "faster", False),
        ("same", "same", False),
    ]
    assert rows[1].judgement.reason == "no counterpart in main"
    assert [subject for subject, _, _ in left_out(now, against)] == ["gone"]


def test_what_is_not_judged_fails_nothing() -> None:
    """PyTorch's time is told to be slower, and the run is none the worse."""
    slow, fast = (figure(*(f * s for s in drawn(1)), judged=False) for f in (2, 1))
    assert judge(slow, fast).verdict == "slower"

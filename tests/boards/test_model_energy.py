# SPDX-License-Identifier: Apache-2.0
"""Energy behind a measured case: what is repeated, what a failing start or no sensor leaves, what is finished."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from boards.model_energy import NOTHING, Metering, finished, follow, metering
from golden.errors import InputError, MachineError
from harness.bench import energy_record
from harness.bench.energy import figures, problems
from tests.boards.power.fakes import Lab
from tests.harness.samples import model_case

RECORD = model_case()


class Board:
    """A board and the case on it: remembers what was started and whether it was brought back."""

    timeout_s = 7.0

    def __init__(self, fails: int | None = None) -> None:
        self.started: list[tuple[str, float]] = []
        self.recovered, self._fails = 0, fails
        self.kernel = self

    def untapped(self) -> str:
        return "untapped"

    def run(self, arguments: str, timeout_s: float) -> None:
        self.started.append((arguments, timeout_s))
        if len(self.started) == self._fails:
            raise MachineError("not done within 7 s; CTRL=0x0")

    def counters(self) -> SimpleNamespace:
        return SimpleNamespace(cycles=199_500_000)

    def check_clock(self) -> float:
        return 199.5

    def recover(self) -> None:
        self.recovered += 1


def test_the_cases_own_start_is_repeated(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is captured in it; five starts of 4 s, 1 s of each in the kernel, in 36 s at 30 W, 10 W of them idle."""
    board = Board()
    follow(Lab().metering(), board, board, RECORD, tmp_path / "energy.jsonl")
    (found,) = energy_record.read(tmp_path / "energy.jsonl")
    assert set(board.started) == {("untapped", 7.0)}
    assert (found.workload, found.work, found.tokens) == ("bitnet-tiny ternary-b158 tg4@d9", "decode", 5)
    assert (found.run, found.board, found.clock_mhz) == (RECORD.run, "vc709", 199.5)
    assert problems(found) == ()
    shown = figures(found)
    assert shown is not None
    assert shown.per_token.value == pytest.approx(30 * 36 / 25)
    assert shown.per_token_above_idle.value == pytest.approx(20 * 36 / 25)
    assert shown.paper_j_per_token == pytest.approx(30 * 5 / 25)
    assert "43.2 [" in capsys.readouterr().out
    assert board.recovered == 0


def test_a_start_that_fails_is_the_reason(tmp_path: Path) -> None:
    """No figure is made of half a loop, and the board is brought back for the next case."""
    board = Board(fails=4)
    follow(Lab().metering(), board, board, RECORD, tmp_path / "energy.jsonl")
    (found,) = energy_record.read(tmp_path / "energy.jsonl")
    assert found.reason == "a start failed while power was read: not done within 7 s; CTRL=0x0"
    assert (figures(found), found.run, board.recovered) == (None, RECORD.run, 1)


def test_without_a_sensor_nothing_is_started(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The record says n/a and why; a sensor that is silent is a reason, a wrong argument an error."""

    def silent() -> None:
        raise MachineError("vc709: its UCD9248 controllers need an I2C master")

    board = Board()
    follow(metering(silent), board, board, RECORD, tmp_path / "energy.jsonl")  # type: ignore[arg-type]
    follow(NOTHING, board, board, RECORD, tmp_path / "energy.jsonl")
    first, second = energy_record.read(tmp_path / "energy.jsonl")
    assert first.reason == "vc709: its UCD9248 controllers need an I2C master"
    assert second.reason == "nobody asked for a sensor"
    assert "energy: n/a (vc709: its UCD9248" in capsys.readouterr().out
    assert board.started == []

    def wrong() -> None:
        raise InputError("bdf: several cards")

    with pytest.raises(InputError, match="several cards"):
        metering(wrong)  # type: ignore[arg-type]
    source = Lab().source
    assert metering(lambda: source) == Metering(source)


def test_what_is_finished(tmp_path: Path) -> None:
    """Cases of the same run, whether measured or n/a; those of another run and records without one are not."""
    board, path = Board(), tmp_path / "energy.jsonl"
    follow(NOTHING, board, board, RECORD, path)
    follow(NOTHING, board, board, replace(RECORD, case="pp64", run="other"), path)
    records = energy_record.read(path)
    assert finished(records, RECORD.asked) == {"bitnet-tiny ternary-b158 tg4@d9"}
    assert finished((replace(records[0], run=""),), RECORD.asked) == frozenset()

# SPDX-License-Identifier: Apache-2.0
"""Waivers of coverage: what they cover, and that one without a reason, a date or a point is refused."""

from datetime import date
from pathlib import Path

import pytest

from golden.errors import InputError
from harness.coverage.model import Database
from harness.coverage.waivers import DEFAULT, Waiver, check, find, read
from harness.paths import VERILOG
from tests.harness.coverage.databases import ELSE, FALLS, IF, ONE, RISES, small

NOW = date(2026, 11, 22)
GIVEN = {
    "kind": '"toggle"',
    "unit": '"common/axil_*.v"',
    "point": '"q[0]:1->0"',
    "reason": '"tied"',
    "expires": '"2026-11-22"',
}


def write(path: Path, **changes: str | None) -> Path:
    fields = {key: value for key, value in (GIVEN | changes).items() if value is not None}
    path.write_text("[[waiver]]\n" + "".join(f"{key} = {value}\n" for key, value in fields.items()))
    return path


def test_the_own_file_is_good() -> None:
    """No waiver in it has expired, and each fits a file."""
    read(DEFAULT)


def test_on_its_last_day_it_holds(tmp_path: Path) -> None:
    (found,) = read(write(tmp_path / "w.toml"), NOW)
    assert (found.reason, found.line) == ("tied", 0)
    with pytest.raises(
        InputError, match=r"w\.toml: waiver\[0\]\.expires: found 2026-11-22, expected 2026-11-23 or later"
    ):
        read(tmp_path / "w.toml", date(2026, 11, 23))


def test_what_it_covers() -> None:
    """Kind, unit, line and text all have to fit; brackets stand for themselves."""
    waiver = Waiver("toggle", "common/t*.v", "tied", "2026-12-31", "q[0]*", 3)
    assert find([waiver], FALLS) is waiver
    assert waiver.covers(RISES)
    others = (RISES._replace(line=4), RISES._replace(unit="ternary/toy.v"), RISES._replace(name="0"), IF)
    assert not any(map(waiver.covers, others))
    assert Waiver("functional", "Starts", "why", "2026-12-31", "tiles.*").covers(ONE)
    assert not Waiver("branch", "common/toy.v", "why", "2026-12-31", "if").covers(ELSE)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("reason", '" "', "reason: found ' ', expected some text"),
        ("reason", None, "reason: found nothing"),
        ("expires", '"soon"', "expires: found 'soon', expected a date"),
        ("kind", '"guess"', "kind: found 'guess', expected one of"),
        ("line", "-1", "line: found -1"),
        ("why", '"?"', "why: found '\\?', expected no such key"),
        ("source", '"no such line"', r"waiver\[0\]\.unit: .* with a line that fits 'no such line'"),
        ("unit", '"common/gone.v"', r"waiver\[0\]\.unit: found 'common/gone\.v', expected a pattern that a file"),
    ],
)
def test_a_malformed_waiver_is_one_line(tmp_path: Path, key: str, value: str | None, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        read(write(tmp_path / "w.toml", **{key: value}), NOW)
    assert str(tmp_path / "w.toml") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_none_waives_everything(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"expected a pattern of some units, not of all"):
        read(write(tmp_path / "w.toml", unit='"*"', point='"*"'), NOW)


def test_one_that_waives_nothing_is_refused(tmp_path: Path) -> None:
    """Where the database has points of its kind in its units; of modules that no run has, nothing is known."""
    path = tmp_path / "w.toml"
    fits = Waiver("toggle", "common/*.v", "tied", "2026-12-31", "q[0]*")
    elsewhere = Waiver("toggle", "ternary/*.v", "tied", "2026-12-31", "q[0]*")
    check([fits, elsewhere], small(), path)
    check([fits], Database(), path)
    stale = Waiver("toggle", "common/*.v", "tied", "2026-12-31", "gone", 3)
    with pytest.raises(InputError, match=r"waiver\[1\]: found no toggle point 'gone' in common/\*\.v:3, expected one"):
        check([fits, stale], small(), path)


def test_one_of_source_lines() -> None:
    """A check's line is waived, its neighbours are not; of a file that is gone nothing is."""
    waiver = Waiver("branch", "*", "ends the simulation", "2026-12-31", "if", source="`CHECK(*")
    texts = (VERILOG / "common/strm_fifo.v").read_text().splitlines()
    at = 1 + next(index for index, text in enumerate(texts) if text.strip().startswith("`CHECK("))
    point = IF._replace(unit="common/strm_fifo.v", line=at)
    assert waiver.covers(point)
    assert not waiver.covers(point._replace(line=at - 1))
    assert not waiver.covers(point._replace(name="else"))
    assert not waiver.covers(point._replace(unit="common/gone.v"))
    check([waiver], small(), VERILOG)  # a build without checks has no such points

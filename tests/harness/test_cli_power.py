# SPDX-License-Identifier: Apache-2.0
"""`krait board power` and what `krait board info` says of sensors: rails where there are some, one line where not."""

from pathlib import Path

import pytest

from boards.facts import known_boards
from boards.power import open as opening
from tests.boards.power.trees import U280, alveo, put, rapl
from tests.command import Krait

QUICK = ("--seconds", "0.1", "--period", "0.02")


@pytest.fixture
def sysfs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(opening, "SYSFS", tmp_path / "sys")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return tmp_path / "sys"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("sim", "sim: energy is n/a (simulated): a virtual board has no sensor"),
        ("sim:u280", "sim:u280: energy is n/a (simulated)"),
        ("kv260", "kv260: energy is n/a: board.toml declares no sensor"),
        ("host", "host: found no RAPL package below"),
        ("u280", "found no PCI function .1 of vendor 0x10ee"),
        ("vck190", "vck190: found neither sc_app nor its INA226 monitors here"),
        ("vc709", "vc709: its UCD9248 controllers need an I2C master"),
    ],
)
@pytest.mark.usefixtures("sysfs")
def test_where_nothing_measures(name: str, words: str, krait: Krait) -> None:
    """One line and exit code 3; nothing that looks like a figure."""
    ran = krait("board", "power", name)
    assert (ran.code, ran.out, ran.err.count("\n")) == (3, "", 1)
    assert words in ran.err


@pytest.mark.parametrize("name", ["u250", "sim:u250", "u280:sim", ""])
@pytest.mark.usefixtures("sysfs")
def test_unknown_boards(name: str, krait: Krait) -> None:
    ran = krait("board", "power", name)
    assert (ran.code, ran.out) == (2, "")
    assert f"expected one of {', '.join(known_boards())}, host, gpu" in ran.err


def test_a_card_is_read(sysfs: Path, krait: Krait) -> None:
    """Every quantity of every rail, the total of the rails that add up, how good the samples are."""
    alveo(sysfs)
    ran = krait("board", "power", "u280", *QUICK)
    assert (ran.code, ran.err) == (0, "")
    first, *rest = ran.out.splitlines()
    assert first == f"hwmon {U280} (board): refresh 1 s declared, too few changes to tell"
    assert rest[0].split()[:3] == ["board", "58.3604", "W"]
    assert any(line.split()[:4] == ["12V", "PEX", "2.5340", "A"] for line in rest)
    assert rest[-2].split()[:3] == ["total", "58.3604", "W"]
    assert ", 1 distinct, 0 failed, 0 late" in rest[-1]


def test_a_card_that_falls_silent(sysfs: Path, krait: Krait) -> None:
    """A sensor that does not answer the first reading is one line."""
    put(alveo(sysfs), power1_input="N/A")
    ran = krait("board", "power", "u280", *QUICK)
    assert (ran.code, ran.out) == (3, "")
    assert "power1_input: found 'N/A', expected a whole number" in ran.err


def test_this_machine_is_read(sysfs: Path, krait: Krait) -> None:
    """Counters are shown as power; only packages are in the total."""
    rapl(sysfs)
    ran = krait("board", "power", "host", *QUICK)
    assert ran.code == 0
    assert "RAPL (package): refresh not declared" in ran.out
    rows = [line.split() for line in ran.out.splitlines()[1:]]
    assert [row[0] for row in rows[:5]] == ["package-0", "package-0/core", "package-1", "psys", "total"]
    assert rows[4][1:3] == ["0.0000", "W"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("sim", "n/a (simulated)"),
        ("sim:u280", "n/a (simulated)"),
        ("kv260", "n/a (no sensor is declared)"),
        ("u280", "hwmon (board), refresh 1 s, rails board; 12V_PEX"),
        ("vck190", "ina226 (rails), refresh not declared, rails VCCINT x6, VCC_SOC"),
    ],
)
def test_info_names_the_sensors(name: str, words: str, krait: Krait) -> None:
    """`krait board info` says what measures the board, or n/a with the reason."""
    ran = krait("board", "info", name)
    assert ran.code == 0
    assert f"power        {words}" in ran.out

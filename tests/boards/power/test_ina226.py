# SPDX-License-Identifier: Apache-2.0
"""VCK190's monitors: registers, the system controller's answers, Linux' driver, and the phases that only one of the
latter two counts."""

import sys
from pathlib import Path

import pytest

from boards.facts import load_board
from boards.power.ina226 import Ina226Hwmon, Ina226Rail, ScApp, from_registers, parse_getpower, run_through
from boards.power.open import open_source
from golden.errors import MachineError
from tests.boards.power.trees import monitor, put

VCCINT = Ina226Rail("VCCINT", 4, 0x40, 500, phases=6)
VCCAUX = Ina226Rail("VCCAUX", 6, 0x40, 500)
ANSWER = "Voltage(V):\t0.7988\nCurrent(A):\t5.4320\nPower(W):\t4.3391\n"


def test_registers() -> None:
    """1.25 mV a bit; A a bit = 0.00512 / (calibration * shunt); W a bit is 25 times that; six phases are six times."""
    calibration = 1747  # 192 A over 2^15 bits and 500 uOhm, as sc_app sets VCCINT
    bit = 0.00512 / (calibration * 500e-6)
    assert bit == pytest.approx(192 / 2**15, rel=1e-3)
    found = from_registers(VCCINT, bus_voltage=640, current=1000, power=32, calibration=calibration)
    assert found.volts == pytest.approx(0.8)
    assert found.amps == pytest.approx(6 * 1000 * bit)
    assert found.watts == pytest.approx(6 * 32 * 25 * bit)
    assert found.watts == pytest.approx(found.volts * found.amps, rel=1e-3)  # as the chip computes it


def test_current_has_a_sign_and_calibration_is_needed() -> None:
    assert from_registers(VCCAUX, 0, 0xFFFF, 0, 10240).amps == pytest.approx(-0.001)
    with pytest.raises(MachineError, match="VCCAUX: calibration register is 0"):
        from_registers(VCCAUX, 0, 1, 1, 0)


def test_the_system_controller_is_asked_rail_by_rail() -> None:
    """`getpower -t RAIL` for each; its phases are in its answer and are not multiplied again."""
    asked = []

    def call(words: list[str]) -> str:
        asked.append(words)
        return ANSWER

    source = ScApp((VCCINT, VCCAUX), call)
    first, second = source.read()
    assert asked == [["sc_app", "-c", "getpower", "-t", name] for name in ("VCCINT", "VCCAUX")]
    assert (first.rail, first.volts, first.amps, first.watts) == ("VCCINT", 0.7988, 5.432, 4.3391)
    assert second.rail == "VCCAUX"


@pytest.mark.parametrize(
    "text", ["", "ERROR: invalid power target\n", "Voltage(V):\t0.8\nPower(W):\t4\n", ANSWER.replace("4.3391", "nan4")]
)
def test_an_answer_without_power_fails(text: str) -> None:
    """A missing line or a word instead of a number is no reading; the error shows what came."""
    with pytest.raises(MachineError, match=r"sc_app: VCCINT: found .*, expected Voltage\(V\), Current\(A\) and Power"):
        parse_getpower("VCCINT", text)


def test_words_before_a_command() -> None:
    """A command runs through the given words; its failure is one line with what it said."""
    call = run_through([sys.executable, "-c", "import sys; print(sys.argv[1:])"])
    assert call(["sc_app", "-c", "getpower"]) == "['sc_app', '-c', 'getpower']\n"
    with pytest.raises(MachineError, match="ended with 1: no route"):
        run_through([sys.executable, "-c", "import sys; sys.exit('no route')"])(["sc_app"])
    with pytest.raises(MachineError, match="/nonexistent"):
        run_through(["/nonexistent"])(["sc_app"])


def test_linux_shows_one_phase(tmp_path: Path) -> None:
    """hwmon's current and power are multiplied by the phases, its voltage is not; update_interval is the refresh."""
    monitor(tmp_path, 4, 0x40, 500)
    monitor(tmp_path, 6, 0x40, 500)
    source = Ina226Hwmon((VCCINT, VCCAUX), tmp_path)
    first, second = source.read()
    assert (first.watts, first.volts, first.amps) == pytest.approx((14.4, 0.8, 18.0))
    assert (second.watts, second.volts, second.amps) == pytest.approx((2.4, 0.8, 3.0))
    assert source.refresh_s == pytest.approx(0.035)


def test_another_shunt_is_refused(tmp_path: Path) -> None:
    """A driver that was not told the board's shunt shows currents of another board."""
    monitor(tmp_path, 4, 0x40, 10_000)
    with pytest.raises(MachineError, match="VCCINT: the driver's shunt_resistor is 10000, expected 500 uOhm"):
        Ina226Hwmon((VCCINT,), tmp_path)
    with pytest.raises(MachineError, match="VCCAUX: found 0 hwmon folders"):
        Ina226Hwmon((VCCAUX,), tmp_path)


def test_the_declared_rails_are_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`vck190` reads the 17 rails of its board.toml: through words, else sc_app on PATH, else Linux' driver."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    power = load_board("vck190").power
    assert power is not None
    with pytest.raises(MachineError, match="vck190: found neither sc_app nor its INA226 monitors"):
        open_source("vck190", sysfs=tmp_path)
    remote = put(tmp_path, remote=f"#!/bin/sh\n[ $1 = there ] && printf '{ANSWER}'") / "remote"
    remote.chmod(0o755)
    through = open_source("vck190", via=f"'{remote}' there", sysfs=tmp_path)
    assert isinstance(through, ScApp)
    assert {each.watts for each in through.read()} == {4.3391}
    for rail in power.rails:
        monitor(tmp_path, rail.bus or 0, rail.address or 0, rail.shunt_uohm or 0)
    source = open_source("vck190", sysfs=tmp_path)
    assert isinstance(source, Ina226Hwmon)
    assert source.rails == tuple(rail.name for rail in power.rails)
    assert source.read()[0].watts == pytest.approx(6 * 2.4)
    answers = put(tmp_path / "bin", sc_app=f"#!/bin/sh\nprintf '{ANSWER}'") / "sc_app"
    answers.chmod(0o755)
    found = open_source("vck190", sysfs=tmp_path)
    assert isinstance(found, ScApp)
    assert found.read()[0].watts == 4.3391

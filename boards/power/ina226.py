# SPDX-License-Identifier: Apache-2.0
"""Rails of a VCK190: INA226 monitors on the I2C buses of its system controller, asked through `sc_app` or hwmon.

Shunts, addresses and phase multipliers: Xilinx/system-controller-app, board/VCK190.json. The shunt of VCCINT sits in
one of six phases: `sc_app` multiplies by 6 itself (src/sc_appd.c), hwmon shows the one phase.
"""

import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from boards.power.source import Reading, read_number
from golden.errors import MachineError
from harness.bench.energy_record import Scope

Call = Callable[[list[str]], str]
"""Runs words on the system controller and returns what they print; MachineError when it cannot."""
BUS_VOLT = 1.25e-3
POWER_LSBS = 25
CALIBRATION = 0.00512
"""INA226's registers: V a bit of the bus voltage; power's bit in current's; calibration = this / (A a bit * ohm)."""


@dataclass(frozen=True)
class Ina226Rail:
    """One monitor: shunt in micro-ohms, and how many phases like the measured one the rail has."""

    name: str
    bus: int
    address: int
    shunt_uohm: int
    phases: int = 1


def from_registers(rail: Ina226Rail, bus_voltage: int, current: int, power: int, calibration: int) -> Reading:
    """Return what register values of an INA226 mean: V, A and W of the whole rail.

    `current` is a 16-bit two's complement; `power` has no sign. Raises MachineError for a calibration of 0, with which
    the chip shows neither.
    """
    if not calibration:
        raise MachineError(f"{rail.name}: calibration register is 0: the monitor measures no current")
    amps_a_bit = CALIBRATION * 1e6 / (calibration * rail.shunt_uohm)
    signed = current - 0x10000 if current & 0x8000 else current
    return Reading(
        rail.name,
        watts=power * POWER_LSBS * amps_a_bit * rail.phases,
        volts=bus_voltage * BUS_VOLT,
        amps=signed * amps_a_bit * rail.phases,
    )


class ScApp:
    """The system controller's own program, one call a rail: `sc_app -c getpower -t RAIL`. Phases are in its answers.

    Args:
        rails: which to read.
        call: runs words there.
    """

    scope: Scope = "rails"
    refresh_s: float | None = None

    def __init__(self, rails: tuple[Ina226Rail, ...], call: Call) -> None:
        self.name = "sc_app"
        self.rails = tuple(rail.name for rail in rails)
        self._call = call

    def read(self) -> tuple[Reading, ...]:
        """Ask for every rail, one after the other. Raises MachineError."""
        return tuple(parse_getpower(rail, self._call(["sc_app", "-c", "getpower", "-t", rail])) for rail in self.rails)


def parse_getpower(rail: str, text: str) -> Reading:
    """Return what an answer of `getpower` says. Raises MachineError when one of its three lines is missing."""
    found = dict(re.findall(r"^(Voltage\(V\)|Current\(A\)|Power\(W\)):\s*([-+.\deE]+)\s*$", text, re.M))
    try:
        volts, amps, watts = (float(found[key]) for key in ("Voltage(V)", "Current(A)", "Power(W)"))
    except (KeyError, ValueError):
        shown = " ".join(text.split())[:80] or "nothing"
        raise MachineError(f"sc_app: {rail}: found {shown!r}, expected Voltage(V), Current(A) and Power(W)") from None
    return Reading(rail, watts=watts, volts=volts, amps=amps)


def run_through(words: list[str], seconds: float = 10.0) -> Call:
    """Return a `Call` that puts `words` (such as ssh and a host) before each command and waits that long at most."""

    def call(command: list[str]) -> str:
        whole = [*words, *command]
        try:
            done = subprocess.run(whole, capture_output=True, text=True, timeout=seconds, check=False)
        except (OSError, subprocess.TimeoutExpired) as error:
            raise MachineError(f"{' '.join(whole)}: {error}") from None
        if done.returncode:
            shown = " ".join((done.stderr or done.stdout).split())[:120]
            raise MachineError(f"{' '.join(whole)}: ended with {done.returncode}: {shown}")
        return done.stdout

    return call


class Ina226Hwmon:
    """The same monitors through Linux' ina2xx driver, where krait runs on the system controller itself.

    Args:
        rails: which to read; currents and powers are multiplied by their phases here.
        sysfs: where sysfs is mounted.

    Raises:
        MachineError: a monitor is missing, or the driver was told another shunt than the board has.
    """

    scope: Scope = "rails"

    def __init__(self, rails: tuple[Ina226Rail, ...], sysfs: Path) -> None:
        self.name = "hwmon ina226"
        self.rails = tuple(rail.name for rail in rails)
        self._folders = tuple((rail, self._folder(rail, sysfs)) for rail in rails)
        self.refresh_s = max((self._refresh(folder) for _, folder in self._folders), default=None)

    @staticmethod
    def _folder(rail: Ina226Rail, sysfs: Path) -> Path:
        device = sysfs / "bus/i2c/devices" / f"{rail.bus}-{rail.address:04x}"
        folders = sorted((device / "hwmon").glob("hwmon*"))
        if len(folders) != 1:
            raise MachineError(f"{rail.name}: found {len(folders)} hwmon folders below {device}, expected one")
        shunt = read_number(folders[0] / "shunt_resistor")
        if shunt != rail.shunt_uohm:
            expected = f"{rail.shunt_uohm} uOhm as board.toml says, or its currents are wrong"
            raise MachineError(f"{rail.name}: the driver's shunt_resistor is {shunt}, expected {expected}")
        return folders[0]

    @staticmethod
    def _refresh(folder: Path) -> float:
        return read_number(folder / "update_interval") * 1e-3

    def read(self) -> tuple[Reading, ...]:
        """Read every rail. Raises MachineError."""
        return tuple(
            Reading(
                rail.name,
                watts=read_number(folder / "power1_input") * 1e-6 * rail.phases,
                volts=read_number(folder / "in1_input") * 1e-3,
                amps=read_number(folder / "curr1_input") * 1e-3 * rail.phases,
            )
            for rail, folder in self._folders
        )

# SPDX-License-Identifier: Apache-2.0
"""Sensors that Linux shows in sysfs (hwmon): boards' power in uW, rails in mV and mA, places in millidegrees.

Files and units: Linux, Documentation/ABI/testing/sysfs-class-hwmon. An Alveo card shows its sensors at its second PCI
function; XRT's driver asks the card's controller once a second at most, however often the file is read.
"""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from boards.power.source import Reading, read_number
from golden.errors import InputError, MachineError
from harness.bench.energy_record import Scope

XILINX = "0x10ee"
BOARD = "board"
"""The rail of a whole board's power."""
_CHANNEL = re.compile(r"(power|in|curr|temp)(\d+)_input")
_PER_UNIT = {"power": 1e-6, "in": 1e-3, "curr": 1e-3, "temp": 1e-3}
_FIELD = {"power": "watts", "in": "volts", "curr": "amps", "temp": "celsius"}


class HwmonBoard:
    """A board whose total power is one hwmon channel, `power1_input`; its other channels are read beside it.

    Channels that do not answer when the board is opened are `left_out`; a driver may show more than a card has.

    Args:
        name: for people.
        folders: hwmon folders of the device; exactly one has `power1_input`.
        refresh_s: refresh period as declared.
    """

    scope: Scope = "board"
    rails: tuple[str, ...] = (BOARD,)

    def __init__(self, name: str, folders: tuple[Path, ...], refresh_s: float | None) -> None:
        self.name, self.refresh_s = name, refresh_s
        with_power = [folder for folder in folders if (folder / "power1_input").exists()]
        if len(with_power) != 1:
            found = f"{len(with_power)} of {len(folders)} hwmon folders with power1_input"
            raise MachineError(f"{name}: found {found}, expected one; is its driver loaded?")
        self._power = with_power[0] / "power1_input"
        others = [
            (_label(folder, kind, number), kind, folder / f"{kind}{number}_input")
            for folder in folders
            for kind, number in _channels(folder)
        ]
        answers = {path: _answers(path) for _, _, path in others}
        self._others = tuple(each for each in others if answers[each[2]] and each[2] != self._power)
        self.left_out = tuple(rail for rail, _, path in others if not answers[path])

    def read(self) -> tuple[Reading, ...]:
        """Read all channels; one that does not answer fails all. Raises MachineError."""
        board = Reading(BOARD, watts=read_number(self._power) * 1e-6)
        return board, *(_reading(rail, kind, path) for rail, kind, path in self._others)


def _channels(folder: Path) -> Iterator[tuple[str, int]]:
    matches = (_CHANNEL.fullmatch(path.name) for path in sorted(folder.iterdir()))
    return ((match[1], int(match[2])) for match in matches if match)


def _label(folder: Path, kind: str, number: int) -> str:
    path = folder / f"{kind}{number}_label"
    text = path.read_text().strip() if path.exists() else ""
    return text or f"{kind}{number}"


def _answers(path: Path) -> bool:
    try:
        read_number(path)
    except MachineError:
        return False
    return True


def _reading(rail: str, kind: str, path: Path) -> Reading:
    return Reading(rail, **{_FIELD[kind]: read_number(path) * _PER_UNIT[kind]})


def find_alveo(sysfs: Path, bdf: str | None) -> tuple[str, tuple[Path, ...]]:
    """Return address and hwmon folders of the Alveo card's user function.

    Args:
        sysfs: where sysfs is mounted.
        bdf: the address, such as 0000:01:00.1; needed where there are several cards.

    Raises:
        MachineError: no card, or none with sensors. InputError: several, or none at this address.
    """
    functions = sorted((sysfs / "bus/pci/devices").glob("*.1"))
    cards = {
        path.name: tuple(sorted((path / "hwmon").iterdir()))
        for path in functions
        if _vendor(path) == XILINX and (path / "hwmon").is_dir()
    }
    if not cards:
        raise MachineError(
            f"power: found no PCI function .1 of vendor {XILINX} with hwmon below {sysfs}; expected an Alveo card with "
            "XRT's driver (xocl) loaded"
        )
    if bdf is None and len(cards) > 1:
        raise InputError(f"--bdf: found nothing and {len(cards)} cards, expected one of {', '.join(cards)}")
    chosen = next(iter(cards)) if bdf is None else bdf
    if chosen not in cards:
        raise InputError(f"--bdf: found {chosen!r}, expected one of {', '.join(cards)}")
    return chosen, cards[chosen]


def _vendor(function: Path) -> str:
    try:
        return (function / "vendor").read_text().strip()
    except OSError:
        return ""


class XrtElectrical:
    """The second way to a card's power: XRT's electrical report (`xrt_info_device.electrical`, `xbutil -r electrical`).

    Its numbers are strings, and "N/A" where the controller does not answer (XRT, core/common/sensor.cpp). It reads the
    same controller as hwmon, at the same rate.

    Args:
        name: for people.
        report: returns the report's text.
        refresh_s: refresh period as declared.
    """

    scope: Scope = "board"
    rails: tuple[str, ...] = (BOARD,)

    def __init__(self, name: str, report: Callable[[], str], refresh_s: float | None) -> None:
        self.name, self.refresh_s, self._report = name, refresh_s, report

    def read(self) -> tuple[Reading, ...]:
        """Ask for a report and return what it says. Raises MachineError."""
        try:
            found = _electrical(json.loads(self._report()))
        except ValueError as error:
            raise MachineError(f"{self.name}: the electrical report is not JSON ({error})") from None
        if found is None:
            raise MachineError(f"{self.name}: no power_consumption_watts in the electrical report")
        board = Reading(BOARD, watts=self._number(found["power_consumption_watts"], "power_consumption_watts"))
        return board, *(self._rail(rail) for rail in found.get("power_rails", []))

    def _rail(self, rail: dict[str, Any]) -> Reading:
        name = str(rail.get("id", "?"))
        given = {
            kind: self._number(rail[kind].get(unit), f"{name}.{unit}")
            for kind, unit in (("voltage", "volts"), ("current", "amps"))
            if isinstance(rail.get(kind), dict) and str(rail[kind].get("is_present")) == "true"
        }
        return Reading(name, volts=given.get("voltage"), amps=given.get("current"))

    def _number(self, value: object, key: str) -> float:
        try:
            return float(str(value))
        except ValueError:
            raise MachineError(f"{self.name}: {key}: found {value!r}, expected a number") from None


def _electrical(data: Any) -> dict[str, Any] | None:
    """Return the table with the board's power, wherever a version of the report has it."""
    if isinstance(data, list):
        return next((found for found in map(_electrical, data) if found is not None), None)
    if not isinstance(data, dict):
        return None
    return data if "power_consumption_watts" in data else _electrical(list(data.values()))

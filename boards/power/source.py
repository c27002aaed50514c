# SPDX-License-Identifier: Apache-2.0
"""What a power sensor looks like to krait (`PowerSource`) and to PYNQ (`Sensor`)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from golden.errors import MachineError
from harness.bench.energy_record import Scope, SourceFacts
from harness.bench.power_trace import Reading, Unit

__all__ = ["PowerSource", "Reading", "Sensor", "Unit", "facts_of", "read_number", "sensors"]


class PowerSource(Protocol):
    """Sensors that are read together. A virtual board has none, ever."""

    @property
    def name(self) -> str:
        """What is read, for people and records, such as "hwmon 0000:01:00.1"."""

    @property
    def scope(self) -> Scope:
        """What the total is of."""

    @property
    def rails(self) -> tuple[str, ...]:
        """Rails whose power adds up to the total, none inside another."""

    @property
    def refresh_s(self) -> float | None:
        """Refresh period as declared; None where nobody says it."""

    def read(self) -> tuple[Reading, ...]:
        """Read all sensors now: every rail of `rails` has watts or joules. MachineError if one does not answer."""


@dataclass(frozen=True)
class Sensor:
    """One quantity of one rail as PYNQ's `DataRecorder` wants its sensors (pynq/pmbus.py, 4.0.0).

    Each call reads the whole source. PYNQ's recorder dies silently when one fails; krait's own sampler does not.
    """

    source: PowerSource
    rail: str
    unit: Unit
    parents: tuple[()] = ()

    @property
    def name(self) -> str:
        """Rail and unit, a column of the recorder's frame."""
        return f"{self.rail} {self.unit}"

    @property
    def value(self) -> float:
        """What the sensor says now, in `unit`. Raises MachineError."""
        return self.get_value()

    def get_value(self, parents: object = None) -> float:
        """Return what the sensor says now, in `unit`. Raises MachineError; `parents` is PYNQ's and not needed."""
        for reading in self.source.read():
            if reading.rail == self.rail and self.unit in reading.values():
                return reading.values()[self.unit]
        raise MachineError(f"{self.source.name}: {self.rail} has no reading in {self.unit}")


def sensors(source: PowerSource) -> tuple[Sensor, ...]:
    """Return every quantity that a source measures now as a PYNQ sensor. Raises MachineError."""
    return tuple(Sensor(source, reading.rail, unit) for reading in source.read() for unit in reading.values())


def facts_of(source: PowerSource) -> SourceFacts:
    """Return what a record keeps of a source."""
    return SourceFacts(source.name, source.scope, source.rails, source.refresh_s)


def read_number(path: Path) -> int:
    """Return the whole number that a sysfs file holds. MachineError when it cannot be read or holds something else."""
    try:
        text = path.read_text().strip()
    except OSError as error:
        raise MachineError(f"{path}: cannot be read ({error.strerror or error})") from None
    try:
        return int(text)
    except ValueError:
        raise MachineError(f"{path}: found {text!r}, expected a whole number") from None

# SPDX-License-Identifier: Apache-2.0
"""Rails of a VC709: TI UCD9248 controllers on PMBus, read and never set.

Formats: PMBus specification part II, 7.1 (LINEAR11: 5-bit exponent, 11-bit mantissa, both two's complement) and 8.3
(LINEAR16: 16-bit unsigned mantissa, exponent in VOUT_MODE). Which commands the UCD92xx has: Linux,
drivers/hwmon/pmbus/ucd9200.c.

These chips make the board's voltages: a wrong write can destroy it. So every command passes a list of those that read,
and the only one that is ever written is PAGE, which says which rail the others mean. PAGE is state: another master on
the bus changes it unseen, so it is read back behind every rail.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from boards.power.source import Reading
from golden.errors import MachineError
from harness.bench.energy_record import Scope


class Command(IntEnum):
    """The commands that may go onto the bus."""

    PAGE = 0x00
    PHASE = 0x04
    VOUT_MODE = 0x20
    READ_VOUT = 0x8B
    READ_IOUT = 0x8C
    READ_TEMPERATURE_1 = 0x8D


ALL_PHASES = 0xFF
"""PHASE for the sum of a rail's phases; any other value is the current of one of them."""


class I2CBus(Protocol):
    """An SMBus master; `smbus2.SMBus` is one. Raises OSError when nothing answers."""

    def read_byte_data(self, i2c_addr: int, register: int) -> int:
        """Return one byte."""

    def read_word_data(self, i2c_addr: int, register: int) -> int:
        """Return two bytes, the low one first on the bus."""

    def write_byte_data(self, i2c_addr: int, register: int, value: int) -> None:
        """Write one byte."""


def signed(value: int, bits: int) -> int:
    """Return the two's complement number in the low `bits` of `value`."""
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> (bits - 1) else value


def linear11(word: int) -> float:
    """Return the value of a LINEAR11 word: mantissa in bits 10..0 times 2 to the exponent in bits 15..11."""
    return signed(word, 11) * 2.0 ** signed(word >> 11, 5)


def linear16(word: int, vout_mode: int) -> float:
    """Return the value of a LINEAR16 word in V. MachineError when VOUT_MODE says another format than linear."""
    if vout_mode >> 5:
        raise MachineError(f"VOUT_MODE: found {vout_mode:#04x}, expected linear format (bits 7..5 zero)")
    return (word & 0xFFFF) * 2.0 ** signed(vout_mode, 5)


class ReadOnlyPmbus:
    """One controller behind the list: reads what is on it, writes PAGE and nothing else.

    Args:
        bus: the master.
        address: of the controller, 7 bits.
    """

    def __init__(self, bus: I2CBus, address: int) -> None:
        self._bus, self.address = bus, address

    def byte(self, command: int) -> int:
        """Read a byte. Raises MachineError: not on the list, or no answer."""
        return self._checked(command, self._bus.read_byte_data)

    def word(self, command: int) -> int:
        """Read a word. Raises MachineError: not on the list, or no answer."""
        return self._checked(command, self._bus.read_word_data)

    def write(self, command: int, value: int) -> None:
        """Write PAGE. MachineError for any other command: nothing reaches the bus."""
        if command != Command.PAGE or not 0 <= value <= 0x1F:
            refused = f"{value:#x} to {command:#04x}; krait writes PAGE only"
            raise MachineError(f"PMBus {self.address:#04x}: refused to write {refused}")
        try:
            self._bus.write_byte_data(self.address, command, value)
        except OSError as error:
            raise self._silent(command, error) from None

    def _checked(self, command: int, read: "_Read") -> int:
        if command not in {each.value for each in Command}:
            raise MachineError(f"PMBus {self.address:#04x}: refused to read {command:#04x}: not on krait's list")
        try:
            return read(self.address, int(command))
        except OSError as error:
            raise self._silent(command, error) from None

    def _silent(self, command: int, error: OSError) -> MachineError:
        reason = error.strerror or str(error) or "no acknowledge"
        return MachineError(f"PMBus {self.address:#04x}: no answer to {Command(command).name} ({reason})")


class _Read(Protocol):
    def __call__(self, i2c_addr: int, register: int) -> int: ...


@dataclass(frozen=True)
class PmbusRail:
    """A rail: page of the controller at an address."""

    name: str
    address: int
    page: int


class Ucd9248:
    """Rails of UCD9248 controllers.

    A rail without a current sensor reads 0 A, and so 0 W: its power is missing in the total, which is named "rails".
    The temperature is that of the rail's controller.

    Args:
        bus: the master; krait has to be its only one.
        rails: which to read.
    """

    scope: Scope = "rails"
    refresh_s: float | None = None

    def __init__(self, bus: I2CBus, rails: tuple[PmbusRail, ...]) -> None:
        self.name = "UCD9248"
        self.rails = tuple(rail.name for rail in rails)
        self._rails = tuple((rail, ReadOnlyPmbus(bus, rail.address)) for rail in rails)

    def read(self) -> tuple[Reading, ...]:
        """Read every rail. Raises MachineError: no answer, PAGE changed meanwhile, PHASE is not all phases."""
        return tuple(self._read(rail, chip) for rail, chip in self._rails)

    @staticmethod
    def _read(rail: PmbusRail, chip: ReadOnlyPmbus) -> Reading:
        chip.write(Command.PAGE, rail.page)
        phase = chip.byte(Command.PHASE)
        if phase != ALL_PHASES:
            found = f"PHASE {phase:#04x}, expected {ALL_PHASES:#04x} (all): the current would be that of one phase"
            raise MachineError(f"{rail.name}: found {found}; set it with the vendor's tool")
        volts = linear16(chip.word(Command.READ_VOUT), chip.byte(Command.VOUT_MODE))
        amps = linear11(chip.word(Command.READ_IOUT))
        celsius = linear11(chip.word(Command.READ_TEMPERATURE_1))
        page = chip.byte(Command.PAGE)
        if page != rail.page:
            raise MachineError(f"{rail.name}: found PAGE {page}, expected {rail.page}: another master is on the bus")
        return Reading(rail.name, watts=volts * amps, volts=volts, amps=amps, celsius=celsius)

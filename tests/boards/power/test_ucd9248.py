# SPDX-License-Identifier: Apache-2.0
"""UCD9248: number formats against published words, rails against a register model, and that nothing is ever written but
PAGE."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boards.power.ucd9248 import Command, PmbusRail, ReadOnlyPmbus, Ucd9248, linear11, linear16, signed
from golden.errors import MachineError
from tests.boards.power.pmbus_model import (
    PAGE,
    READ_IOUT,
    READ_TEMPERATURE_1,
    READ_VOUT,
    VOUT_COMMAND,
    VOUT_MODE,
    Bus,
    Controller,
)


@pytest.mark.parametrize(
    ("word", "value"),
    [
        (0xD280, 10.0),  # 640 * 2^-6: LTC2978's data sheet, table of formats
        (0xEAC0, 88.0),  # 704 * 2^-3: Artesyn iHP manual, appendix B
        (0xDBC2, 30.0625),  # the rest: UCD9248s of a KC705, E. Billauer's dump of 2018
        (0xDA80, 20.0),
        (0xDA1A, 16.8125),
        (0xCD5C, -5.28125),  # printed there as 10.7188, without the sign that the mantissa's top bit is
        (0x8000, 0.0),
        (0xBA00, 1.0),
        (0x07FF, -1.0),
        (0x7C00, -1024.0 * 2**15),
        (0x7BFF, 1023.0 * 2**15),
    ],
)
def test_linear11(word: int, value: float) -> None:
    """Mantissa (11 bits) times 2 to the exponent (5 bits), both two's complement."""
    assert linear11(word) == value


@pytest.mark.parametrize(
    ("word", "mode", "value"),
    [
        (0x9800, 0x13, 4.75),  # 38912 * 2^-13: LTC2978's data sheet
        (0x1000, 0x14, 1.0),  # VOUT_COMMAND of a KC705's VCCINT, VOUT_MODE 0x14
        (0x1011, 0x14, 4113 / 4096),
        (0xFFFF, 0x00, 65535.0),
        (0x0001, 0x0F, 32768.0),
    ],
)
def test_linear16(word: int, mode: int, value: float) -> None:
    """An unsigned mantissa, however high its top bit, times 2 to the exponent in VOUT_MODE's low five bits."""
    assert linear16(word, mode) == value


@pytest.mark.parametrize("mode", [0x20, 0x40, 0x60, 0x94])
def test_other_voltage_formats_are_refused(mode: int) -> None:
    """VID, direct and relative modes are not linear: a number made of them would be wrong."""
    with pytest.raises(MachineError, match="VOUT_MODE: found"):
        linear16(0x1000, mode)


@settings(deadline=None)
@given(st.integers(-1024, 1023), st.integers(-16, 15))
def test_linear11_decodes_what_is_encoded(mantissa: int, exponent: int) -> None:
    assert linear11((exponent & 0x1F) << 11 | mantissa & 0x7FF) == mantissa * 2.0**exponent


@settings(deadline=None)
@given(st.integers(1, 32), st.integers(0, 2**32 - 1))
def test_twos_complement(bits: int, value: int) -> None:
    """The number in range that differs from the bits by a multiple of 2 to their count."""
    found = signed(value, bits)
    assert -(2 ** (bits - 1)) <= found < 2 ** (bits - 1)
    assert (found - value) % 2**bits == 0


def kc705_like() -> Controller:
    """VCCINT at 1.0042 V and 20 A, a second rail at 1.8 V whose current nothing senses."""
    return Controller(
        pages=[
            {VOUT_MODE: 0x14, READ_VOUT: 0x1011, READ_IOUT: 0xDA80, VOUT_COMMAND: 0x1000},
            {VOUT_MODE: 0x14, READ_VOUT: 0x1CCC, READ_IOUT: 0x8000, VOUT_COMMAND: 0x1CCC},
        ],
        common={READ_TEMPERATURE_1: 0xDBC2},
    )


RAILS = (PmbusRail("52.0", 52, 0), PmbusRail("52.1", 52, 1), PmbusRail("53.0", 53, 0))


def test_rails_are_read_page_by_page() -> None:
    """Volts, amps and their product of every rail, wherever PAGE stood; one that senses no current has 0 W."""
    first, second = kc705_like(), kc705_like()
    first.page = 1
    source = Ucd9248(Bus({52: first, 53: second}), RAILS)
    readings = source.read()
    assert [each.rail for each in readings] == list(source.rails) == ["52.0", "52.1", "53.0"]
    assert readings[0].watts == pytest.approx(20 * 4113 / 4096)
    assert (readings[1].volts, readings[1].amps, readings[1].watts) == (0x1CCC / 4096, 0.0, 0.0)
    assert {each.celsius for each in readings} == {30.0625}


def test_only_page_is_ever_written() -> None:
    """What reaches the chips: PAGE of each rail, and nothing else."""
    chips = {52: kc705_like(), 53: kc705_like()}
    Ucd9248(Bus(chips), RAILS).read()
    assert chips[52].writes == [(PAGE, 0), (PAGE, 1)]
    assert chips[53].writes == [(PAGE, 0)]


def test_every_other_write_is_refused() -> None:
    """OPERATION, VOUT_COMMAND, STORE_DEFAULT_ALL and all the others never reach the bus."""
    chip = kc705_like()
    for command in set(range(256)) - {PAGE}:
        with pytest.raises(MachineError, match="refused to write"):
            ReadOnlyPmbus(Bus({52: chip}), 52).write(command, 0)
    assert chip.writes == []


def test_reads_off_the_list_are_refused() -> None:
    """A read can act, too (CLEAR_FAULTS is a send byte, MFR commands do anything): only listed commands are sent."""
    listed = {command.value for command in Command}
    chip = ReadOnlyPmbus(Bus({52: kc705_like()}), 52)
    for command in set(range(256)) - listed:
        for read in (chip.byte, chip.word):
            with pytest.raises(MachineError, match="refused to read"):
                read(command)
    assert listed <= {PAGE, 0x04, VOUT_MODE, READ_VOUT, READ_IOUT, READ_TEMPERATURE_1}


def test_a_page_out_of_range_is_refused() -> None:
    """0xFF would mean all pages at once."""
    with pytest.raises(MachineError, match="refused to write 0xff to 0x00"):
        ReadOnlyPmbus(Bus({52: kc705_like()}), 52).write(PAGE, 0xFF)


def test_a_silent_controller_is_named() -> None:
    with pytest.raises(MachineError, match="PMBus 0x34: no answer to PAGE"):
        Ucd9248(Bus({}), RAILS).read()


def test_another_master_is_noticed() -> None:
    """PAGE that changes between krait's write and its last read makes the reading fail: it may be another rail's."""

    class Busy(Bus):
        def read_word_data(self, i2c_addr: int, register: int) -> int:
            value = super().read_word_data(i2c_addr, register)
            self.chip(i2c_addr).page = 1
            return value

    with pytest.raises(MachineError, match=r"52\.0: found PAGE 1, expected 0: another master"):
        Ucd9248(Busy({52: kc705_like()}), RAILS[:1]).read()


def test_the_current_of_one_phase_is_refused() -> None:
    """PHASE selects one of a rail's phases; krait does not set it and does not take a phase for the rail."""
    chip = kc705_like()
    chip.phase = 0
    with pytest.raises(MachineError, match=r"52\.0: found PHASE 0x00, expected 0xff"):
        Ucd9248(Bus({52: chip}), RAILS).read()

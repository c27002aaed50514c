# SPDX-License-Identifier: Apache-2.0
"""A register model of a PMBus controller with pages, from the PMBus definitions: what a UCD9248 answers, and what was
written to it. A fake of hardware: no chip was in reach to compare it with."""

from dataclasses import dataclass, field

PAGE, PHASE, OPERATION, CLEAR_FAULTS = 0x00, 0x04, 0x01, 0x03
VOUT_MODE, VOUT_COMMAND = 0x20, 0x21
READ_VOUT, READ_IOUT, READ_TEMPERATURE_1 = 0x8B, 0x8C, 0x8D
WORDS = {VOUT_COMMAND, READ_VOUT, READ_IOUT, READ_TEMPERATURE_1}


@dataclass
class Controller:
    """`pages`: of each rail its registers; `common` are those of the chip. `writes` is every write that arrived."""

    pages: list[dict[int, int]]
    common: dict[int, int] = field(default_factory=dict)
    page: int = 0
    phase: int = 0xFF
    writes: list[tuple[int, int]] = field(default_factory=list)

    def value(self, command: int) -> int:
        state = {PAGE: self.page, PHASE: self.phase}
        if command in state:
            return state[command]
        registers = self.common | self.pages[self.page]
        if command not in registers:
            raise OSError(121, "Remote I/O error")
        return registers[command]


class Bus:
    """An SMBus master with controllers on it, with the methods of smbus2's `SMBus` that krait calls."""

    def __init__(self, controllers: dict[int, Controller]) -> None:
        self.controllers = controllers

    def chip(self, address: int) -> Controller:
        if address not in self.controllers:
            raise OSError(121, "Remote I/O error")
        return self.controllers[address]

    def read_byte_data(self, i2c_addr: int, register: int) -> int:
        assert register not in WORDS, "a word was read as a byte"
        return self.chip(i2c_addr).value(register)

    def read_word_data(self, i2c_addr: int, register: int) -> int:
        assert register in WORDS, "a byte was read as a word"
        return self.chip(i2c_addr).value(register)

    def write_byte_data(self, i2c_addr: int, register: int, value: int) -> None:
        chip = self.chip(i2c_addr)
        chip.writes.append((register, value))
        if register == PAGE:
            if value >= len(chip.pages):
                raise OSError(121, "Remote I/O error")
            chip.page = value

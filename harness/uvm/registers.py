# SPDX-License-Identifier: Apache-2.0
"""Register model, built at run time from the same objects that the Verilog headers and the drivers come from.

Frontdoor accesses go through the AXI4-Lite agent's sequencer. pyuvm 5 declares backdoors but implements none, so
`Word` carries its own: it reads and writes the register file's storage in the RTL.
"""

from dataclasses import dataclass
from typing import Any

from pyuvm import (
    uvm_access_e,
    uvm_door_e,
    uvm_endianness_e,
    uvm_reg,
    uvm_reg_adapter,
    uvm_reg_block,
    uvm_reg_bus_op,
    uvm_reg_field,
    uvm_reg_item,
    uvm_sequence_item,
    uvm_sequencer,
    uvm_status_e,
)

from golden.errors import CheckError
from golden.spec.registers import Field, Register, RegisterMap
from harness.uvm.axil import AxilItem

WORD_BITS = 32
_ACCESS = {"rw": "RW", "ro": "RO", "rc": "RC", "w1s": "W1S", "w1t": "W1T"}


class AxilAdapter(uvm_reg_adapter):
    """Register operations to AXI4-Lite items and back."""

    def reg2bus(self, rw: uvm_reg_bus_op) -> uvm_sequence_item:
        """Make the bus item of a register operation."""
        write = rw.kind is uvm_access_e.UVM_WRITE
        return AxilItem("reg", write=write, address=int(rw.addr), data=int(rw.data) if write else 0)

    def bus2reg(self, bus_item: AxilItem, rw: uvm_reg_bus_op) -> None:
        """Take data and status of a finished item."""
        rw.data = bus_item.data
        rw.status = uvm_status_e.UVM_IS_OK if bus_item.okay else uvm_status_e.UVM_NOT_OK


@dataclass(frozen=True)
class Backdoor:
    """The register file inside the RTL: `storage` holds the writable bits of all words, `status` all other bits."""

    storage: Any
    status: Any

    def read(self, index: int, rw_mask: int) -> int:
        """Return word `index` as a frontdoor read would find it now, without its side effects."""
        stored, driven = (self._word(signal, index) for signal in (self.storage, self.status))
        return stored & rw_mask | driven & ~rw_mask & 0xFFFF_FFFF

    def write(self, index: int, value: int, rw_mask: int) -> None:
        """Change the writable bits of word `index` in place."""
        shift = index * WORD_BITS
        now = int(self.storage.value)
        self.storage.value = now & ~(rw_mask << shift) | (value & rw_mask) << shift

    @staticmethod
    def _word(signal: Any, index: int) -> int:
        return int(signal.value) >> index * WORD_BITS & 0xFFFF_FFFF


class Word(uvm_reg):
    """One 32-bit word of the map, with both doors."""

    def __init__(self, name: str, index: int, rw_mask: int, backdoor: Backdoor | None) -> None:
        super().__init__(name, WORD_BITS)
        self._index, self._rw_mask, self._door = index, rw_mask, backdoor

    def _behind(self) -> Backdoor:
        if self._door is None:
            raise CheckError(f"register {self.get_name()}: this build shows no register storage for the backdoor")
        return self._door

    async def do_read(self, rw: uvm_reg_item) -> None:
        """Read through the door that the item names."""
        if rw.get_door() is uvm_door_e.UVM_BACKDOOR:
            rw.set_value(self._behind().read(self._index, self._rw_mask))
            rw.set_status(uvm_status_e.UVM_IS_OK)
        else:
            await super().do_read(rw)

    async def do_write(self, rw: uvm_reg_item) -> None:
        """Write through the door that the item names."""
        if rw.get_door() is uvm_door_e.UVM_BACKDOOR:
            self._behind().write(self._index, int(rw.get_value()), self._rw_mask)
            rw.set_status(uvm_status_e.UVM_IS_OK)
        else:
            await super().do_write(rw)


class RegisterModel(uvm_reg_block):
    """All words of a RegisterMap. A 64-bit register NAME has words NAME_LO and NAME_HI, an array element NAME_07_LO."""

    def __init__(self, declared: RegisterMap, sequencer: uvm_sequencer, backdoor: Backdoor | None = None) -> None:
        super().__init__(declared.name)
        self.declared = declared
        self.words: dict[str, Word] = {}
        self._map = self.create_map("axil", 0, 4, uvm_endianness_e.UVM_LITTLE_ENDIAN)
        for register in declared.registers:
            self._add(register, backdoor)
        self._map.set_sequencer(sequencer, AxilAdapter("adapter"))
        self._map.set_auto_predict(True)
        self.lock_model()

    def _add(self, register: Register, backdoor: Backdoor | None) -> None:
        halves = ("_LO", "_HI") if register.width > WORD_BITS else ("",)
        for element, offset in enumerate(register.offsets):
            stem = register.name if register.count == 1 else f"{register.name}_{element:02d}"
            for half, suffix in enumerate(halves):
                self._add_word(stem + suffix, offset + 4 * half, half, register, backdoor)

    def _add_word(self, name: str, offset: int, half: int, register: Register, backdoor: Backdoor | None) -> None:
        rw_mask = register.rw_mask >> half * WORD_BITS & 0xFFFF_FFFF
        word = Word(name, offset // 4, rw_mask, backdoor)
        word.configure(self, None, "")
        for field in register.fields:
            self._add_field(word, field, half * WORD_BITS)
        self._map.add_reg(word, offset)
        self.words[name] = word

    def _add_field(self, word: Word, field: Field, base: int) -> None:
        low, high = max(field.lsb, base), min(field.lsb + field.width, base + WORD_BITS)
        if low >= high:
            return
        reset = field.reset >> (low - field.lsb) & ((1 << high - low) - 1)
        part = uvm_reg_field(field.name)
        volatile = field.access != "rw"
        part.configure(word, high - low, low - base, _ACCESS[field.access], volatile, reset, True, False, False)

    def _register(self, name: str, element: int | None) -> tuple[str, int]:
        declared = self.declared[name]
        return (name if element is None else f"{name}_{element:02d}"), declared.width

    async def write(self, name: str, value: int, element: int | None = None) -> None:
        """Write a whole register (both words of a 64-bit one) through the frontdoor. CheckError unless OKAY."""
        stem, width = self._register(name, element)
        if width == WORD_BITS:
            return await self._write_word(stem, value)
        await self._write_word(f"{stem}_LO", value & 0xFFFF_FFFF)
        return await self._write_word(f"{stem}_HI", value >> WORD_BITS)

    async def read(self, name: str, element: int | None = None) -> int:
        """Read a whole register, low word first, through the frontdoor. CheckError unless OKAY."""
        stem, width = self._register(name, element)
        if width == WORD_BITS:
            return await self._read_word(stem)
        low = await self._read_word(f"{stem}_LO")
        return low | await self._read_word(f"{stem}_HI") << WORD_BITS

    async def peek(self, word: str) -> int:
        """Read one word through the backdoor."""
        _, value = await self.words[word].peek()
        return int(value)

    async def poke(self, word: str, value: int) -> None:
        """Change the writable bits of one word through the backdoor."""
        await self.words[word].poke(value)

    async def _write_word(self, name: str, value: int) -> None:
        status = await self.words[name].write(value, uvm_door_e.UVM_FRONTDOOR)
        self._expect_ok(name, "write", status)

    async def _read_word(self, name: str) -> int:
        status, value = await self.words[name].read(uvm_door_e.UVM_FRONTDOOR)
        self._expect_ok(name, "read", status)
        return int(value)

    def _expect_ok(self, name: str, what: str, status: uvm_status_e) -> None:
        if status is not uvm_status_e.UVM_IS_OK:
            raise CheckError(f"register {name}: {what} answered with an error response, expected OKAY")

# SPDX-License-Identifier: Apache-2.0
"""The driver's register writes and what it reads back, on registers and memory in Python."""

import asyncio
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from golden.spec.gen import ternary_accel as regs
from golden.spec.registers import load_register_map
from harness.uvm.arena import Bytes
from harness.uvm.model_start import ModelOutcome
from harness.uvm.ternary.items import Stimulus
from harness.uvm.ternary.kernel import Driver
from tests.boards.fake_ternary import arguments_of
from tests.harness.uvm.ternary.starts import ARENA, KERNEL, start


class Registers:
    """Words by offset; 64-bit registers have two."""

    declared = load_register_map("ternary_accel")

    def __init__(self) -> None:
        self.words: dict[int, int] = {}

    def _at(self, name: str, element: int | None) -> tuple[int, int]:
        register = self.declared[name]
        return register.offset + (element or 0) * register.width // 8, register.width

    async def write(self, name: str, value: int, element: int | None = None) -> None:
        """Store a value."""
        at, width = self._at(name, element)
        assert 0 <= value < 1 << width, name
        self.words[at] = value & 0xFFFF_FFFF
        if width == 64:
            self.words[at + 4] = value >> 32

    async def read(self, name: str, element: int | None = None) -> int:
        """Return a value; 0 where none was written."""
        at, width = self._at(name, element)
        high = self.words.get(at + 4, 0) if width == 64 else 0
        return self.words.get(at, 0) | high << 32


class Memory:
    """What every port's arena holds."""

    size = ARENA

    def __init__(self, arena: Bytes) -> None:
        self.arena = arena

    def read(self, port: int, offset: int, size: int) -> Bytes:
        """Return a copy of bytes."""
        return self.arena[port, offset : offset + size].copy()

    def write(self, port: int, offset: int, data: Bytes) -> None:
        """Store bytes."""
        self.arena[port, offset : offset + len(data)] = data

    def violations(self) -> list[str]:
        """Nobody speaks AXI here."""
        return []


def driver(s: Stimulus) -> Driver:
    """A driver without the phases of a running simulation."""
    made = Driver.__new__(Driver)
    made._cfg, made._memory = s.cfg, Memory(np.zeros((s.cfg.ports, ARENA), dtype=np.uint8))  # type: ignore[assignment]
    made.registers = Registers()  # type: ignore[assignment]
    return made


@pytest.mark.parametrize("batch", [1, 4])
def test_registers_hold_the_arguments(batch: int) -> None:
    """Every argument arrives in its register, as a device reads them there; the tapped layer's among them."""
    s = start(batch=batch, tap=3, tap_all=False, head="own")
    made = driver(s)
    asyncio.run(made._program(s))
    words = made._regs.words  # type: ignore[attr-defined]
    device = SimpleNamespace(words=words, cfg=s.cfg, word=lambda at: words[at] | words[at + 4] << 32)
    assert arguments_of(device) == s.arguments  # type: ignore[arg-type]


@pytest.mark.parametrize("config", ["sim", "sim_silu"])
def test_what_is_read_back_is_what_memory_holds(config: str) -> None:
    """Filled, run by golden, read: all results equal the prediction; a byte that changed beside them is told."""
    s = start(config, batch=2)
    made = driver(s)
    made._fill(s)
    memory = made._memory.arena  # type: ignore[attr-defined]
    memory[:] = KERNEL.memory_after(s)
    counters = KERNEL.outcome(s).counters
    for name, value in counters.items():
        stem, _, element = name.rpartition("_")
        array = element.isdigit()
        asyncio.run(made._regs.write(stem if array else name, value, int(element) if array else None))
    found = asyncio.run(made._outcome(s))
    assert isinstance(found, ModelOutcome)
    assert (found.error, found.counters, found.changed) == (regs.ErrorCode.NONE, counters, ())
    assert KERNEL.told(s, found) == []
    memory[0, s.legal.a_off] ^= 1
    assert len(asyncio.run(made._outcome(replace(s, name="again"))).changed) == 1

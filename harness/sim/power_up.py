# SPDX-License-Identifier: Apache-2.0
"""A first test on Icarus: registers and memories hold random values at power-up, as those of a device may.

Icarus begins with X, which a condition takes as false: a register that a reset forgets can hide behind the branch that
X does not take. Verilator begins with random values anyway. What `initial` gave a value (ROMs) keeps it; wires and what
`always @*` drives follow from registers, so only names that end in `_q` and memories named `mem` are touched.
"""

import random
from collections.abc import Iterator
from typing import Any

import cocotb
from cocotb.handle import ArrayObject, HierarchyArrayObject, HierarchyObject, LogicObject, PackedObject
from cocotb.triggers import ReadWrite

MEMORY, REGISTER = "mem", "_q"
VALUES = (LogicObject, PackedObject)


@cocotb.test()
async def power_up(dut: Any) -> None:
    """Every register and every word of a memory that has no value gets a random one."""
    await ReadWrite()  # initial blocks come first
    rng = random.Random(cocotb.RANDOM_SEED)
    given = 0
    for state in registers(dut):
        if not state.value.is_resolvable:
            state.value = rng.getrandbits(len(state))
            given += 1
    await ReadWrite()
    dut._log.info("power-up: %d registers and words got random values", given)


def registers(scope: Any) -> Iterator[Any]:
    """Yield the registers below a scope and the words of its memories."""
    for child in scope:
        if isinstance(child, HierarchyObject | HierarchyArrayObject):
            yield from registers(child)
        elif isinstance(child, VALUES) and child._name.endswith(REGISTER):
            yield child
        elif isinstance(child, ArrayObject) and child._name == MEMORY:
            yield from child

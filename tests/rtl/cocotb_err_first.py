# SPDX-License-Identifier: Apache-2.0
"""The contract of err_first."""

import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge, Timer

from golden.streams import Errors, first_error
from tests.rtl.current_dut import current

DUT = current()
PORTS, SOURCES = DUT.params["PORTS"], DUT.params["SOURCES"]
CODES = DUT.params["CODES"].to_bytes(SOURCES, "little")


def draw(rng: random.Random, rare: float) -> Errors:
    """Return errors of a cycle: often several at once, where there are any; each port is the lowest now and then.

    Each bit of an argument's error is the only one of some.
    """
    ports = (1 << PORTS) - 1
    culprits = [rng.getrandbits(PORTS) << rng.randrange(PORTS) & ports if rng.random() < rare else 0 for _ in CODES]
    argument = rng.choice((rng.getrandbits(8), 1 << rng.randrange(8))) if rng.random() < rare else 0
    return Errors(argument, tuple(culprits))


@cocotb.test()
async def keeps_the_first(dut):
    """After two edges the outputs are golden.streams.first_error of the cycles before; clear and reset forget."""
    assert DUT.contract.value("Latency", DUT.params) == 2
    rng = random.Random(cocotb.RANDOM_SEED)
    dut.rst.value, dut.clear.value, dut.en.value, dut.arg_error.value, dut.culprits.value = 1, 0, 1, 255, 1
    await Timer(1, unit="ns")
    Clock(dut.clk, 10, unit="ns").start()
    for _ in range(3):
        await RisingEdge(dut.clk)
    await FallingEdge(dut.clk)
    assert (int(dut.code.value), int(dut.port.value)) == (0, 0), "reset does not clear"
    found = 0
    for run in range(300):
        rare, cycles, en = rng.choice((0.02, 0.3)), rng.randint(3, 40), rng.random() < 0.8
        dut.rst.value, dut.clear.value = int(run % 20 == 0), 1
        await RisingEdge(dut.clk)
        seen: list[Errors] = []
        expected = (0, 0)
        for _ in range(cycles):
            errors = draw(rng, rare)
            dut.rst.value, dut.clear.value, dut.en.value = 0, 0, int(en)
            dut.arg_error.value = errors.argument
            dut.culprits.value = sum(bits << (s * PORTS) for s, bits in enumerate(errors.culprits))
            await FallingEdge(dut.clk)
            assert (int(dut.code.value), int(dut.port.value)) == expected
            expected = first_error(seen, CODES)
            seen.append(errors if en else Errors(0, (0,) * SOURCES))
            await RisingEdge(dut.clk)
        found += expected != (0, 0)
    assert found > 40

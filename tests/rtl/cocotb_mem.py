# SPDX-License-Identifier: Apache-2.0
"""The contract of the memories: what a read sees, in random traffic with many address collisions."""

import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge

from golden.streams import memory
from tests.rtl.dut import current

DUT = current()
CYCLES = 2000


@cocotb.test()
@cocotb.parametrize(hot=[2, 8, 1 << 20])
async def reads(dut, hot):
    """Each read returns the word before its edge's write, after as many cycles as the header says, and then holds."""
    rng = random.Random(f"{cocotb.RANDOM_SEED}/{hot}")
    width, depth = DUT.params["DATA_W"], DUT.params["DEPTH"]
    latency = int(DUT.contract.value("Latency", DUT.params))
    sync = hasattr(dut, "rd_en")
    Clock(dut.clk, 10, unit="ns").start()
    operations: list[tuple[int | None, int, int | None]] = []
    outputs: list[str] = []
    for _ in range(CYCLES):
        await RisingEdge(dut.clk)
        write, read = (rng.randrange(min(hot, depth)) for _ in range(2))
        wr_en, rd_en, data = rng.random() < 0.6, not sync or rng.random() < 0.7, rng.getrandbits(width)
        dut.wr_en.value, dut.wr_addr.value, dut.wr_data.value, dut.rd_addr.value = int(wr_en), write, data, read
        if sync:
            dut.rd_en.value = int(rd_en)
        operations.append((write if wr_en else None, data, read if rd_en else None))
        await FallingEdge(dut.clk)
        outputs.append(str(dut.rd_data.value))
    compared = 0
    for cycle, word in enumerate(memory(operations)[: CYCLES - latency]):
        found = outputs[cycle + latency]
        if word is not None:
            assert int(found, 2) == word, f"cycle {cycle}: read {found}, expected {word:0{width}b}"
            compared += 1
        elif operations[cycle][2] is None and cycle:
            assert found == outputs[cycle + latency - 1], f"cycle {cycle}: rd_data changed without rd_en"
    assert compared > CYCLES // 4

# SPDX-License-Identifier: Apache-2.0
"""The contract of the memories: what a read sees, in random traffic with many address collisions, and at every word."""

import random
from collections.abc import Iterable

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge

from golden.streams import memory
from tests.rtl.current_dut import current

DUT = current()
CYCLES = 2000


Operation = tuple[int | None, int, int | None]


async def run(dut, rng: random.Random, operations: Iterable[Operation]) -> list[str]:
    """Do one operation a cycle, as `memory` has them; return rd_data in each cycle. Addresses without use are any."""
    sync, depth = hasattr(dut, "rd_en"), DUT.params["DEPTH"]
    Clock(dut.clk, 10, unit="ns").start()
    outputs: list[str] = []
    for write, data, read in operations:
        await RisingEdge(dut.clk)
        write_at, read_at = (rng.randrange(depth) if at is None else at for at in (write, read))
        dut.wr_en.value, dut.wr_addr.value, dut.wr_data.value = int(write is not None), write_at, data
        dut.rd_addr.value = read_at
        if sync:
            dut.rd_en.value = int(read is not None)
        await FallingEdge(dut.clk)
        outputs.append(str(dut.rd_data.value))
    return outputs


def compare(operations: list[Operation], outputs: list[str]) -> int:
    """Check the words that were read and that rd_data holds without a read; return how many words were compared."""
    width, latency = DUT.params["DATA_W"], int(DUT.contract.value("Latency", DUT.params))
    compared = 0
    for cycle, word in enumerate(memory(operations)[: len(operations) - latency]):
        found = outputs[cycle + latency]
        if word is not None:
            assert int(found, 2) == word, f"cycle {cycle}: read {found}, expected {word:0{width}b}"
            compared += 1
        elif operations[cycle][2] is None and cycle:
            assert found == outputs[cycle + latency - 1], f"cycle {cycle}: rd_data changed without rd_en"
    return compared


@cocotb.test()
@cocotb.parametrize(hot=[2, 8, 1 << 20])
async def reads(dut, hot):
    """Each read returns the word before its edge's write, after as many cycles as the header says, and then holds."""
    rng = random.Random(f"{cocotb.RANDOM_SEED}/{hot}")
    width, depth = DUT.params["DATA_W"], DUT.params["DEPTH"]
    sync = hasattr(dut, "rd_en")
    operations: list[Operation] = []
    for _ in range(CYCLES):
        write, read = (rng.randrange(min(hot, depth)) for _ in range(2))
        wr_en, rd_en, data = rng.random() < 0.6, not sync or rng.random() < 0.7, rng.getrandbits(width)
        operations.append((write if wr_en else None, data, read if rd_en else None))
    assert compare(operations, await run(dut, rng, operations)) > CYCLES // 4


@cocotb.test()
async def every_word(dut):
    """Each word keeps what was written into it while others are written; a read beside its next write sees it."""
    rng = random.Random(f"{cocotb.RANDOM_SEED}/words")
    width, depth = DUT.params["DATA_W"], DUT.params["DEPTH"]
    words = [rng.getrandbits(width) for _ in range(depth)]
    flipped = [word ^ (1 << width) - 1 for word in words]
    order = rng.sample(range(depth), depth)
    operations: list[Operation] = [(k, words[k], None if hasattr(dut, "rd_en") else k) for k in order]
    operations += [(k, flipped[k], k) for k in range(depth)]
    operations += [(None, rng.getrandbits(width), k) for k in reversed(order)]
    operations.append((None, 0, 0))
    assert compare(operations, await run(dut, rng, operations)) >= 2 * depth

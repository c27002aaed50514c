# SPDX-License-Identifier: Apache-2.0
"""Tests of axil_regs; called from test_axil_regs.py."""

import os
import random
from typing import Any

import cocotb
from cocotb.triggers import ClockCycles, FallingEdge, RisingEdge

from golden.axi import register_read, register_write
from tests.rtl.cocotb_axil_common import open_master, start
from tests.rtl.contract import contract

COUNT = int(250 * float(os.environ.get("KRAIT_AXI_EFFORT", "1")))
WORD = 0xFFFFFFFF


def slices(value: int, words: int) -> list[int]:
    return [value >> 32 * i & WORD for i in range(words)]


class Bench:
    """The register file, its golden storage, and a monitor of its strobes."""

    def __init__(self, dut: Any) -> None:
        self.dut = dut
        self.words = int(dut.WORDS.value)
        self.exist, self.told = int(dut.EXIST.value), int(dut.STROBES.value) & int(dut.EXIST.value)
        self.masks = slices(int(dut.RW_MASK.value), self.words)
        self.masks = [mask * (self.exist >> word & 1) for word, mask in enumerate(self.masks)]
        self.stored = [0] * self.words
        self.writes: list[tuple[int, int, int, int]] = []  # word, data, strobes, stored value in that cycle
        self.reads: list[tuple[int, int]] = []  # word, its read value in that cycle
        self.addresses = 1 << int(dut.ADDR_W.value)

    async def open(self, stalls: bool) -> None:
        """Attach a master."""
        self.master = await open_master(self.dut, ("ro_value",), stalls)
        self.watch()

    async def open_bare(self) -> None:
        """Leave the bus to the test."""
        names = ("awvalid", "wvalid", "bready", "arvalid", "rready", "awaddr", "wdata", "wstrb", "araddr")
        await start(self.dut, ("ro_value", *("s_axil_" + name for name in names)))
        self.watch()

    def watch(self) -> None:
        cocotb.start_soon(self._inputs())
        cocotb.start_soon(self._monitor())

    async def _inputs(self) -> None:
        """Change ro_value in every cycle, so that a value can only come from the right one."""
        while True:
            await RisingEdge(self.dut.clk)
            self.dut.ro_value.value = random.getrandbits(32 * self.words)

    async def _monitor(self) -> None:
        dut = self.dut
        while True:
            await FallingEdge(dut.clk)
            if int(dut.rst.value):
                continue
            if strobe := int(dut.wr_strobe.value):
                word = strobe.bit_length() - 1
                assert strobe == 1 << word, "two write strobes at once"
                now = slices(int(dut.regs_q.value), self.words)[word]
                self.writes.append((word, int(dut.wr_data.value), int(dut.wr_strb.value), now))
            if strobe := int(dut.rd_strobe.value):
                word = strobe.bit_length() - 1
                assert strobe == 1 << word, "two read strobes at once"
                ro = slices(int(dut.ro_value.value), self.words)[word]
                stored = slices(int(dut.regs_q.value), self.words)[word]
                self.reads.append((word, register_read(stored, ro, self.masks[word])))
                assert self.told >> word & 1, "a strobe of a word without"

    async def write(self, word: int, data: int, first: int, count: int) -> None:
        """Write `count` bytes from byte `first` of a word, and compare strobe, data and storage with the golden law."""
        await self.master.write(4 * word + first, (data >> 8 * first & (1 << 8 * count) - 1).to_bytes(count, "little"))
        strobes = ((1 << count) - 1) << first
        if word >= self.words:
            assert self.writes == []
            return
        self.stored[word] = register_write(self.stored[word], data, strobes, self.masks[word])
        if not self.told >> word & 1:
            assert self.writes == []
            assert slices(int(self.dut.regs_q.value), self.words) == self.stored
            return
        ((got_word, got_data, got_strobes, now),) = self.writes
        self.writes.clear()
        assert (got_word, got_strobes) == (word, strobes)
        for byte in range(first, first + count):
            assert got_data >> 8 * byte & 0xFF == data >> 8 * byte & 0xFF
        assert now == self.stored[word], "wr_strobe does not meet the new value"

    async def read(self, word: int) -> None:
        """Read a word, and compare it with what the file was given in the strobe's cycle."""
        answer = await self.master.read(4 * word, 4)
        value = int.from_bytes(answer.data, "little")
        if word >= self.words:
            assert (value, self.reads) == (0, [])
            return
        if not self.exist >> word & 1:
            assert (value, self.reads) == (0, [])
            return
        assert self.reads == [(word, value)] * (self.told >> word & 1)
        assert value & self.masks[word] == self.stored[word]
        self.reads.clear()

    async def random_access(self) -> None:
        word = random.choice((random.randrange(self.words), random.randrange(self.addresses // 4)))
        if random.random() < 0.5:
            await self.read(word)
        else:
            first = random.randrange(4)
            await self.write(word, random.getrandbits(32), first, random.randint(1, 4 - first))


async def follows_the_law(dut: Any, stalls: bool) -> None:
    bench = Bench(dut)
    await bench.open(stalls)
    for _ in range(COUNT):
        await bench.random_access()
    assert slices(int(dut.regs_q.value), bench.words) == bench.stored


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def accesses_at_full_speed(dut: Any) -> None:
    """Writes and reads follow the golden law; each raises exactly its strobe; unmapped words read 0."""
    await follows_the_law(dut, stalls=False)


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def accesses_under_stalls(dut: Any) -> None:
    """The same when all five channels stall at random, which also brings AW and W in any order."""
    await follows_the_law(dut, stalls=True)


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def every_register_holds_its_own(dut: Any) -> None:
    """After writing a different value to every word, every word holds its own RW bits: no address aliases."""
    bench = Bench(dut)
    await bench.open(stalls=False)
    for word in range(bench.words):
        await bench.write(word, random.getrandbits(32), 0, 4)
    for word in range(bench.words):
        await bench.read(word)


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def reset_clears_storage(dut: Any) -> None:
    """Reset, also amid an access, zeroes every register and leaves the bus ready for the next access."""
    bench = Bench(dut)
    await bench.open(stalls=True)
    for _ in range(12):
        write = cocotb.start_soon(bench.master.write(0, random.randbytes(4 * min(bench.words, 4))))
        read = cocotb.start_soon(bench.master.read(0, 8))
        await ClockCycles(dut.clk, random.randint(1, 25))
        dut.rst.value = 1
        await ClockCycles(dut.clk, 2)
        write.cancel()
        read.cancel()
        dut.rst.value = 0
        await FallingEdge(dut.clk)
        assert not int(dut.s_axil_bvalid.value)
        assert not int(dut.s_axil_rvalid.value)
        assert int(dut.regs_q.value) == 0
        await RisingEdge(dut.clk)
        bench.writes.clear()
        bench.reads.clear()
        bench.stored = [0] * bench.words
        for _ in range(4):
            await bench.random_access()


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def timing_is_as_stated(dut: Any) -> None:
    """From accepted address (and data) to the answer, and from access to access, pass the cycles of the header."""
    bench = Bench(dut)
    await bench.open_bare()
    for name in ("awvalid", "wvalid", "bready", "arvalid", "rready"):
        getattr(dut, "s_axil_" + name).value = 1
    header = contract("axil_regs")
    latency, period = header.value("Latency", {}), 1 / (header.value("Throughput", {}) or 1)
    for cycle in range(31):
        await FallingEdge(dut.clk)
        ready, answer = int(cycle % period == 0), int(cycle % period == latency)
        names = ("awready", "wready", "arready", "bvalid", "rvalid")
        levels = [int(getattr(dut, "s_axil_" + name).value) for name in names]
        assert levels == [ready, ready, ready, answer, answer]


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def answers_wait(dut: Any) -> None:
    """Answers hold until taken, no second access is accepted meanwhile, and data alone start nothing."""
    bench = Bench(dut)
    await bench.open_bare()
    dut.s_axil_wvalid.value = 1
    dut.s_axil_arvalid.value = 1
    await ClockCycles(dut.clk, 10)
    await FallingEdge(dut.clk)
    data = int(dut.s_axil_rdata.value)
    assert not int(dut.s_axil_bvalid.value)
    assert not int(dut.s_axil_wready.value)
    assert int(dut.s_axil_rvalid.value)
    assert len(bench.reads) == 1
    await RisingEdge(dut.clk)
    dut.s_axil_awvalid.value = 1
    await ClockCycles(dut.clk, 10)
    await FallingEdge(dut.clk)
    assert int(dut.s_axil_bvalid.value)
    assert len(bench.writes) == 1
    assert (int(dut.s_axil_rvalid.value), int(dut.s_axil_rdata.value)) == (1, data)


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def halves_of_a_write_wait_for_each_other(dut: Any) -> None:
    """Address and data are taken once each, in either order; what the bus shows afterwards does not matter."""
    bench = Bench(dut)
    await bench.open_bare()
    dut.s_axil_bready.value = 1
    for first, second in (("aw", "w"), ("w", "aw")):
        await RisingEdge(dut.clk)
        dut.s_axil_awaddr.value = 4
        dut.s_axil_wdata.value = 0x12345678
        dut.s_axil_wstrb.value = 0xF
        for channel in (first, second):
            valid = getattr(dut, f"s_axil_{channel}valid")
            valid.value = 1
            await RisingEdge(dut.clk)
            valid.value = 0
            if channel == "aw":
                dut.s_axil_awaddr.value = 0
            else:
                dut.s_axil_wdata.value = 0
                dut.s_axil_wstrb.value = 0
            await ClockCycles(dut.clk, random.randint(1, 5))
        await ClockCycles(dut.clk, 4)
        ((word, data, strobes, _),) = bench.writes
        bench.writes.clear()
        assert (word, data, strobes) == (1, 0x12345678, 0xF)

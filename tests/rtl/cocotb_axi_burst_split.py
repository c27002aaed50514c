# SPDX-License-Identifier: Apache-2.0
"""Tests of axi_burst_split; called from test_axi_burst_split.py."""

import os
import random
from typing import Any

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge, RisingEdge

from golden.axi import split_bursts
from tests.rtl.cocotb_axi_common import Command, Stall, always_ready, beginning, random_stalls
from tests.rtl.contract import contract

COUNT = int(400 * float(os.environ.get("KRAIT_AXI_EFFORT", "1")))
CONTRACT = contract("axi_burst_split")
Token = tuple[int, int, int, int]  # address, len, final, null


async def start(dut: Any) -> None:
    dut.cmd_valid.value = 0
    dut.m_ready.value = 0
    dut.rst.value = 1
    Clock(dut.clk, 10, unit="ns").start()
    await ClockCycles(dut.clk, 3)
    dut.rst.value = 0
    await RisingEdge(dut.clk)


def tokens(dut: Any, commands: list[Command]) -> list[Token]:
    """Return what the golden model expects; fields of a null token other than the flags are free (zero here)."""
    size, limit = int(dut.DATA_W.value) // 8, int(dut.BURST_BEATS.value)
    out: list[Token] = []
    for address, beats in commands:
        out += [(b.address, b.beats - 1, int(b.final), 0) for b in split_bursts(address, beats, size, limit)]
        if not beats:
            out.append((0, 0, 1, 1))
    return out


def random_commands(dut: Any, count: int) -> list[Command]:
    """Return commands that end and begin anywhere, half of them before a carry through many address bits."""
    size, width = int(dut.DATA_W.value) // 8, len(dut.cmd_addr)
    commands = []
    for _ in range(count):
        beats = random.choice((0, 1, random.randint(0, 8), random.randint(0, 300)))
        address = random.getrandbits(width - 1)
        if random.random() < 0.5:
            address = (address >> (low := random.randint(12, width - 2)) << low) - random.randint(1, 8) * size
        commands.append((max(0, address) // size * size, beats))
    return commands


async def feed(dut: Any, commands: list[Command], stall: Stall) -> None:
    await RisingEdge(dut.clk)
    for address, beats in commands:
        while stall():
            dut.cmd_valid.value = 0
            await RisingEdge(dut.clk)
        dut.cmd_valid.value = 1
        dut.cmd_addr.value = address
        dut.cmd_beats.value = beats
        await FallingEdge(dut.clk)
        while not int(dut.cmd_ready.value):
            await FallingEdge(dut.clk)
        await RisingEdge(dut.clk)
    dut.cmd_valid.value = 0


async def drain(dut: Any, count: int, stall: Stall) -> tuple[list[Token], int]:
    """Take `count` tokens; return them and the cycles from the first to the last."""
    out: list[Token] = []
    cycle = first = 0
    while len(out) < count:
        await RisingEdge(dut.clk)
        dut.m_ready.value = int(not stall())
        await FallingEdge(dut.clk)
        cycle += 1
        if int(dut.m_valid.value) and int(dut.m_ready.value):
            first = first or cycle
            null = int(dut.m_null.value)
            payload = (0, 0) if null else (int(dut.m_addr.value), int(dut.m_len.value))
            out.append((*payload, int(dut.m_final.value), null))
            assert int(dut.busy.value)
    await RisingEdge(dut.clk)
    dut.m_ready.value = 0
    return out, cycle - first + 1


async def split_as_golden(dut: Any, source: Stall, sink: Stall) -> int:
    await start(dut)
    commands = random_commands(dut, COUNT)
    golden = tokens(dut, commands)
    cocotb.start_soon(feed(dut, commands, source))
    got, cycles = await drain(dut, len(golden), sink)
    assert got == golden
    await FallingEdge(dut.clk)
    assert not int(dut.busy.value)
    assert not int(dut.m_valid.value)
    return cycles - len(golden)


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def free_running(dut: Any) -> None:
    """The tokens are the golden bursts, at the stated throughput, also from command to command."""
    bubbles = await split_as_golden(dut, always_ready, always_ready)
    assert (bubbles == 0) == (CONTRACT.value("Throughput", {}) == 1)


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def stalled_source(dut: Any) -> None:
    """The same tokens when commands come with pauses."""
    await split_as_golden(dut, random_stalls(), always_ready)


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def stalled_sink(dut: Any) -> None:
    """The same tokens when bursts are taken with pauses."""
    await split_as_golden(dut, always_ready, random_stalls())


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def both_stalled(dut: Any) -> None:
    """The same tokens when both sides pause."""
    await split_as_golden(dut, random_stalls(), random_stalls())


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def longest_command(dut: Any) -> None:
    """A command of 2^32 - 1 beats begins with full bursts and does not end early."""
    await start(dut)
    size, limit = int(dut.DATA_W.value) // 8, int(dut.BURST_BEATS.value)
    cocotb.start_soon(feed(dut, [(0, 2**32 - 1)], always_ready))
    got, _ = await drain(dut, 50, always_ready)
    assert got == [(i * limit * size, limit - 1, 0, 0) for i in range(50)]


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def each_bit_of_the_length_counts(dut: Any) -> None:
    """A command of each power of two of beats begins with the golden bursts, anywhere in memory."""
    await start(dut)
    size, limit = int(dut.DATA_W.value) // 8, int(dut.BURST_BEATS.value)
    for k in range(32):
        command = random.getrandbits(len(dut.cmd_addr) - 13) << 12, 1 << k
        golden = beginning(command, size, limit)
        driver = cocotb.start_soon(feed(dut, [command], always_ready))
        got, _ = await drain(dut, len(golden), always_ready)
        assert [(address, last + 1) for address, last, _, _ in got] == golden, f"2^{k} beats"
        assert [final for *_, final, _ in got][-1] == (golden[-1][0] + golden[-1][1] * size == command[0] + (size << k))
        await driver
        dut.rst.value = 1
        await ClockCycles(dut.clk, 2)
        dut.rst.value = 0


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def latency_is_as_stated(dut: Any) -> None:
    """A command accepted at an edge shows its first burst as many cycles later as the header says."""
    await start(dut)
    cocotb.start_soon(feed(dut, [(0x1000, 1)], always_ready))
    while not (int(dut.cmd_valid.value) and int(dut.cmd_ready.value)):
        await FallingEdge(dut.clk)
    cycles = 0
    while not int(dut.m_valid.value):
        await FallingEdge(dut.clk)
        cycles += 1
    assert cycles == CONTRACT.value("Latency", {})


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def absorbs_as_stated(dut: Any) -> None:
    """While nothing is taken, as many commands are accepted as the header says."""
    await start(dut)
    dut.cmd_addr.value = 0
    dut.cmd_beats.value = 1
    dut.cmd_valid.value = 1
    taken = 0
    for _ in range(20):
        await FallingEdge(dut.clk)
        taken += int(dut.cmd_ready.value)
    assert taken == CONTRACT.absorbs({})


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def reset_empties(dut: Any) -> None:
    """Reset in traffic leaves nothing behind."""
    await start(dut)
    for _ in range(10):
        driver = cocotb.start_soon(feed(dut, random_commands(dut, 10), random_stalls()))
        await drain(dut, random.randint(1, 6), random_stalls())
        driver.cancel()
        dut.cmd_valid.value = 0
        dut.rst.value = 1
        await ClockCycles(dut.clk, 2)
        dut.rst.value = 0
        await FallingEdge(dut.clk)
        assert not int(dut.m_valid.value)
        assert not int(dut.busy.value)
        commands = random_commands(dut, 3)
        cocotb.start_soon(feed(dut, commands, always_ready))
        golden = tokens(dut, commands)
        assert (await drain(dut, len(golden), always_ready))[0] == golden

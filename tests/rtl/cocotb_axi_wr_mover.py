# SPDX-License-Identifier: Apache-2.0
"""Tests of axi_wr_mover inside tb_axi_port; called from test_axi_wr_mover.py."""

import os
import random
from typing import Any

import cocotb
from cocotb.task import Task
from cocotb.triggers import ClockCycles, FallingEdge, RisingEdge, Timer

from tests.rtl.cocotb_axi_common import (
    Checker,
    Command,
    PipelinedMemory,
    Port,
    Target,
    always_ready,
    begins_runs_of_any_length,
    random_commands,
    random_stalls,
    slave,
)

EFFORT = float(os.environ.get("KRAIT_AXI_EFFORT", "1"))
LONGEST = 1000


async def open_port(dut: Any) -> tuple[Port, Checker]:
    port = Port(dut)
    await port.start()
    return port, Checker(port)


def source(port: Port, commands: list[Command]) -> dict[int, bytes]:
    """Return random words for the commands, by address."""
    size = port.beat_bytes
    return {address + i * size: random.randbytes(size) for address, beats in commands for i in range(beats)}


async def write(port: Port, commands: list[Command], data: dict[int, bytes], stalls: bool) -> list[Task[None]]:
    """Start the commands and their data; return the drivers."""
    pace = random_stalls if stalls else lambda: always_ready
    words = [(int.from_bytes(word, "little"),) for word in data.values()]
    return [
        cocotb.start_soon(port.send_commands("wr", commands, pace())),
        cocotb.start_soon(port.send("s", ("data",), words, pace())),
    ]


async def finish(port: Port, drivers: list[Task[None]]) -> None:
    for driver in drivers:
        await driver
    await port.wait_low("wr_busy")
    await ClockCycles(port.dut.clk, 2)


async def writes_what_the_stream_holds(dut: Any, stalls: bool) -> None:
    port, checker = await open_port(dut)
    target = Target()
    slave(port, target, stalls)
    commands = random_commands(port, int(30 * EFFORT), int(LONGEST * EFFORT))
    data = source(port, commands)
    await finish(port, await write(port, commands, data, stalls))
    assert target.written == data
    checker.expect(checker.write, commands)
    assert checker.done == len(commands)
    assert not port.high("wr_err")


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def writes_at_full_speed(dut: Any) -> None:
    """Memory receives each word once at its address, in the golden bursts, with one done pulse a command."""
    await writes_what_the_stream_holds(dut, stalls=False)


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def writes_under_stalls(dut: Any) -> None:
    """The same when commands, data, AW, W and B all stall at random."""
    await writes_what_the_stream_holds(dut, stalls=True)


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def moves_a_thousand_beats(dut: Any) -> None:
    """One command longer than all queues arrives complete, across many 4 KiB boundaries."""
    port, checker = await open_port(dut)
    target = Target()
    slave(port, target, stalls=False)
    commands = [(0x1234_5000 - port.beat_bytes, int(LONGEST * EFFORT))]
    data = source(port, commands)
    await finish(port, await write(port, commands, data, stalls=False))
    assert target.written == data
    checker.expect(checker.write, commands)


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def empty_commands_are_done_in_turn(dut: Any) -> None:
    """A command of no beats is done without AXI traffic: at once when alone, else after the command before it."""
    port, checker = await open_port(dut)
    await port.send_commands("wr", [(0x1000, 0)], always_ready)
    await ClockCycles(dut.clk, 6)
    assert (checker.done, port.high("wr_busy")) == (1, False)
    commands = [(0x2000, 1), (0x3000, 0)]
    drivers = await write(port, commands, source(port, commands), stalls=False)
    await ClockCycles(dut.clk, 30)
    assert checker.done == 1, "done before the answer of the command in front"
    slave(port, Target(), stalls=False)
    await finish(port, drivers)
    assert checker.done == 3
    checker.expect(checker.write, commands)


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def done_follows_the_last_answer(dut: Any) -> None:
    """done pulses in the cycle after the last answer of each command was taken, and never otherwise."""
    port, _ = await open_port(dut)
    slave(port, Target(), stalls=True)
    commands = [command for command in random_commands(port, int(20 * EFFORT), 60) if command[1]]
    lasts = [len(port.bursts(commands[: i + 1])) for i in range(len(commands))]
    drivers = await write(port, commands, source(port, commands), stalls=True)
    answers, due, seen = 0, False, 0
    while seen < len(commands):
        await FallingEdge(dut.clk)
        assert port.high("wr_done") == due
        seen += due
        taken = port.high("m_axi_bvalid", "m_axi_bready")
        answers += taken
        due = taken and answers in lasts
    await finish(port, drivers)


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def error_is_sticky(dut: Any) -> None:
    """A write error sets err, no later than done, until it is cleared; the transfer still completes."""
    port, checker = await open_port(dut)
    size = port.beat_bytes
    target = Target(bad_pages=(0x11,))
    slave(port, target, stalls=True)
    commands = [(0x1_1000 - 3 * size, 5)]
    data = source(port, commands)
    drivers = await write(port, commands, data, stalls=True)
    while not port.high("wr_done"):
        await FallingEdge(dut.clk)
    assert port.high("wr_err")
    await finish(port, drivers)
    good = {address: word for address, word in data.items() if address < 0x1_1000}
    assert target.written == good
    more = [(0x2_0000, 4)]
    await finish(port, await write(port, more, source(port, more), stalls=False))
    assert port.high("wr_err")
    await RisingEdge(dut.clk)
    dut.wr_err_clear.value = 1
    await RisingEdge(dut.clk)
    dut.wr_err_clear.value = 0
    await FallingEdge(dut.clk)
    assert not port.high("wr_err")
    checker.expect(checker.write, commands + more)
    assert checker.done == 2


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def recovers_from_reset(dut: Any) -> None:
    """Reset in traffic, of empty commands too, empties the mover at its first edge; the next one runs as the first."""
    port, checker = await open_port(dut)
    target = Target()
    slave(port, target, stalls=True)
    names = ("m_axi_awvalid", "m_axi_wvalid", "m_axi_bready", "wr_busy", "wr_done", "wr_err")
    for index in range(int(12 * EFFORT) + 6):
        lost = random_commands(port, 4, 60) if index % 2 else [(0x1000, 0)] * 30
        drivers = await write(port, lost, source(port, lost), stalls=bool(index % 2))
        await ClockCycles(dut.clk, random.randint(3, 120) if index % 2 else 12 + index)
        for driver in drivers:
            driver.cancel()
        dut.rst.value = 1
        await RisingEdge(dut.clk)
        await FallingEdge(dut.clk)
        assert not any(int(port[name].value) for name in names)
        await port.reset(2)
        assert not any(int(port[name].value) for name in names)
        target.written.clear()
        checker.done = 0
        commands = random_commands(port, 2, 40)
        data = source(port, commands)
        await finish(port, await write(port, commands, data, stalls=True))
        assert target.written == data
        checker.expect(checker.write, commands)
        assert checker.done == len(commands)


async def gaps_at(port: Port, checker: Checker, latency: int) -> tuple[int, int]:
    """Write to a memory of that latency; return cycles without a word between the first and last, and the peak."""
    PipelinedMemory(port, latency)
    full = port.burst_beats
    commands = [(0x10000 * i, full * n) for i, n in enumerate((1, 3, 1, 1, 2, 5, 1, 1, 1, 4, 2, 2, 7))]
    await finish(port, await write(port, commands, source(port, commands), stalls=False))
    checker.expect(checker.write, commands)
    cycles = checker.write.beat_cycles
    return cycles[-1] - cycles[0] + 1 - len(cycles), checker.write.peak


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def hides_the_latency_it_claims(dut: Any) -> None:
    """(OUTSTANDING - 1) * BURST_BEATS - 2 cycles from last data to answer leave no bubble between words."""
    port, checker = await open_port(dut)
    gaps, peak = await gaps_at(port, checker, (port.outstanding - 1) * port.burst_beats - 2)
    assert gaps == 0
    assert peak == port.outstanding


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def hides_no_more_than_it_claims(dut: Any) -> None:
    """One more cycle of latency shows as bubbles: the stated bound is exact."""
    port, checker = await open_port(dut)
    gaps, _ = await gaps_at(port, checker, (port.outstanding - 1) * port.burst_beats - 1)
    assert gaps > 0


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def addresses_run_ahead(dut: Any) -> None:
    """While no data come, addresses are issued up to OUTSTANDING bursts, and no further."""
    port, checker = await open_port(dut)
    PipelinedMemory(port, 10)
    await port.send_commands("wr", [(0x1000, port.burst_beats * (port.outstanding + 3))], always_ready)
    await ClockCycles(dut.clk, port.outstanding + 20)
    assert checker.write.flight == port.outstanding


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def address_leaves_three_cycles_after_command(dut: Any) -> None:
    """The stated latency: a command accepted at an edge shows as awvalid in the third cycle after it."""
    port, _ = await open_port(dut)
    cocotb.start_soon(port.send_commands("wr", [(0x1000, 1)], always_ready))
    while not port.high("wr_valid", "wr_ready"):
        await FallingEdge(dut.clk)
    for cycle in range(1, 4):
        await FallingEdge(dut.clk)
        assert port.high("m_axi_awvalid") == (cycle == 3)
        assert port.high("wr_busy")


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def runs_of_any_length_begin(dut: Any) -> None:
    """Each bit of a command's beats counts, those too that no simulation moves."""
    port, _ = await open_port(dut)
    await begins_runs_of_any_length(port, "wr", "aw")


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def valid_ignores_ready(dut: Any) -> None:
    """awvalid and wvalid come while awready is low, and changing a ready inside a cycle changes no valid."""
    port, _ = await open_port(dut)
    commands = [(0x1000, 4)]
    await write(port, commands, source(port, commands), stalls=False)
    await ClockCycles(dut.clk, 12)
    await FallingEdge(dut.clk)
    for level in (0, 1, 0):
        dut.m_axi_awready.value = level
        dut.m_axi_wready.value = level
        await Timer(1, unit="ns")
        assert port.high("m_axi_awvalid", "m_axi_wvalid")

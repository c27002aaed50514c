# SPDX-License-Identifier: Apache-2.0
"""Tests of axi_rd_mover inside tb_axi_port; called from test_axi_rd_mover.py."""

import os
import random
from typing import Any

import cocotb
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


async def read(port: Port, commands: list[Command], stalls: bool) -> list[int]:
    """Run the commands and return every word of the stream."""
    words: list[int] = []
    pace = random_stalls if stalls else lambda: always_ready
    cocotb.start_soon(port.send_commands("rd", commands, pace()))
    await port.receive(sum(beats for _, beats in commands), pace(), words)
    await port.wait_low("rd_busy")
    return words


def expected(port: Port, commands: list[Command]) -> list[int]:
    size = port.beat_bytes
    return [w for a, n in commands for i in range(n) for w in port.words(Target.pristine(a + i * size, size))]


async def reads_what_memory_holds(dut: Any, stalls: bool) -> None:
    port, checker = await open_port(dut)
    slave(port, Target(), stalls)
    commands = random_commands(port, int(30 * EFFORT), int(LONGEST * EFFORT))
    assert await read(port, commands, stalls) == expected(port, commands)
    checker.expect(checker.read, commands)
    assert not port.high("rd_err")


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def reads_at_full_speed(dut: Any) -> None:
    """The stream is the memory's words, command after command, and the bursts are the golden model's."""
    await reads_what_memory_holds(dut, stalls=False)


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def reads_under_stalls(dut: Any) -> None:
    """The same when commands, AR, R and the consumer all stall at random."""
    await reads_what_memory_holds(dut, stalls=True)


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def moves_a_thousand_beats(dut: Any) -> None:
    """One command longer than all queues arrives complete, and commands of no beats move nothing."""
    port, checker = await open_port(dut)
    slave(port, Target(), stalls=False)
    commands = [(0x1234_5000 - port.beat_bytes, int(LONGEST * EFFORT)), (0x2000, 0), (0x3000, 0), (0x4000, 1)]
    assert await read(port, commands, stalls=False) == expected(port, commands)
    checker.expect(checker.read, commands)


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def empty_commands_end_at_once(dut: Any) -> None:
    """Commands of no beats end although the memory accepts nothing."""
    port, _ = await open_port(dut)
    await port.send_commands("rd", [(0, 0), (0x1000, 0)], always_ready)
    await ClockCycles(dut.clk, 6)
    assert not port.high("rd_busy")


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def error_is_sticky(dut: Any) -> None:
    """A read error sets err until it is cleared, and the transfer still completes; good words stay good."""
    port, checker = await open_port(dut)
    size = port.beat_bytes
    slave(port, Target(bad_pages=(0x11,)), stalls=True)
    commands = [(0x1_1000 - 3 * size, 5), (0x2_0000, 4)]
    words = await read(port, commands, stalls=True)
    golden = expected(port, commands)
    assert words[:3] + words[5:] == golden[:3] + golden[5:]
    assert port.high("rd_err")
    await ClockCycles(dut.clk, 5)
    assert port.high("rd_err")
    dut.rd_err_clear.value = 1
    await RisingEdge(dut.clk)
    dut.rd_err_clear.value = 0
    await FallingEdge(dut.clk)
    assert not port.high("rd_err")
    await read(port, [(0x3_0000, 4)], stalls=False)
    assert not port.high("rd_err")
    checker.expect(checker.read, [*commands, (0x3_0000, 4)])


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def recovers_from_reset(dut: Any) -> None:
    """Reset in traffic empties the mover: nothing is offered, and the next command is served as the first."""
    port, checker = await open_port(dut)
    slave(port, Target(), stalls=True)
    for _ in range(int(12 * EFFORT) + 3):
        first = cocotb.start_soon(port.send_commands("rd", random_commands(port, 4, 60), random_stalls()))
        second = cocotb.start_soon(port.receive(1000, random_stalls(), []))
        await ClockCycles(dut.clk, random.randint(3, 120))
        first.cancel()
        second.cancel()
        await port.reset(3)
        assert not any(int(port[name].value) for name in ("m_axi_arvalid", "rd_busy", "rd_err"))
        commands = random_commands(port, 2, 40)
        assert await read(port, commands, stalls=True) == expected(port, commands)
        checker.expect(checker.read, commands)


async def gaps_at(port: Port, checker: Checker, latency: int) -> tuple[int, int]:
    """Read through a memory of that latency; return cycles without a word between the first and last, and the peak."""
    PipelinedMemory(port, latency)
    full = port.burst_beats
    commands = [(0x10000 * i, full * n) for i, n in enumerate((1, 3, 1, 1, 2, 5, 1, 1, 1, 4, 2, 2, 7))]
    await read(port, commands, stalls=False)
    cycles = checker.read.beat_cycles
    assert len(cycles) == sum(beats for _, beats in commands)
    return cycles[-1] - cycles[0] + 1 - len(cycles), checker.read.peak


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def hides_the_latency_it_claims(dut: Any) -> None:
    """(OUTSTANDING - 1) * BURST_BEATS cycles from address to data leave no bubble, not even between commands."""
    port, checker = await open_port(dut)
    gaps, peak = await gaps_at(port, checker, (port.outstanding - 1) * port.burst_beats)
    assert gaps == 0
    assert peak == port.outstanding


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def hides_no_more_than_it_claims(dut: Any) -> None:
    """One more cycle of latency shows as bubbles: the stated bound is exact."""
    port, checker = await open_port(dut)
    gaps, _ = await gaps_at(port, checker, (port.outstanding - 1) * port.burst_beats + 1)
    assert gaps > 0


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def single_beat_commands_flow(dut: Any) -> None:
    """Commands of one beat, each its own burst, sustain a beat a cycle when the memory answers soon enough."""
    port, checker = await open_port(dut)
    PipelinedMemory(port, max(1, port.outstanding - 1))
    await read(port, [(0x1000 * i, 1) for i in range(64)], stalls=False)
    cycles = checker.read.beat_cycles
    assert cycles[-1] - cycles[0] == 63


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def address_leaves_three_cycles_after_command(dut: Any) -> None:
    """The stated latency: a command accepted at an edge shows as arvalid in the third cycle after it."""
    port, _ = await open_port(dut)
    cocotb.start_soon(port.send_commands("rd", [(0x1000, 1)], always_ready))
    while not port.high("rd_valid", "rd_ready"):
        await FallingEdge(dut.clk)
    for cycle in range(1, 4):
        await FallingEdge(dut.clk)
        assert port.high("m_axi_arvalid") == (cycle == 3)
        assert port.high("rd_busy")


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def runs_of_any_length_begin(dut: Any) -> None:
    """Each bit of a command's beats counts, those too that no simulation moves."""
    port, _ = await open_port(dut)
    await begins_runs_of_any_length(port, "rd", "ar")


@cocotb.test(timeout_time=1, timeout_unit="ms")
async def valid_ignores_ready(dut: Any) -> None:
    """arvalid comes without arready, and changing a ready inside a cycle changes no valid."""
    port, _ = await open_port(dut)
    await port.send_commands("rd", [(0x1000, 4)], always_ready)
    await ClockCycles(dut.clk, 6)
    await FallingEdge(dut.clk)
    assert port.high("m_axi_arvalid")
    dut.m_axi_rvalid.value = 0
    for level in (1, 0):
        dut.m_axi_arready.value = level
        dut.m_ready.value = level
        await Timer(1, unit="ns")
        assert port.high("m_axi_arvalid")
        assert not port.high("m_valid")

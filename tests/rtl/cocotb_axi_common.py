# SPDX-License-Identifier: Apache-2.0
"""What the tests of the AXI movers share: clock, stream drivers, memories, and a checker of AXI's rules.

Everything is driven just after a rising edge and sampled at the falling edge before the next one, when all
combinational paths have settled; this reads the same in every simulator.
"""

import logging
import random
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge, RisingEdge
from cocotbext.axi import AxiBus, AxiSlave

from golden.axi import split_bursts

PERIOD_NS = 10
Stall = Callable[[], bool]
Command = tuple[int, int]


def always_ready() -> bool:
    return False


def random_stalls() -> Stall:
    """Return a source of stalls in runs, so that both long pauses and long bursts occur."""
    rng = random.Random(random.getrandbits(32))
    stalled, left = False, 0

    def stall() -> bool:
        nonlocal stalled, left
        if left == 0:
            stalled, left = not stalled, rng.choice((1, 1, 1, 2, 3, 8))
        left -= 1
        return stalled

    return stall


def as_generator(stall: Stall) -> Iterable[bool]:
    while True:
        yield stall()


class Port:
    """The bench `tb_axi_port`: its parameters, clock and reset."""

    INPUTS = ("rd_valid", "wr_valid", "s_valid", "m_ready", "rd_err_clear", "wr_err_clear")
    MEMORY_INPUTS = (
        "arready",
        "rvalid",
        "rlast",
        "rresp",
        "rdata",
        "rid",
        "awready",
        "wready",
        "bvalid",
        "bresp",
        "bid",
    )

    def __init__(self, dut: Any) -> None:
        self.dut = dut
        self.beat_bytes = int(dut.DATA_W.value) // 8
        self.burst_beats = int(dut.BURST_BEATS.value)
        self.outstanding = int(dut.OUTSTANDING.value)
        logging.getLogger(f"cocotb.{dut._name}").setLevel(logging.ERROR)

    async def start(self) -> None:
        """Start the clock with every input at rest, and leave reset."""
        for name in self.INPUTS:
            self[name].value = 0
        for name in self.MEMORY_INPUTS:
            self["m_axi_" + name].value = 0
        self.dut.rst.value = 1
        Clock(self.dut.clk, PERIOD_NS, unit="ns").start()
        await ClockCycles(self.dut.clk, 4)
        self.dut.rst.value = 0
        await RisingEdge(self.dut.clk)

    async def reset(self, cycles: int) -> None:
        self.dut.rst.value = 1
        for name in self.INPUTS:
            self[name].value = 0
        await ClockCycles(self.dut.clk, cycles)
        self.dut.rst.value = 0
        await RisingEdge(self.dut.clk)

    def __getitem__(self, name: str) -> Any:
        return getattr(self.dut, name)

    def high(self, *names: str) -> bool:
        """Whether all the named signals are 1; X is an error."""
        return all(int(self[name].value) for name in names)

    def bursts(self, commands: Sequence[Command]) -> list[tuple[int, int]]:
        """Return the bursts (address, beats) that the golden model makes of the commands."""
        bursts = (split_bursts(address, beats, self.beat_bytes, self.burst_beats) for address, beats in commands)
        return [(burst.address, burst.beats) for run in bursts for burst in run]

    def words(self, data: bytes) -> list[int]:
        size = self.beat_bytes
        return [int.from_bytes(data[i : i + size], "little") for i in range(0, len(data), size)]

    async def send(self, prefix: str, fields: tuple[str, ...], items: Iterable[tuple[int, ...]], stall: Stall) -> None:
        """Offer items on `<prefix>_valid/_ready`, with a pause wherever `stall` says so."""
        valid, ready = self[prefix + "_valid"], self[prefix + "_ready"]
        handles = [self[f"{prefix}_{name}"] for name in fields]
        await RisingEdge(self.dut.clk)
        for item in items:
            while stall():
                valid.value = 0
                await RisingEdge(self.dut.clk)
            valid.value = 1
            for handle, value in zip(handles, item, strict=True):
                handle.value = value
            await FallingEdge(self.dut.clk)
            while not int(ready.value):
                await FallingEdge(self.dut.clk)
            await RisingEdge(self.dut.clk)
        valid.value = 0

    async def send_commands(self, prefix: str, commands: Sequence[Command], stall: Stall) -> None:
        await self.send(prefix, ("addr", "beats"), commands, stall)

    async def receive(self, count: int, stall: Stall, out: list[int]) -> None:
        """Take `count` words of the read stream."""
        await RisingEdge(self.dut.clk)
        while count:
            self["m_ready"].value = int(not stall())
            await FallingEdge(self.dut.clk)
            if self.high("m_valid", "m_ready"):
                out.append(int(self["m_data"].value))
                count -= 1
            await RisingEdge(self.dut.clk)
        self["m_ready"].value = 0

    async def wait_low(self, name: str, limit: int = 20000) -> None:
        for _ in range(limit):
            await FallingEdge(self.dut.clk)
            if not int(self[name].value):
                return
        raise AssertionError(f"{name} stayed high for {limit} cycles")


class Target:
    """Memory of an `AxiSlave`: bytes are a function of the address until written; chosen pages answer with an error."""

    def __init__(self, bad_pages: Iterable[int] = ()) -> None:
        self.written: dict[int, bytes] = {}
        self.bad_pages = frozenset(bad_pages)

    @staticmethod
    def pristine(address: int, length: int) -> bytes:
        """Return bytes that differ between neighbouring words, pages and high address bits."""
        return random.Random(address).randbytes(length)

    async def read(self, address: int, length: int) -> bytes:
        if address >> 12 in self.bad_pages:
            raise ValueError("bad page")
        return self.pristine(address, length)

    async def write(self, address: int, data: bytes) -> None:
        if address >> 12 in self.bad_pages:
            raise ValueError("bad page")
        assert address not in self.written, f"address {address:#x} written twice"
        self.written[address] = bytes(data)


def slave(port: Port, target: Target, stalls: bool) -> AxiSlave:
    """Attach cocotbext-axi's memory, with stalls of their own on all five channels."""
    memory = AxiSlave(AxiBus.from_prefix(port.dut, "m_axi"), port.dut.clk, port.dut.rst, target=target)
    write, read = memory.write_if, memory.read_if
    if stalls:
        for channel in (write.aw_channel, write.w_channel, write.b_channel, read.ar_channel, read.r_channel):
            channel.set_pause_generator(as_generator(random_stalls()))
    return memory


class PipelinedMemory:
    """A memory with a fixed latency and any number of bursts in flight, which AxiSlave does not have.

    Read data start `latency` cycles after their address was accepted, the answer of a write comes `latency` cycles
    after its last word; both run at one beat a cycle.
    """

    def __init__(self, port: Port, latency: int) -> None:
        self.port, self.latency = port, latency
        self.reads: deque[tuple[int, bool]] = deque()  # due cycle, last
        self.answers: deque[int] = deque()  # due cycle
        self.cycle = 0
        for name in ("arready", "awready", "wready"):
            port["m_axi_" + name].value = 1
        cocotb.start_soon(self._run())

    async def _run(self) -> None:
        port = self.port
        while True:
            await FallingEdge(port.dut.clk)
            self._sample()
            await RisingEdge(port.dut.clk)
            self.cycle += 1
            self._drive()

    def _sample(self) -> None:
        port = self.port
        if port.high("m_axi_rvalid", "m_axi_rready"):
            self.reads.popleft()
        if port.high("m_axi_bvalid", "m_axi_bready"):
            self.answers.popleft()
        if port.high("m_axi_arvalid", "m_axi_arready"):
            last = int(port["m_axi_arlen"].value)
            self.reads.extend((self.cycle + self.latency, i == last) for i in range(last + 1))
        if port.high("m_axi_wvalid", "m_axi_wready", "m_axi_wlast"):
            self.answers.append(self.cycle + self.latency)

    def _drive(self) -> None:
        valid = bool(self.reads) and self.reads[0][0] <= self.cycle
        self.port["m_axi_rvalid"].value = int(valid)
        self.port["m_axi_rlast"].value = int(valid and self.reads[0][1])
        self.port["m_axi_bvalid"].value = int(bool(self.answers) and self.answers[0] <= self.cycle)


@dataclass
class Channel:
    """What a checker saw on one address channel and its data."""

    bursts: list[tuple[int, int]] = field(default_factory=list)
    data_lengths: list[int] = field(default_factory=list)
    flight: int = 0
    peak: int = 0
    beat_cycles: list[int] = field(default_factory=list)
    run: int = 0


class Checker:
    """Watches AXI's rules on every cycle outside reset and records bursts, beats and the number in flight."""

    STABLE: ClassVar = {
        "ar": ("araddr", "arlen", "arsize", "arburst"),
        "aw": ("awaddr", "awlen", "awsize", "awburst"),
        "w": ("wdata", "wstrb", "wlast"),
    }

    def __init__(self, port: Port) -> None:
        self.port = port
        self.read, self.write = Channel(), Channel()
        self.done = 0
        self.cycle = 0
        self._held: dict[str, tuple[int, ...]] = {}
        cocotb.start_soon(self._run())

    async def _run(self) -> None:
        while True:
            await FallingEdge(self.port.dut.clk)
            self.cycle += 1
            if int(self.port.dut.rst.value):
                self._held.clear()
                self.read, self.write = Channel(), Channel()
                continue
            self._stability()
            self._addresses("ar", self.read)
            self._addresses("aw", self.write)
            self._beats("r", self.read)
            self._beats("w", self.write)
            if self._fires("r") and self.port.high("m_axi_rlast"):
                self.read.flight -= 1
            if self._fires("b"):
                self.write.flight -= 1
            self.done += int(self.port["wr_done"].value)

    def _get(self, name: str) -> int:
        return int(self.port["m_axi_" + name].value)

    def _fires(self, channel: str) -> bool:
        return self.port.high(f"m_axi_{channel}valid", f"m_axi_{channel}ready")

    def _stability(self) -> None:
        for channel, names in self.STABLE.items():
            valid = self._get(channel + "valid")
            if channel in self._held:
                assert valid, f"{channel}valid fell before {channel}ready"
                assert self._held[channel] == tuple(map(self._get, names)), f"{channel} changed before {channel}ready"
                del self._held[channel]
            if valid and not self._get(channel + "ready"):
                self._held[channel] = tuple(map(self._get, names))

    def _addresses(self, channel: str, seen: Channel) -> None:
        if not self._fires(channel):
            return
        address, beats = self._get(channel + "addr"), self._get(channel + "len") + 1
        size = self.port.beat_bytes
        assert address % size == 0, f"{channel}addr {address:#x} is not aligned"
        assert beats <= self.port.burst_beats, f"burst of {beats} beats"
        assert address >> 12 == (address + beats * size - 1) >> 12, f"burst at {address:#x} crosses 4 KiB"
        seen.bursts.append((address, beats))
        seen.flight += 1
        seen.peak = max(seen.peak, seen.flight)
        assert seen.flight <= self.port.outstanding, f"{seen.flight} bursts in flight"

    def _beats(self, channel: str, seen: Channel) -> None:
        if not self._fires(channel):
            return
        seen.beat_cycles.append(self.cycle)
        seen.run += 1
        if self._get(channel + "last"):
            seen.data_lengths.append(seen.run)
            seen.run = 0
        if channel == "w":
            assert self._get("wstrb") == (1 << self.port.beat_bytes) - 1, "a write strobe is low"

    def expect(self, seen: Channel, commands: Sequence[Command]) -> None:
        """Compare with the golden bursts; every burst has had all its data, and nothing is in flight."""
        golden = self.port.bursts(commands)
        assert seen.bursts == golden
        assert seen.data_lengths == [beats for _, beats in golden]
        assert (seen.flight, seen.run) == (0, 0)


def beginning(command: Command, beat_bytes: int, burst_beats: int, count: int = 2) -> list[tuple[int, int]]:
    """Return the first bursts (address, beats) of a command that may be too long to run."""
    address, beats = command
    bursts = split_bursts(address, min(beats, (count + 1) * burst_beats), beat_bytes, burst_beats)
    return [(burst.address, burst.beats) for burst in bursts[:count]]


async def begins_runs_of_any_length(port: Port, prefix: str, channel: str) -> None:
    """A command of each power of two of beats offers its first bursts, anywhere in memory."""
    checker = Checker(port)
    for k in range(32):
        port[f"m_axi_{channel}ready"].value = 1
        command = random.getrandbits(len(port[f"{prefix}_addr"]) - 13) << 12, 1 << k
        await port.send_commands(prefix, [command], always_ready)
        await ClockCycles(port.dut.clk, 8)
        seen = checker.read if channel == "ar" else checker.write
        assert seen.bursts[:2] == beginning(command, port.beat_bytes, port.burst_beats), f"2^{k} beats"
        await port.reset(2)


def random_commands(port: Port, count: int, longest: int) -> list[Command]:
    """Return disjoint commands of 0..longest beats all over the address space, many beside a 4 KiB boundary."""
    commands = []
    for index in range(count):
        beats = random.choice((0, 1, 2, port.burst_beats, random.randint(0, 40), random.randint(0, longest)))
        base = random.getrandbits(24) << 40 | index << 20 | random.randint(1, 15) << 12
        offset = random.choice((0, -random.randint(1, 8), random.randint(0, 4096 // port.beat_bytes)))
        commands.append((base + offset * port.beat_bytes, beats))
    return commands

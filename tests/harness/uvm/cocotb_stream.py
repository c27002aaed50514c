# SPDX-License-Identifier: Apache-2.0
"""The stream environment on a register slice: good tests, and ones that must fail (test_stream runs them)."""

import os
from random import Random

import cocotb
from pyuvm import uvm_subscriber

from harness.uvm.stream import StreamBeat
from harness.uvm.stream_env import StreamEnv, played
from harness.uvm.stream_pins import Port, always, never, stalls

BAD = "STREAM_BAD" in os.environ
BEATS = [(37 * k + 11) % 256 for k in range(40)]


class Listener(uvm_subscriber):
    def __init__(self, name: str, parent) -> None:
        super().__init__(name, parent)
        self.heard: list[StreamBeat] = []

    def write(self, beat: StreamBeat) -> None:
        self.heard.append(beat)


class Slice(StreamEnv):
    def __init__(self, parent, dut) -> None:
        pins = {name: [getattr(dut, f"{name}_{wire}") for wire in ("valid", "ready", "data")] for name in "sm"}
        ports = {name: Port(valid, ready, [(data, 8)]) for name, (valid, ready, data) in pins.items()}
        super().__init__(
            "env",
            parent,
            clk=dut.clk,
            rst=dut.rst,
            inputs={"s": ports["s"]},
            outputs={"m": ports["m"]},
            rng=Random(cocotb.RANDOM_SEED),
        )

    def build_phase(self) -> None:
        super().build_phase()
        self.listeners = {name: Listener(f"listener_{name}", self) for name in "sm"}

    def connect_phase(self) -> None:
        super().connect_phase()
        self.sources["s"].monitor.ap.connect(self.listeners["s"].analysis_export)
        self.sinks["m"].monitor.ap.connect(self.listeners["m"].analysis_export)

    async def load(self, sent: list[int], expected: list[int]) -> None:
        await self.sources["s"].send(sent)
        self.scoreboards["m"].expect(expected)


def slice_of(dut):
    return played(lambda parent: Slice(parent, dut))


@cocotb.test()
@cocotb.parametrize(source=[always, stalls], sink=[always, stalls])
async def publishes(dut, source, sink):
    """Both monitors publish every beat once, in order, with its lane; the slice lets each out a cycle later or more."""
    async with slice_of(dut) as env:
        env.set_stalls(source, sink)
        await env.bench.start()
        await env.load(BEATS, BEATS)
        await env.drain(1000, quiet=5)
        went, came = (env.listeners[name].heard for name in "sm")
        for name, heard in (("s", went), ("m", came)):
            assert [(beat.port, beat.lane, beat.data) for beat in heard] == [(name, 0, data) for data in BEATS]
        assert all(b.cycle > a.cycle for a, b in zip(went, came, strict=True))
        assert env.scoreboards["m"].compared == len(BEATS)


@cocotb.test()
async def item_brings_its_stalls(dut):
    """An item's profile holds the source back from then on; the beats follow when another one lets them."""
    async with slice_of(dut) as env:
        await env.bench.start()
        await env.sources["s"].send(BEATS, stall=never)
        env.scoreboards["m"].expect(BEATS + BEATS[:3])
        await env.bench.step(50)
        assert env.sources["s"].waiting == len(BEATS)
        await env.sources["s"].send(BEATS[:3], stall=always)
        await env.drain(1000, quiet=5)


@cocotb.test()
async def reset_drops(dut):
    """Reset drops what is queued, inside and expected: what comes afterwards is what was sent afterwards."""
    async with slice_of(dut) as env:
        await env.bench.start()
        env.sinks["m"].set_stall(never)
        await env.load(BEATS, BEATS)
        await env.bench.step(10)
        assert env.sources["s"].waiting
        assert env.sources["s"].taken[0]
        await env.reset()
        assert not env.sources["s"].waiting
        assert not env.sources["s"].taken[0]
        env.sinks["m"].set_stall(always)
        await env.bench.step(10)
        await env.load(BEATS[:5], BEATS[:5])
        await env.drain(1000, quiet=5)
        assert [beat.data for beat in env.listeners["m"].heard] == BEATS[:5]


async def play(dut, sent: list[int], expected: list[int], drain: bool) -> None:
    async with slice_of(dut) as env:
        await env.bench.start()
        await env.load(sent, expected)
        await (env.drain(200, quiet=5) if drain else env.bench.step(60))


@cocotb.test(skip=not BAD)
@cocotb.parametrize(drain=[True, False])
async def planted(dut, drain):
    await play(dut, BEATS, [beat ^ (k in (7, 9)) for k, beat in enumerate(BEATS)], drain)


@cocotb.test(skip=not BAD)
@cocotb.parametrize(drain=[True, False])
async def one_short(dut, drain):
    await play(dut, BEATS[:-1], BEATS, drain)


@cocotb.test(skip=not BAD)
@cocotb.parametrize(drain=[True, False])
async def one_more(dut, drain):
    await play(dut, BEATS, BEATS[:-1], drain)


@cocotb.test(skip=not BAD)
async def never_done(dut):
    async with slice_of(dut) as env:
        await env.bench.start()
        await env.load(BEATS, BEATS)
        await env.drain(200, quiet=5, done=lambda: False)


@cocotb.test(skip=not BAD)
async def nothing(dut):
    async with slice_of(dut) as env:
        await env.bench.start()
        await env.bench.step(20)


@cocotb.test(skip=not BAD)
async def left_offered(dut):
    """The beat too many comes while the sink takes nothing more."""
    async with slice_of(dut) as env:
        await env.bench.start()
        await env.load(BEATS[:3], BEATS[:2])
        await env.bench.run(lambda: env.complete, 100)
        env.sinks["m"].set_stall(never)
        await env.drain(200, quiet=5)

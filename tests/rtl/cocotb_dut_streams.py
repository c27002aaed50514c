# SPDX-License-Identifier: Apache-2.0
"""The contracts of dut_feed and dut_drain: just the stated beats, whoever stalls, and an end when a run is given up."""

import random

import cocotb

from golden.streams import upsize
from harness.uvm.stream_pins import Bench, Port, Sink, Source, always, noise, stalls
from tests.rtl.current_dut import current

DUT = current()
PORT_W, SLOT_W, DATA_W = (DUT.params[name] for name in ("PORT_W", "SLOT_W", "DATA_W"))
RATIO = PORT_W // SLOT_W
FEEDS = DUT.name == "dut_feed"
COUNTS = (1, RATIO - 1, RATIO, RATIO + 1, 0, 3 * RATIO + 2, 5 * RATIO)
TOLD = ("moved", "starved", "more", "idle", "done") if FEEDS else ("moved", "blocked", "more", "extra", "done")


class Control:
    """Inputs that change with the cycle, and what the unit tells in it."""

    def __init__(self, dut):
        self.dut, self.next, self.log = dut, {}, []

    def clear(self):
        self.log.clear()
        for name in ("load", "run", "flush", "beats"):
            getattr(self.dut, name).value = 0

    def drive(self):
        for name, value in self.next.items():
            getattr(self.dut, name).value = value
        self.next = {}

    def sample(self, cycle):
        self.log.append({name: int(getattr(self.dut, name).value) for name in TOLD})

    @property
    def moved(self):
        return sum(each["moved"] for each in self.log)


class Unit:
    """The unit between a source and a sink."""

    def __init__(self, dut, name, source, sink):
        self.rng = random.Random(f"{cocotb.RANDOM_SEED}/{name}")
        wide, narrow = (dut.s_data, PORT_W), (dut.m_data, DATA_W)
        if not FEEDS:
            wide, narrow = (dut.m_data, PORT_W), (dut.s_data, DATA_W)
        given, taken = (wide, narrow) if FEEDS else (narrow, wide)
        self.source = Source(Port(dut.s_valid, dut.s_ready, [given]), self.rng, source)
        self.sink = Sink(Port(dut.m_valid, dut.m_ready, [taken]), self.rng, sink)
        self.control = Control(dut)
        self.dut, self.bench = dut, Bench(dut.clk, dut.rst, [self.source, self.control], [self.sink])

    async def begin(self, beats):
        """Load a run of so many beats, and let it go some cycles later; return the beats of the design."""
        self.control.next = {"run": 0}
        await self.bench.step(2)
        for mover in (self.source, self.sink, self.control):
            mover.clear()
        values = noise(self.rng, DATA_W, beats)
        self.control.next = {"load": 1, "beats": beats, "flush": 0}
        await self.bench.step()
        assert int(self.dut.wide_beats.value) == -(-beats // RATIO)
        self.control.next = {"load": 0}
        await self.bench.step()
        assert self.control.log[-1]["more"] == (beats > 0)
        for beat in self.inputs(values):
            self.source.queues[0].append(beat)
        await self.bench.step(self.rng.randint(1, 4))
        assert self.control.moved == 0, "a beat moved before the run"
        assert not self.sink.beats()
        self.control.next = {"run": 1}
        return values

    def inputs(self, values):
        """What the source gives: memory beats, with noise behind and above the values; or the values themselves."""
        if not FEEDS:
            return values
        above = [beat | self.rng.getrandbits(SLOT_W - DATA_W) << DATA_W if SLOT_W > DATA_W else beat for beat in values]
        rest = [self.rng.getrandbits(SLOT_W) for _ in range(-len(values) % RATIO)]
        return [word for word, _ in upsize([(beat, False) for beat in above + rest], SLOT_W, RATIO)]

    def expected(self, values):
        """What the sink takes."""
        if FEEDS:
            return values
        return [word for word, _ in upsize([(v, at == len(values) - 1) for at, v in enumerate(values)], SLOT_W, RATIO)]

    async def end(self, values, wanted):
        """Run until the sink has what is wanted, then some cycles in which nothing moves any more."""
        await self.bench.run(lambda: len(self.sink.beats()) >= len(wanted), 40 * RATIO * (len(wanted) + 2))
        await self.bench.step(2 * RATIO)
        assert self.sink.beats() == wanted
        last = self.control.log[-1]
        assert (last["more"], last["done"], self.control.moved) == (0, len(values), len(values))
        assert FEEDS is False or last["idle"] == 1


@cocotb.test()
@cocotb.parametrize(source=[always, stalls], sink=[always, stalls])
async def the_stated_beats(dut, source, sink):
    """Runs of every length, one behind the other; memory beats that are not full, noise beside and behind the beats."""
    unit = Unit(dut, f"beats {source.__name__} {sink.__name__}", source, sink)
    await unit.bench.start()
    waiting = 0
    for beats in COUNTS:
        values = await unit.begin(beats)
        await unit.end(values, unit.expected(values))
        waits = [each for each in unit.control.log if each["starved" if FEEDS else "blocked"]]
        assert not any(each["moved"] or not each["more"] for each in waits)
        assert FEEDS or sink is stalls or not waits
        assert not any(each.get("extra") for each in unit.control.log)
        waiting += len(waits)
    assert waiting or (source if FEEDS else sink) is always


@cocotb.test()
async def given_up(dut):
    """Behind a flush a feed takes the rest of memory's beats, a drain gives zeros for it; the next run goes on."""
    unit = Unit(dut, "given up", stalls, stalls)
    await unit.bench.start()
    for _ in range(12):
        values = await unit.begin(4 * RATIO + 1)
        await unit.bench.step(unit.rng.randint(2, 6 * RATIO))
        unit.control.next = {"run": 0, "flush": 1}
        await unit.bench.step()
        moved = unit.control.moved
        if FEEDS:
            await unit.bench.run(lambda: unit.control.log[-1]["idle"] == 1, 100 * RATIO)
            assert unit.source.idle
            assert unit.sink.beats() == values[:moved]
        else:
            wanted = unit.expected(values[:moved] + [0] * (len(values) - moved))
            await unit.bench.run(lambda wanted=wanted: len(unit.sink.beats()) >= len(wanted), 100 * RATIO)
            assert unit.sink.beats() == wanted
        assert (unit.control.moved, unit.control.log[-1]["done"]) == (moved, moved)
        values = await unit.begin(RATIO + 1)
        await unit.end(values, unit.expected(values))


@cocotb.test()
async def reset_and_surplus(dut):
    """A reset ends a run; a drain tells that a beat comes behind the stated ones, and does not take it."""
    unit = Unit(dut, "reset", always, always)
    await unit.bench.start()
    await unit.begin(3 * RATIO)
    await unit.bench.step(2)
    await unit.bench.reset()
    unit.control.next = {"run": 1}
    await unit.bench.step(2)
    assert unit.control.log[-1]["more"] == unit.control.log[-1]["done"] == 0
    values = await unit.begin(2)
    unit.source.queues[0].append(0)
    await unit.bench.run(lambda: unit.control.moved == 2, 40 * RATIO)
    await unit.bench.step(3)
    if not FEEDS:
        assert unit.control.log[-1]["extra"] == 1
        assert len(unit.source.queues[0]) == 1
        assert unit.sink.beats() == unit.expected(values)

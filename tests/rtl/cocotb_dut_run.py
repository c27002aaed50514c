# SPDX-License-Identifier: Apache-2.0
"""The contract of dut_run: what a run does in which order, when it ends, and who is to blame."""

import random

import cocotb

from harness.uvm.stream_pins import Bench
from tests.rtl.current_dut import current

DUT = current()
PORTS, CLEAR = DUT.params["PORTS"], DUT.params["CLEAR"]
EVERY = (1 << PORTS) - 1
OUT = ("rd_valid", "wr_valid", "load", "check", "run", "flush", "active", "stalled", "surplus", "done")


def mask(flags):
    return sum(bool(flag) << at for at, flag in enumerate(flags))


class World:
    """Memory and design of one run: `lefts` beats of each input and output, which move with a probability.

    `stuck` beats of the output `late` never move; a beat too many comes at the outputs in `extra`.
    """

    def __init__(self, dut, rng):
        self.dut, self.rng, self.log = dut, rng, []
        self.begin()

    def begin(self, bad=0, quiet=0, limit=0, ins=None, outs=None, stuck=0, late=0, extra=0):
        self.ins, self.outs = (list(each or [0] * PORTS) for each in (ins, outs))
        self.stuck, self.late, self.extra, self.first = stuck, late, extra, 1
        self.sent, self.answered, self.pins = {"rd": 0, "wr": 0}, 0, {}
        self.flushed = self.loaded = False
        self.log = []
        for name, value in (("args_bad", bad), ("quiet", quiet), ("limit", limit), ("start", 0)):
            getattr(self.dut, name).value = value

    def clear(self):
        self.begin()

    def drive(self):
        """Beats move in cycles of the run only, as dut_feed and dut_drain see to it."""
        run = bool(self.log) and self.log[-1]["run"] and not self.flushed
        self.moves = [
            (side, at)
            for side in (self.ins, self.outs)
            for at, left in enumerate(side)
            if run and left > (self.stuck if side is self.outs and at == self.late else 0) and self.rng.random() < 0.4
        ]
        write = 0
        for at in range(PORTS):
            if self.sent["wr"] >> at & 1 and not self.answered >> at & 1 and (self.flushed or not self.outs[at]):
                write |= (self.rng.random() < 0.3) << at
        self.answered |= write
        idle = [self.flushed or not left for left in self.ins]
        self.pins = {
            "start": self.first,
            "moved": bool(self.moves),
            "in_more": mask(self.ins),
            "out_more": mask(self.outs),
            "in_idle": mask(idle),
            "written": write,
            "extra": self.extra if run and not any(self.outs) else 0,
            "rd_ready": self.rng.getrandbits(PORTS),
            "wr_ready": self.rng.getrandbits(PORTS),
        }
        self.first = 0
        for name, value in self.pins.items():
            getattr(self.dut, name).value = int(value)

    def sample(self, cycle):
        told = {name: int(getattr(self.dut, name).value) for name in OUT}
        for way in ("rd", "wr"):
            assert not self.sent[way] & told[f"{way}_valid"], "a port was given a command twice"
            self.sent[way] |= told[f"{way}_valid"] & self.pins[f"{way}_ready"]
        for side, at in self.moves:
            side[at] -= 1
        self.loaded = self.loaded or bool(told["load"])  # the flush of the run before ends with the load
        self.flushed = self.flushed or bool(told["flush"] and not told["load"] and self.loaded)
        self.log.append(told | self.pins)

    def sums(self, name):
        return sum(bool(each[name]) for each in self.log)

    def at(self, name):
        return [cycle for cycle, each in enumerate(self.log) if each[name]]


async def play(bench, world, **run):
    """Play one run to its end, and two cycles more; check what holds of every run."""
    world.begin(**run)
    await bench.run(lambda: bool(world.log) and bool(world.log[-1]["done"]), 3000)
    await bench.step(3)
    assert world.sums("load") == world.sums("check") == world.sums("done") == 1
    assert world.at("check")[0] - world.at("load")[0] == CLEAR - 1
    assert all(cycle > world.at("check")[0] for cycle in world.at("run"))
    assert not any(each["run"] for each in world.log[world.at("done")[0] :])
    if run.get("bad"):
        assert world.sent == {"rd": 0, "wr": 0}
        return
    assert world.sent == {"rd": EVERY, "wr": EVERY}
    assert world.answered == EVERY, "the run ended before memory had answered"
    moved = world.at("moved")
    assert world.sums("active") == (moved[-1] - moved[0] + 1 if moved else 0) or world.flushed


@cocotb.test()
async def runs(dut):
    """Of any number of beats: in order, to their end, and `quiet` cycles in which the design may give one too many."""
    rng = random.Random(cocotb.RANDOM_SEED)
    world = World(dut, rng)
    bench = Bench(dut.clk, dut.rst, [world])
    await bench.start()
    for number in range(60):
        ins, outs = ([rng.choice((0, 1, rng.randint(2, 30))) for _ in range(PORTS)] for _ in range(2))
        quiet = rng.choice((0, 1, 20))
        await play(bench, world, quiet=quiet, limit=rng.choice((0, 400)), ins=ins, outs=outs, bad=number % 9 == 8)
        if number % 9 != 8:
            last = max(world.at("moved"), default=world.at("check")[0])
            assert world.at("run")[-1] - last == quiet + 2
        assert not world.flushed
        assert world.sums("stalled") == world.sums("surplus") == 0


@cocotb.test()
async def given_up(dut):
    """A stall is told with the output that lacks beats, beats too many with their ports; without quiet nobody looks."""
    rng = random.Random(cocotb.RANDOM_SEED)
    world = World(dut, rng)
    bench = Bench(dut.clk, dut.rst, [world])
    await bench.start()
    for _ in range(15):
        beats, limit, late = rng.randint(3, 20), rng.choice((30, 60)), rng.randrange(PORTS)
        await play(bench, world, limit=limit, ins=[beats] * PORTS, outs=[beats] * PORTS, stuck=2, late=late)
        (cycle,) = world.at("stalled")
        assert world.log[cycle]["stalled"] == 1 << late
        assert cycle - max(world.at("moved")) == limit + 1
        assert world.sums("surplus") == 0
        extra = rng.randrange(1, 1 << PORTS)
        await play(bench, world, quiet=15, limit=400, ins=[beats] * PORTS, outs=[beats] * PORTS, extra=extra)
        assert [each["surplus"] for each in world.log if each["surplus"]] == [extra]
        assert world.sums("stalled") == 0
        await play(bench, world, quiet=0, limit=400, ins=[beats] * PORTS, outs=[beats] * PORTS, extra=extra)
        assert not world.flushed


@cocotb.test()
async def inputs_that_are_left(dut):
    """Where all outputs are complete, the inputs that the design does not take are told."""
    world = World(dut, random.Random(cocotb.RANDOM_SEED))
    bench = Bench(dut.clk, dut.rst, [world])
    await bench.start()
    world.begin(limit=20, ins=[0] * (PORTS - 1) + [5])
    world.outs = [0] * PORTS
    world.rng = random.Random(1)
    world.rng.random = lambda: 1.0  # nothing moves
    await bench.run(lambda: bool(world.log) and bool(world.log[-1]["stalled"]), 400)
    assert world.log[-1]["stalled"] == 1 << (PORTS - 1)

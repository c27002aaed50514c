# SPDX-License-Identifier: Apache-2.0
"""tern_ctl: commands X, W and, behind the first result, Y; done behind the answer, at once for bad arguments."""

import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge

INPUTS = ("args_valid", "args_bad", "result", "written", "cmd_ready")


class Run:
    """One start: its commands as (write, offset, beats), and what came of them, by cycle."""

    def __init__(self, dut, rng):
        self.dut, self.rng = dut, rng
        self.ready = rng.choice((0.1, 0.5, 1))
        self.commands = [(int(name == "y"), rng.getrandbits(64), rng.getrandbits(32)) for name in ("x", "w", "y")]
        for name, (_, offset, beats) in zip("xwy", self.commands, strict=True):
            getattr(dut, f"{name}_offset").value = offset
            getattr(dut, f"{name}_beats").value = beats
        self.taken, self.done, self.held = [], [], None

    async def cycle(self, now, **inputs):
        """Drive a cycle, look at its outputs in front of the edge, and keep what moves."""
        dut, ready = self.dut, int(self.rng.random() < self.ready)
        for name in INPUTS:
            getattr(dut, name).value = inputs.get(name, 0)
        dut.cmd_ready.value = ready
        await FallingEdge(dut.clk)
        command = None
        if int(dut.cmd_valid.value):
            command = tuple(int(getattr(dut, f"cmd_{name}").value) for name in ("write", "offset", "beats"))
        assert self.held in (None, command), "a command that waits has changed"
        self.held = None if ready else command
        if command and ready:
            self.taken.append((now, command))
        if int(dut.done.value):
            self.done.append(now)
        assert int(dut.begin_run.value) == int(inputs.get("args_valid", 0) and not inputs.get("args_bad", 0))
        await RisingEdge(dut.clk)


async def start(dut, rng, bad=False, until=400):
    """Give a start up to `until` cycles; results and the answer come some cycles after they may."""
    run, result, written = Run(dut, rng), None, None
    await run.cycle(0, args_valid=1, args_bad=int(bad))
    for now in range(1, until):
        if len(run.taken) == 2 and result is None:
            result = now + rng.randint(0, 9)
        if len(run.taken) == 3 and written is None:
            written = now + rng.randint(0, 9)
        await run.cycle(now, result=int(now == result), written=int(now == written))
        if run.done and now > run.done[0] + 3:
            break
    return run, result, written


async def reset(dut):
    for name in INPUTS:
        getattr(dut, name).value = 0
    dut.rst.value = 1
    await RisingEdge(dut.clk)
    await RisingEdge(dut.clk)
    dut.rst.value = 0


@cocotb.test()
async def runs(dut):
    """Each run's three commands in order, however long each one waits; Y behind the result, done behind the answer."""
    rng = random.Random(cocotb.RANDOM_SEED)
    Clock(dut.clk, 10, unit="ns").start()
    await reset(dut)
    for _ in range(60):
        run, result, written = await start(dut, rng)
        assert [command for _, command in run.taken] == run.commands
        assert run.taken[2][0] > result
        assert run.done == [written + 1]


@cocotb.test()
async def refused(dut):
    """Bad arguments order nothing, and done follows their verdict by a cycle."""
    rng = random.Random(f"{cocotb.RANDOM_SEED}/refused")
    Clock(dut.clk, 10, unit="ns").start()
    await reset(dut)
    for _ in range(10):
        run, _, _ = await start(dut, rng, bad=True)
        assert not run.taken
        assert run.done == [1]


@cocotb.test()
async def reset_in_a_run(dut):
    """A reset in any state ends the run; the next one is whole."""
    rng = random.Random(f"{cocotb.RANDOM_SEED}/reset")
    Clock(dut.clk, 10, unit="ns").start()
    await reset(dut)
    for _ in range(30):
        await start(dut, rng, until=rng.randint(1, 30))
        await reset(dut)
        run, _, written = await start(dut, rng)
        assert [command for _, command in run.taken] == run.commands
        assert run.done == [written + 1]

# SPDX-License-Identifier: Apache-2.0
"""m2_vector_reader at a RAM: jobs in, the words of their tokens out, with the RAM busy and words that come late.

The vectors, words and beats in hex: {"ram": [word, ...], "runs": [{"static": {port: value}, "jobs": [job, ...],
"m": [beat, ...], "starts": [index in m of each job's first beat, ...]}, ...]}, each run behind a reset.
"""

import json
import random
from contextlib import AbstractAsyncContextManager
from functools import cache
from pathlib import Path
from typing import Any

import cocotb
from cocotb.triggers import FallingEdge, RisingEdge

from harness.uvm.stream_env import StreamEnv, running
from harness.uvm.stream_pins import Stall, always, stalls
from tests.rtl.cocotb_stream_unit import flipped, port
from tests.rtl.current_dut import current

DUT = current()
FIRST = 8
"""Bits of a job's first token, its lowest field."""


@cache
def told() -> dict[str, Any]:
    """Return the vectors, words as integers."""
    file: dict[str, Any] = json.loads(Path(DUT.vectors).read_text())
    file["ram"] = [int(word, 16) for word in file["ram"]]
    for run in file["runs"]:
        run |= {name: [int(beat, 16) for beat in run[name]] for name in ("jobs", "m")}
    return file


class Reader(StreamEnv):
    """The design, its jobs, its words, and the RAM that they come from.

    With `late` words of a job come into the RAM one by one, as m2_gate_buf has them of a single token, and the RAM is
    busy at times; else all are there and it never is.
    """

    def __init__(self, parent, dut, name: str, late: bool) -> None:
        super().__init__(
            "env",
            parent,
            clk=dut.clk,
            rst=dut.rst,
            inputs={"job": port(dut, "job")},
            outputs={"m": port(dut, "m")},
            rng=random.Random(f"{cocotb.RANDOM_SEED}/{name}"),
        )
        self.dut, self.late, self.read, self.words = dut, late, 0, 0
        self.configure(told()["runs"][0])
        self.show()
        dut.busy.value = 0
        cocotb.start_soon(self.ram())

    def configure(self, run: dict[str, Any]) -> None:
        """Set what holds still in a run."""
        self.run = run
        for name, value in run["static"].items():
            getattr(self.dut, name).value = value

    def show(self) -> None:
        """Offer the words that are there."""
        width = len(self.dut.words)
        self.dut.all.value = not self.late
        self.dut.words.value = self.words if self.late else self.rng.getrandbits(width)

    async def ram(self) -> None:
        """Give the word of an address in the cycle behind it, else noise; change what is there and busy."""
        while True:
            await FallingEdge(self.dut.clk)
            if self.dut.rst.value != 0:
                self.read = self.words = 0
            asked = self.dut.rst.value == 0 and int(self.dut.rd_en.value)
            word = self.look() if asked else self.rng.getrandbits(len(self.dut.rd_data))
            await RisingEdge(self.dut.clk)
            self.dut.rd_data.value = word
            if self.late:
                self.dut.busy.value = self.rng.random() < 0.3
                self.words += self.words < self.run["static"]["c_words"] and self.rng.random() < 0.6
                self.show()

    def look(self) -> int:
        """Return the word of a read, which is there, while the RAM is free."""
        assert not int(self.dut.busy.value), "a read while the RAM is busy"
        word = self.read % self.run["static"]["c_words"]
        assert not self.late or word < self.words, f"word {word} of a token is read, {self.words} are there"
        self.read += 1
        return told()["ram"][int(self.dut.rd_addr.value)]

    async def begin(self, run: dict[str, Any]) -> None:
        """Reset, and give the jobs of a run."""
        self.configure(run)
        await self.reset(1)
        await self.sources["job"].send(run["jobs"])
        self.scoreboards["m"].expect(run["m"])

    async def play(self, run: dict[str, Any]) -> None:
        """Give the jobs of a run, and take their words."""
        await self.begin(run)
        await self.drain(40 * len(run["m"]) + 600 * len(run["jobs"]), 8, lambda: self.sources["job"].idle)
        assert self.read == len(run["m"]), f"{self.read} reads for {len(run['m'])} words"


def reader(
    dut, name: str, late: bool = False, source: Stall = always, sink: Stall = always
) -> AbstractAsyncContextManager[Reader]:
    """Run the design behind reset; afterwards its scoreboard has the last word."""
    return running(lambda parent: Reader(parent, dut, name, late), source, sink)


@cocotb.test()
async def order(dut):
    """Jobs' words leave in order, marked and cut off at their ends, whatever is late, busy or stalled."""
    async with reader(dut, "order", True, stalls, stalls) as env:
        for run in told()["runs"]:
            await env.play(run)


@cocotb.test()
async def rates(dut):
    """A job starts first + 1 cycles after it is seen, then a word leaves in each cycle, 2 after it may be read."""
    async with reader(dut, "rates") as env:
        for run in told()["runs"]:
            await env.play(run)
            taken, left = env.sources["job"].cycles, env.sinks["m"].cycles
            ends = [*run["starts"][1:], len(left)]
            for number, (first, end) in enumerate(zip(run["starts"], ends, strict=True)):
                assert left[end - 1] - left[first] == end - 1 - first, f"job {number}: words with gaps"
                assert left[end - 1] - taken[number] == 1, (
                    f"job {number} is not taken with the cycle behind its last read"
                )
                if number:
                    wait = (run["jobs"][number] & (1 << FIRST) - 1) + 1
                    assert left[first] - (taken[number - 1] + 1) == wait + 2, f"job {number} starts early or late"


@cocotb.test()
async def handshake(dut):
    """S2, S4: within a cycle nothing that comes in reaches job_ready, and m_ready reaches no m_valid."""
    async with reader(dut, "handshake", True, stalls, stalls) as env:
        await env.begin(told()["runs"][0])
        inputs = [dut.job_valid, dut.job_data, dut.m_ready]
        for _ in range(60):
            await env.bench.step()
            assert await flipped(env.bench, inputs, dut.job_ready) == int(dut.job_ready.value), "job_ready follows (S4)"
            assert await flipped(env.bench, [dut.m_ready], dut.m_valid) == int(dut.m_valid.value), "m_valid waits (S2)"
        env.set_stalls()
        await env.drain(4000, 8)


@cocotb.test()
async def reset_in_traffic(dut):
    """S6: reset empties; a full run afterwards gives what it should."""
    async with reader(dut, "reset", True, stalls, stalls) as env:
        for run in told()["runs"][:3]:
            await env.begin(run)
            await env.bench.step(env.rng.randint(5, 60))
            await env.reset(1)
            assert not int(dut.m_valid.value), "m_valid after reset"
            assert not int(dut.job_ready.value), "job_ready after reset"
            await env.play(run)

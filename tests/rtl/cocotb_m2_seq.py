# SPDX-License-Identifier: Apache-2.0
"""m2_seq: arguments in, jobs out; the bench finishes the jobs and writes the records like the blocks behind it.

The vectors: a list of {"inputs": {port: value}, "jobs": [words]}, one a run.
"""

import json
import random
from collections import deque
from functools import cache
from pathlib import Path
from typing import Any

import cocotb

from harness.uvm.stream_pins import Bench, Port, Sink, Stall, always, first_difference, stalls
from tests.rtl.cocotb_stream_unit import flipped
from tests.rtl.current_dut import current

DUT = current()
OUT, HEAD, EMBED, IN = 2, 3, 0, 1
FEEDBACK = 1 << 4
LIMIT = 20_000
CALM = 28
REST = 4  # cycles between finished jobs of different chunks


@cache
def runs() -> list[dict[str, Any]]:
    return json.loads(Path(DUT.vectors).read_text())


class Table:
    """The bench: takes jobs, answers them after random times, in order, and watches clear, finish and done."""

    def __init__(self, dut: Any, name: str, stall: Stall = always) -> None:
        self.dut = dut
        self.rng = random.Random(f"{cocotb.RANDOM_SEED}/{name}")
        self.m = Sink(Port(dut.m_valid, dut.m_ready, [(dut.m_data, 32)]), self.rng, stall)
        self.bench = Bench(dut.clk, dut.rst, [], [self.m], watch=self.watch)
        self.idle()

    def idle(self) -> None:
        for port in ("start", "args_valid", "args_bad", "run_error", "out_done", "record_written"):
            getattr(self.dut, port).value = 0
        self.dut.writers_idle.value = 1
        self.seen = self.clears = self.dones = self.busy = self.records = 0
        self.pending: deque[int] = deque()
        self.finished: list[int] = []
        self.rest = 0
        self.calm = [0, 0, 0]  # cycles for which the writers had been idle

    def watch(self, cycle: int) -> None:
        """In each settled cycle: note what came, and set what the blocks answer in the next one."""
        dut, words = self.dut, self.m.beats()
        self.clears += int(dut.clear.value)
        self.dones += int(dut.done.value)
        assert not (int(dut.clear.value) and words), "clear behind the first job"
        if int(dut.finish.value):
            assert not self.pending, "finish though a job is not finished"
        self.check_counts()
        self.pending.extend(words[self.seen :])
        self.seen = len(words)
        self.answer()
        self.busy = max(self.busy - 1, 0) or (self.rng.randint(1, 60) if self.rng.random() < 0.02 else 0)
        dut.writers_idle.value = int(not self.busy)
        if int(dut.done.value) and self.clears:
            assert self.calm[-3] >= CALM, "done though the writers were busy"
        self.calm.append(0 if self.busy or self.pending else self.calm[-1] + 1)

    def answer(self) -> None:
        """Finish the oldest job, perhaps, or write one of its records."""
        self.dut.out_done.value = 0
        self.dut.record_written.value = 0
        while self.pending and self.pending[0] & 3 in (EMBED, IN):
            self.pending.popleft()
        self.rest = max(self.rest - 1, 0)
        if self.pending and not self.rest and self.rng.random() < 0.4:
            job = self.pending[0]
            self.dut.out_done.value = int(job & 3 == OUT)
            self.dut.record_written.value = int(job & 3 == HEAD)
            self.records += job & 3 == HEAD
            if job & 3 == HEAD and self.records % int(self.dut.c_batch.value):
                return
            self.finished.append(self.pending.popleft())
            self.rest = 0 if self.pending and self.pending[0] & 3 == OUT else REST

    def check_counts(self) -> None:
        """The counters follow the answers of the cycles before."""
        jobs = self.finished
        outs = [job for job in jobs if job & 3 == OUT]
        top = int(self.dut.c_layer_last.value)
        tokens = sum((job >> 6 & 0xFF) + 1 for job in outs if job >> 14 == top)
        assert int(self.dut.tokens_done.value) == self.records or not self.clears
        if jobs:
            assert int(self.dut.layers_done.value) == len(outs)
            assert int(self.dut.tokens_run.value) == tokens

    async def begin(self, run: dict[str, Any], bad: bool = False) -> None:
        """Give the verdict on a run's arguments."""
        self.idle()
        for sink in self.m.taken:
            sink.clear()
        for name, value in run["inputs"].items():
            getattr(self.dut, name).value = value
        self.dut.start.value = 1
        await self.bench.step()
        self.dut.start.value = 0
        await self.bench.step(self.rng.randint(1, 9))
        counts = (self.dut.tokens_run, self.dut.layers_done, self.dut.tokens_done)
        assert not any(int(count.value) for count in counts), "a start leaves the last run's counts"
        self.dut.args_valid.value, self.dut.args_bad.value = 1, int(bad)
        await self.bench.step()
        self.dut.args_valid.value = 0

    async def end(self) -> None:
        """Run until done, then some more."""
        await self.bench.run(lambda: self.dones > 0, LIMIT)
        await self.bench.step(20)
        assert self.dones == 1, "done more than once"
        assert self.clears == 1, f"{self.clears} clears"


@cocotb.test()
@cocotb.parametrize(stall=[always, stalls])
async def order(dut, stall):
    """Jobs are golden's, in order; counters follow; done comes once, behind the last answer and idle writers."""
    table = Table(dut, f"order/{stall.__name__}", stall)
    await table.bench.start()
    for run in runs():
        await table.begin(run)
        await table.end()
        assert table.m.beats() == run["jobs"], f"{run['inputs']}: {first_difference(table.m.beats(), run['jobs'])}"


@cocotb.test()
async def illegal_arguments(dut):
    """Bad arguments end a run at once, without clear, job or finish; the next run is a full one."""
    table = Table(dut, "illegal")
    await table.bench.start()
    run = runs()[0]
    for _ in range(3):
        await table.begin(run, bad=True)
        await table.bench.step(3)
        assert table.dones == 1
        await table.bench.step(100)
        assert (table.dones, table.clears, len(table.m.beats())) == (1, 0, 0)
    await table.begin(run)
    await table.end()
    assert table.m.beats() == run["jobs"]


@cocotb.test()
async def errors(dut):
    """An error ends the run early but whole: chunks end with their last layer, every promised token is fetched."""
    table = Table(dut, "errors", stalls)
    await table.bench.start()
    short = 0
    for run in runs() * 2:
        await table.begin(run)
        await table.bench.step(table.rng.randint(1, 3 * len(run["jobs"])))
        early, before = table.dones, len(table.m.beats())
        dut.run_error.value = 1
        await table.bench.step()
        dut.run_error.value = 0
        await table.end()
        found, layers = table.m.beats(), range(run["inputs"]["c_layer_first"], run["inputs"]["c_layer_last"] + 1)
        short += len(found) < len(run["jobs"])
        without = [job & ~FEEDBACK if job & 3 == HEAD else job for job in found]
        expected = [job & ~FEEDBACK if job & 3 == HEAD else job for job in run["jobs"]]
        assert without == expected[: len(found)], first_difference(without, expected)
        after = [job & 3 for job in found[before:]]
        assert after.count(HEAD) <= 1, "tokens were chosen behind an error"
        assert after.count(EMBED) <= 2, "chunks began behind an error"
        kinds = [job & 3 for job in found]
        assert kinds.count(OUT) == kinds.count(IN) == kinds.count(EMBED) * len(layers)
        asked = sum(job & 3 == HEAD and job & FEEDBACK > 0 for job in found)
        fed = sum(job & 3 == EMBED and job & FEEDBACK > 0 for job in found)
        assert asked == fed, "a token was asked for and not fetched"
        assert not early or len(found) == len(run["jobs"])
    assert short, "no error came before the end"


@cocotb.test()
async def handshake(dut):
    """S2, S4: within a cycle no input reaches m_valid."""
    table = Table(dut, "handshake", stalls)
    await table.bench.start()
    await table.begin(runs()[0])
    for _ in range(100):
        await table.bench.step()
        found = await flipped(table.bench, [dut.m_ready, dut.run_error], dut.m_valid)
        assert found == int(dut.m_valid.value), "an input reaches m_valid"


@cocotb.test()
async def reset_in_traffic(dut):
    """S6: reset ends a run without done; the next one is a full one."""
    table = Table(dut, "reset", stalls)
    await table.bench.start()
    for run in runs()[:6]:
        await table.begin(run)
        await table.bench.step(table.rng.randint(1, 2 * len(run["jobs"])))
        await table.bench.reset(table.rng.randint(1, 3))
        table.idle()
        assert not int(dut.m_valid.value)
        await table.bench.step(100)
        assert not table.dones
        await table.begin(run)
        await table.end()
        assert table.m.beats() == run["jobs"], first_difference(table.m.beats(), run["jobs"])

# SPDX-License-Identifier: Apache-2.0
"""tern_fetch against a memory whose beats tell their address, on the starts of test_tern_fetch.py.

A model of the cache's writer answers a job's writes when its reads were taken, at random times, job by job.
"""

import json
import random
from functools import cache
from pathlib import Path
from typing import Any

import cocotb

from harness.uvm.stream_pins import Bench, Port, Sink, Source, Stall, always, first_difference, never, stalls
from tests.rtl.current_dut import current

DUT = current()
WIDE_W, STEP = (int(DUT.params[name]) for name in ("WIDE_W", "PORT_BYTES")) if DUT.name else (256, 4)
WORDS = WIDE_W // 32
FIRST_COMMAND = 6
"""Cycles from a job to the first read that follows from it alone."""
QUEUE = 2 if DUT.params.get("W_DEPTH", 64) >= 64 else 1
"""Cycles from a beat of memory to w."""
LONG = 24
"""Beats of a run behind which the next read has been ordered in time."""
ANSWERS = (1, 30, 500)
"""Cycles from the last read of a job's cache to the answer to its last write."""
Run = dict[str, Any]


@cache
def runs() -> list[Run]:
    """The starts, as `Told.json` has them."""
    return told("runs")


def told(name: str) -> list[Run]:
    """A list of the vectors."""
    found: list[Run] = json.loads(Path(DUT.vectors).read_text())[name]
    return found


class Table:
    """Bench, memory and writer of a run."""

    def __init__(self, dut, name: str, stall: Stall = always, memory: Stall = always) -> None:
        self.dut = dut
        self.rng = random.Random(f"{cocotb.RANDOM_SEED}/{name}")
        ins = {"job": 32, "go": 0, "tok": 32, "r": WIDE_W}
        self.sources = {
            role: Source(self._port(role, width), self.rng, memory if role == "r" else stall)
            for role, width in ins.items()
        }
        outs = {"plan": 38, "w": WIDE_W, "e": WIDE_W + 18}
        self.out = {role: Sink(self._port(role, width), self.rng, stall) for role, width in outs.items()}
        pins = [(dut.rd_cmd_offset, 64), (dut.rd_cmd_beats, 32), (dut.rd_cmd_ports, 6)]
        self.commands = Sink(Port(dut.rd_cmd_valid, dut.rd_cmd_ready, pins), self.rng, memory)
        self.bench = Bench(dut.clk, dut.rst, [*self.sources.values()], [*self.out.values(), self.commands], self.watch)
        dut.clear.value = dut.cache_written.value = 0
        for static, value in runs()[0]["static"].items():
            getattr(dut, static).value = value
        self.run: Run | None = None

    def _port(self, role: str, width: int) -> Port:
        data = [(getattr(self.dut, f"{role}_data"), width)] if width else []
        return Port(getattr(self.dut, f"{role}_valid"), getattr(self.dut, f"{role}_ready"), data)

    async def begin(self, run: Run) -> None:
        """Configure, clear, and offer everything that a run takes."""
        self.run, self.seen, self.written, self.bad, self.ordered = None, 0, 0, 0, {"w": 0, "e": 0}
        self.due: int | None = None
        for port in (*self.bench.sources, *self.bench.sinks):
            port.clear()
        for name, value in run["static"].items():
            getattr(self.dut, name).value = value
        await self.bench.step()
        self.dut.clear.value = 1
        await self.bench.step()
        self.dut.clear.value = 0
        self.run = run
        self.sources["job"].queues[0].extend(run["jobs"])
        self.sources["go"].queues[0].extend(0 for _ in run["rows"])
        self.sources["tok"].queues[0].extend(run["tok"])

    def watch(self, cycle: int) -> None:
        """Serve reads, check when they come, count what was refused, answer writes."""
        self.dut.cache_written.value = 0
        if self.run is None:
            return
        self.bad += int(self.dut.bad_token.value)
        for _, word in self.commands.taken[0][self.seen :]:
            self.seen += 1
            offset, beats = word & (1 << 64) - 1, word >> 64 & (1 << 32) - 1
            self.order(offset, beats, word >> 96)
            self.sources["r"].queues[0].extend(self.beat(offset + i * STEP) for i in range(beats))
        caches = self.run["caches"]
        ended = self.written < len(caches) and len(self.out["w"].taken[0]) >= caches[self.written][1]
        if ended and self.due is None:
            self.due = cycle + self.rng.choice(ANSWERS)
        if self.due is not None and cycle >= self.due:
            self.dut.cache_written.value, self.due = 1, None
            self.written += 1

    def beat(self, offset: int) -> int:
        """What lies in memory."""
        at = (offset - self.run["static"]["c_tok_off"]) // STEP
        if 0 <= at <= len(self.run["prompt"]) // WORDS:
            return sum(token << 32 * k for k, token in enumerate(self.run["prompt"][at * WORDS : (at + 1) * WORDS]))
        return random.Random(offset).getrandbits(WIDE_W)

    def order(self, offset: int, beats: int, ports: int) -> None:
        """Check a read's ports and its time: of the cache behind its writes, of rows and angles behind `go`."""
        run, first = self.run, self.ordered
        assert beats > 0
        if run["w"][first["w"] : first["w"] + 1] == [offset]:
            behind = first["w"] + beats
            assert run["ports"][first["w"] : behind] == [ports] * beats, f"a read of w over {ports} ports"
            for begin, end, wait in run["caches"]:
                assert wait <= self.written or behind <= begin or end <= first["w"], f"read before write {wait}"
            first["w"] = behind
            return
        assert ports == WIDE_W // 8 // STEP, f"a read of e over {ports} ports"
        if [beat for _, beat in run["e"][first["e"] : first["e"] + 1]] == [offset]:
            first["e"] += beats
            job = next(i for i, end in enumerate(run["rows"]) if first["e"] <= end)
            assert len(self.sources["go"].taken[0]) > job, "a row was ordered before its go"

    def expected(self, role: str) -> list[int]:
        """Beats of a stream."""
        run = self.run
        if role == "plan":
            return run["plan"]
        if role == "w":
            return [self.beat(offset) for offset in run["w"]]
        return [tag << WIDE_W | self.beat(offset) for tag, offset in run["e"]]

    def complete(self, roles: tuple[str, ...] = ("plan", "w", "e")) -> bool:
        return all(len(self.out[role].taken[0]) >= len(self.run[role]) for role in roles)

    async def drain(self) -> None:
        """Run until every stream has had its beats, then some more, and compare."""
        size = len(self.run["w"]) + len(self.run["e"])
        await self.bench.run(self.complete, 60 * size + 300 * len(self.run["jobs"]) + 4000)
        await self.bench.step(60)
        for role, sink in self.out.items():
            expected = self.expected(role)
            assert sink.beats() == expected, f"{role}: {first_difference(sink.beats(), expected)}"
        assert all(source.idle for source in self.sources.values()), "an input was left"
        assert self.bad == self.run["bad"]


@cocotb.test()
@cocotb.parametrize(stall=[always, stalls], memory=[always, stalls])
async def starts(dut, stall, memory):
    """Each stream carries its beats in the order of the jobs; the cache waits for its writes, rows for go."""
    table = Table(dut, f"starts/{stall.__name__}/{memory.__name__}", stall, memory)
    await table.bench.start()
    for run in runs() if stall is memory else runs()[:2]:
        await table.begin(run)
        await table.drain()


@cocotb.test()
async def who_takes_nothing_blocks_no_rows(dut):
    """While nobody takes w or plan, the first chunk's rows come; then w and plan get their beats too."""
    table = Table(dut, "blocked", stalls, stalls)
    await table.bench.start()
    await table.begin(runs()[0])
    for role in ("w", "plan"):
        table.out[role].set_stall(never)
    await table.bench.run(lambda: len(table.out["e"].taken[0]) == table.run["rows"][0], 20000)
    assert not table.out["w"].taken[0]
    for role in ("w", "plan"):
        table.out[role].set_stall(stalls)
    await table.drain()


@cocotb.test()
async def rate(dut):
    """With an ideal memory beats come in every cycle of a long run, and the first read soon after its job."""
    table = Table(dut, "rate")
    await table.bench.start()
    for run in runs():
        await table.begin(run)
        await table.drain()
        late = table.commands.taken[0][0][0] - table.sources["job"].taken[0][0][0]
        assert late <= FIRST_COMMAND, f"{late} cycles from a job to its first read"
        cycles, at = [cycle for cycle, _ in table.out["w"].taken[0]], 0
        came = {cycle + QUEUE for cycle, _ in table.sources["r"].taken[0]}
        for entry in run["plan"]:
            beats = entry & 0xFFFFFFFF
            if beats > LONG:
                idle = set(range(cycles[at], cycles[at + beats - 1])) - came
                assert not idle, f"{len(idle)} idle cycles among {beats} beats"
            at += beats


@cocotb.test()
async def sizes(dut):
    """Sections of any size: the plan names them, and each is read from where the one before it ends."""
    table = Table(dut, "sizes")
    await table.bench.start()
    for run in told("sizes"):
        await table.begin(run)
        table.run = None  # nothing is answered
        await table.bench.run(lambda run=run: len(table.out["plan"].taken[0]) >= len(run["plan"]), 400)
        await table.bench.step(20)
        assert table.out["plan"].beats()[: len(run["plan"])] == run["plan"]
        reads = [word & (1 << 64) - 1 for _, word in table.commands.taken[0]]
        assert [at for at in reads if at in run["begins"]] == run["begins"], f"reads at {reads}, not {run['begins']}"
        await table.bench.reset()


@cocotb.test()
async def reset_in_traffic(dut):
    """S6: reset empties; a full run afterwards reads what it should."""
    table = Table(dut, "reset", stalls, stalls)
    await table.bench.start()
    for run in runs()[1:3]:
        await table.begin(run)
        await table.bench.step(table.rng.randint(1, 800))
        table.run = None
        await table.bench.reset(table.rng.randint(1, 3))
        for valid in (dut.rd_cmd_valid, dut.plan_valid, dut.w_valid, dut.e_valid):
            assert int(valid.value) == 0, f"{valid._name} after reset"
        await table.begin(run)
        await table.drain()

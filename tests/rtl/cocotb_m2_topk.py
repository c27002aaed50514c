# SPDX-License-Identifier: Apache-2.0
"""m2_topk: jobs and logits in, records and tokens out.

The vectors: a list of {"vocab", "jobs", "s", "rec", "tok", "quiet": [first beat, beats] of a run in which no value
enters the list, or null}, beats as hex text. A model's runs follow each other without a reset.
"""

import json
import random
from functools import cache, partial
from pathlib import Path
from typing import Any

import cocotb

from harness.uvm.stream_pins import Bench, Port, Sink, Source, Stall, always, first_difference, never, stalls
from tests.rtl.cocotb_stream_unit import flipped
from tests.rtl.current_dut import current

DUT = current()
RESETS = 4
LATENCY = 3
HEAD = 3
FEEDBACK = 1 << 4


@cache
def cases() -> list[dict[str, Any]]:
    """Return the models, beats as integers."""
    told = json.loads(Path(DUT.vectors).read_text())
    return [case | {key: [int(beat, 16) for beat in case[key]] for key in ("jobs", "s", "rec", "tok")} for case in told]


class Table:
    """Bench, sources of jobs and logits, sinks of records and tokens."""

    def __init__(self, dut: Any, name: str, stall: tuple[Stall, Stall, Stall, Stall]) -> None:
        self.dut = dut
        self.rng = random.Random(f"{cocotb.RANDOM_SEED}/{name}")
        roles = ("job", "s", "m_rec", "m_tok")
        ports = [
            Port(getattr(dut, f"{role}_valid"), getattr(dut, f"{role}_ready"), [(data, len(data))])
            for role in roles
            for data in [getattr(dut, f"{role}_data")]
        ]
        self.job, self.s = (Source(port, self.rng, go) for port, go in zip(ports[:2], stall[:2], strict=True))
        self.rec, self.tok = (Sink(port, self.rng, go) for port, go in zip(ports[2:], stall[2:], strict=True))
        dut.c_vocab.value = 8
        self.bench = Bench(dut.clk, dut.rst, [self.job, self.s], [self.rec, self.tok])

    def feed(self, case: dict[str, Any]) -> None:
        self.dut.c_vocab.value = case["vocab"]
        self.job.queues[0].extend(case["jobs"])
        self.s.queues[0].extend(case["s"])

    def complete(self, case: dict[str, Any]) -> bool:
        full = len(self.rec.taken[0]) >= len(case["rec"]) and len(self.tok.taken[0]) >= len(case["tok"])
        return full and self.job.idle

    async def drain(self, case: dict[str, Any]) -> None:
        """Run until all results came out, then some more, and compare."""
        await self.bench.run(partial(self.complete, case), 100 * len(case["s"]) + 4000)
        await self.bench.step(30)
        for sink, key in ((self.rec, "rec"), (self.tok, "tok")):
            assert sink.beats() == case[key], f"{key}: {first_difference(sink.beats(), case[key])}"
            sink.clear()
        assert self.s.idle, "logits that nobody took"


@cocotb.test()
@cocotb.parametrize(job=[always, stalls], s=[always, stalls], m=[always, stalls])
async def order(dut, job, s, m):
    """Records and tokens are golden's, in order, whatever stalls; tokens leave for jobs that ask for them alone."""
    table = Table(dut, f"order/{job.__name__}/{s.__name__}/{m.__name__}", (job, s, m, m))
    await table.bench.start()
    for case in cases():
        table.feed(case)
        await table.drain(case)


@cocotb.test()
async def rate(dut):
    """Where at most one value of a beat enters the list a beat moves in each cycle."""
    table = Table(dut, "rate", (always,) * 4)
    await table.bench.start()
    seen = 0
    for case in cases():
        table.feed(case)
        table.s.taken[0].clear()
        records = table.rec.taken[0]
        await table.bench.run(partial(table.complete, case), 4000)
        if case["quiet"]:
            first, beats = case["quiet"]
            cycles = [cycle for cycle, _ in table.s.taken[0]][first : first + beats]
            assert cycles[-1] - cycles[0] == beats - 1, "a bubble though at most one value of a beat entered"
            record = min(cycle for cycle, _ in records if cycle > cycles[-1])
            assert record - cycles[-1] == LATENCY, f"{record - cycles[-1]} cycles from the last beat to the record"
            seen += beats
        await table.drain(case)
    assert seen >= 20


@cocotb.test()
async def handshake(dut):
    """S2, S4: within a cycle no input reaches a ready or a valid."""
    table = Table(dut, "handshake", (stalls,) * 4)
    await table.bench.start()
    table.feed(cases()[0])
    inputs = [dut.job_valid, dut.job_data, dut.s_valid, dut.s_data, dut.m_rec_ready, dut.m_tok_ready]
    for _ in range(120):
        await table.bench.step()
        for seen in (dut.job_ready, dut.s_ready, dut.m_rec_valid, dut.m_tok_valid):
            assert await flipped(table.bench, inputs, seen) == int(seen.value), f"an input reaches {seen._name}"


@cocotb.test()
async def results_wait(dut):
    """A record or token that nobody takes holds up the next job, and nothing is lost."""
    table = Table(dut, "wait", (always, always, never, never))
    await table.bench.start()
    case = cases()[0]
    table.feed(case)
    await table.bench.step(len(case["s"]) * 8 + 100)
    assert not table.rec.taken[0]
    table.rec.set_stall(always)
    await table.bench.step(len(case["s"]) * 8 + 100)
    heads = [job for job in case["jobs"] if job & 3 == HEAD]
    held = 1 + [bool(job & FEEDBACK) for job in heads].index(True)
    assert len(table.rec.taken[0]) == held < len(heads)
    table.tok.set_stall(always)
    await table.drain(case)


@cocotb.test()
async def reset_in_traffic(dut):
    """S6: reset empties; a full run afterwards gives what it should."""
    table = Table(dut, "reset", (stalls,) * 4)
    await table.bench.start()
    cut = 0
    for index in range(RESETS):
        case = cases()[index % len(cases())]
        table.feed(case)
        await table.bench.run(lambda: bool(table.s.taken[0]), 2000)
        await table.bench.step(table.rng.randint(0, 2 * len(case["s"])))
        cut += not table.complete(case)
        await table.bench.reset(table.rng.randint(1, 3))
        assert not int(dut.m_rec_valid.value), "a record after reset"
        assert not int(dut.m_tok_valid.value), "a token after reset"
        table.feed(case)
        await table.drain(case)
        await table.bench.reset()
    assert cut, "no reset came before the last record"

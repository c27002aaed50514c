# SPDX-License-Identifier: Apache-2.0
"""m2_fetch_section: where the section of any job lies, in regions of any size anywhere in 64 bits."""

import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge

from tests.rtl.current_dut import current
from tests.rtl.m2_block_data import EMBED, HEAD, OUT, Job

DUT = current()
STEP = DUT.params["PORT_BYTES"]
REGIONS, JOBS = 60, 6
PATIENCE = 40
"""Cycles in which a section is told: more than four and the bits of a layer."""


def region(rng) -> dict[str, int]:
    """Return settings of any size, the sections of a layer together below 2^32 beats."""
    sizes = {f"c_{name}": rng.getrandbits(rng.randint(1, 31)) for name in ("in", "out")}
    return {**sizes, "c_head": rng.getrandbits(32), "c_layers": rng.getrandbits(8), "c_off": rng.getrandbits(64)}


def section(c: dict[str, int], job: Job) -> tuple[int, int] | None:
    """Return (byte offset, beats) of a job's section; None of one that has none."""
    if job.kind == EMBED:
        return None
    layer = c["c_layers"] if job.kind == HEAD else job.layer
    place = layer * (c["c_in"] + c["c_out"]) + c["c_in"] * (job.kind == OUT)
    beats = c["c_head" if job.kind == HEAD else "c_out" if job.kind == OUT else "c_in"]
    return (c["c_off"] + place * STEP) % (1 << 64), beats


async def begin(dut, c: dict[str, int], cycles: int = 2):
    """Leave reset with the settings of a region."""
    dut.rst.value, dut.job_valid.value, dut.m_ready.value = 1, 0, 0
    for name, value in c.items():
        dut[name].value = value
    for _ in range(cycles):
        await RisingEdge(dut.clk)
    dut.rst.value = 0


async def cycle(
    dut, rng, job: Job | None = None, ready: int = 0, busy: bool = False
) -> tuple[bool, tuple[int, int] | None]:
    """Drive a cycle; return whether the job was taken, and what was offered. While it is busy any job waits in vain."""
    dut.job_valid.value = int(job is not None or busy)
    dut.job_data.value = rng.getrandbits(32) if job is None else job.word
    dut.m_ready.value = ready
    await FallingEdge(dut.clk)
    taken = job is not None and bool(int(dut.job_ready.value))
    assert not (busy and int(dut.job_ready.value)), "a second job is taken"
    told = (int(dut.m_offset.value), int(dut.m_beats.value)) if int(dut.m_valid.value) else None
    await RisingEdge(dut.clk)
    return taken, told


async def ask(dut, rng, job: Job, expected: tuple[int, int] | None) -> None:
    """Hand a job over; take its section after some cycles, in which it stays what it is."""
    for _ in range(PATIENCE):
        taken, told = await cycle(dut, rng, job)
        assert told is None, "a section that nobody asked for"
        if taken:
            break
    assert taken, "a job is never taken"
    for _ in range(PATIENCE):
        _, told = await cycle(dut, rng, busy=expected is not None)
        if told:
            break
    assert told == expected
    if expected:
        for ready in (*[0] * rng.randrange(3), 1):
            _, told = await cycle(dut, rng, ready=ready, busy=True)
            assert told == expected, "a section that waits has changed"
    _, told = await cycle(dut, rng)
    assert told is None, "a section is told twice"


@cocotb.test()
async def sections(dut):
    """Of jobs of every kind, of any layer."""
    rng = random.Random(cocotb.RANDOM_SEED)
    Clock(dut.clk, 10, unit="ns").start()
    for _ in range(REGIONS):
        c = region(rng)
        await begin(dut, c)
        for _ in range(JOBS):
            job = Job(rng.randrange(4), rng.randint(1, 4), layer=rng.getrandbits(8), raw=rng.random() < 0.5)
            await ask(dut, rng, job, section(c, job))


@cocotb.test()
async def reset(dut):
    """A reset ends a section at any point; the next job's is its own."""
    rng = random.Random(cocotb.RANDOM_SEED)
    Clock(dut.clk, 10, unit="ns").start()
    for cycles in range(16):
        c = region(rng)
        await begin(dut, c)
        await cycle(dut, rng, Job(OUT, layer=255))
        for _ in range(cycles):
            await cycle(dut, rng)
        await begin(dut, c, 1)
        await ask(dut, rng, Job(HEAD), section(c, Job(HEAD)))

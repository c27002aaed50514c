# SPDX-License-Identifier: Apache-2.0
"""m2_store: random runs into a memory model; where every beat must end up is listed here, and when answers may come."""

import random
from dataclasses import dataclass, field
from itertools import pairwise
from typing import ClassVar

import cocotb

from harness.uvm.stream_pins import always, noise, stalls
from tests.rtl import store_bench
from tests.rtl.current_dut import current
from tests.rtl.regions import region_offset

DUT = current()
WIDE_W, STEP = (int(DUT.params[name]) for name in ("WIDE_W", "PORT_BYTES")) if DUT.name else (512, 32)
IN = 1


@dataclass
class Run(store_bench.Run):
    """A run with its jobs; `memory`: where each beat belongs."""

    answers: dict[str, int] = field(default_factory=lambda: {"chunk_written": 0, "record_written": 0})
    memory: dict[int, int] = field(default_factory=dict)

    def put(self, base: int, beats: list[int]) -> None:
        self.memory |= {base + i * STEP: beat for i, beat in enumerate(beats)}


def draw(rng: random.Random) -> Run:
    """Return a run with some layers' states, records and taps; the same layer never twice."""
    names = ("c_s_off", "c_out_off", "c_tap_off")
    c = {name: region_offset(rng, i, STEP) for i, name in enumerate(names)}
    c |= {"c_chunks": rng.randint(1, 4), "c_sb": rng.randint(1, 20), "c_qb": rng.choice((1, 16, rng.randint(1, 70)))}
    c |= {"c_mem_first": rng.randint(0, 3)}
    c["c_chunk_beats"] = c["c_sb"] + c["c_qb"]
    layers = rng.sample(range(6), 5)
    run = Run(c, {"job": [], "q": [], "f": []})
    run.data["o"] = noise(rng, 512, rng.randint(0, 20))
    run.data["t"] = noise(rng, 256, rng.randint(0, 80))
    for layer in layers:
        run.data["job"] += [rng.choice((0, 2, 3)) | layer << 14, IN | layer << 14 | rng.getrandbits(1) << 3]
        if layer >= c["c_mem_first"]:
            put_layer(run, layer, rng)
    run.put(c["c_out_off"], run.data["o"])
    run.put(c["c_tap_off"], packed(run.data["t"]))
    run.answers["record_written"] = len(run.data["o"])
    return run


def put_layer(run: Run, layer: int, rng: random.Random) -> None:
    """Append the chunks of a layer."""
    c = run.c
    for k in range(c["c_chunks"]):
        q, f = noise(rng, WIDE_W, c["c_qb"]), noise(rng, WIDE_W, c["c_sb"])
        run.put(c["c_s_off"] + (layer * c["c_chunks"] + k) * c["c_chunk_beats"] * STEP, f + q)
        run.data["q"] += q
        run.data["f"] += f
        run.answers["chunk_written"] += 1


def packed(taps: list[int]) -> list[int]:
    """Return taps side by side in wide beats."""
    ratio = WIDE_W // 256
    return [sum(tap << 256 * i for i, tap in enumerate(taps[k : k + ratio])) for k in range(0, len(taps), ratio)]


class Table(store_bench.Store):
    """Bench of m2_store."""

    widths: ClassVar = {"job": 32, "q": WIDE_W, "f": WIDE_W, "o": 512, "t": 256}
    fields: ClassVar = {"d_data": WIDE_W}
    regions: ClassVar = ((("q", "f"), 1), (("o",), 1), (("t",), WIDE_W // 256))
    pulses: ClassVar = ("chunk_written", "record_written")

    async def end(self) -> None:
        """Run until everything has been answered, and compare the memory."""
        memory = self.run.memory
        found = await self.drain(STEP)
        assert len(dict(found)) == len(found), "a place written twice"
        assert dict(found) == memory


@cocotb.test()
@cocotb.parametrize(source=[always, stalls], memory=[always, stalls])
async def runs(dut, source, memory):
    """Every beat ends up in its place, once; answers are counted; data are inside before their write is ordered."""
    table = Table(dut, f"runs/{source.__name__}/{memory.__name__}", source, memory)
    await table.bench.start()
    for _ in range(4):
        await table.begin(draw(table.rng))
        await table.end()


@cocotb.test()
async def chunk_answers_in_time(dut):
    """chunk_written comes when both parts of a chunk have been answered, not before."""
    table = Table(dut, "answers", stalls, stalls)
    await table.bench.start()
    run = draw(table.rng)
    run.c |= {"c_mem_first": 0}
    run = Run(run.c, {"job": [IN], "q": [], "f": []})
    put_layer(run, 0, table.rng)
    await table.begin(run)
    while table.answers["chunk_written"] < run.answers["chunk_written"]:
        await table.bench.step()
        if int(dut.chunk_written.value):
            beats = sum(size for _, size in table.orders()[: table.answered])
            assert beats >= table.answers["chunk_written"] * run.c["c_chunk_beats"]
    await table.end()


@cocotb.test()
async def rate(dut):
    """With an ideal memory a beat of a state leaves in every cycle, but for a short pause between chunks."""
    table = Table(dut, "rate")
    await table.bench.start()
    run = draw(table.rng)
    run = Run(
        run.c | {"c_mem_first": 0, "c_chunks": 3, "c_sb": 4, "c_qb": 64, "c_chunk_beats": 68},
        {"job": [IN | 2 << 14], "q": [], "f": []},
    )
    put_layer(run, 2, table.rng)
    await table.begin(run)
    await table.bench.run(lambda: len(table.d.taken[0]) == len(run.memory), 3000)
    cycles = [cycle for cycle, _ in table.d.taken[0]]
    pauses = sum(b - a - 1 for a, b in pairwise(cycles))
    assert pauses <= 8 * run.c["c_chunks"], f"{pauses} idle cycles between {len(cycles)} beats"
    await table.end()


@cocotb.test()
async def reset_in_traffic(dut):
    """S6: reset empties; a full run afterwards writes what it should."""
    table = Table(dut, "reset", stalls, stalls)
    await table.bench.start()
    for _ in range(4):
        await table.begin(draw(table.rng))
        await table.bench.step(table.rng.randint(1, 300))
        table.run = None
        dut.written.value = dut.finish.value = 0
        await table.bench.reset(table.rng.randint(1, 3))
        assert int(dut.wr_cmd_valid.value) == int(dut.d_valid.value) == 0
        assert int(dut.idle.value) == 1
        await table.begin(draw(table.rng))
        await table.end()

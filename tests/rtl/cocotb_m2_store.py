# SPDX-License-Identifier: Apache-2.0
"""m2_store: random runs into a memory model; where every beat must end up is listed here, and when answers may come."""

import random
from dataclasses import dataclass, field
from itertools import pairwise

import cocotb

from harness.uvm.stream_pins import Bench, Port, Sink, Source, Stall, always, noise, stalls
from tests.rtl.dut import current

DUT = current()
WIDE_W, STEP = (int(DUT.params[name]) for name in ("WIDE_W", "PORT_BYTES")) if DUT.name else (512, 32)
IN = 1
WIDTHS = {"job": 32, "q": WIDE_W, "f": WIDE_W, "o": 512, "t": 256}


@dataclass
class Run:
    """Configuration, jobs and data of a run.

    Attributes:
        c: value of each c_* input.
        data: beats of each input.
        memory: where each beat belongs.
        chunks, records: how many answers of each kind must come.
    """

    c: dict[str, int]
    data: dict[str, list[int]]
    memory: dict[int, int] = field(default_factory=dict)
    chunks: int = 0
    records: int = 0

    def put(self, base: int, beats: list[int]) -> None:
        self.memory |= {base + i * STEP: beat for i, beat in enumerate(beats)}


def draw(rng: random.Random) -> Run:
    """Return a run with some layers' states, records and taps; the same layer never twice."""
    names = ("c_s_off", "c_out_off", "c_tap_off")
    c = {name: rng.getrandbits(20) << 42 | i << 40 | rng.getrandbits(10) * STEP for i, name in enumerate(names)}
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
    run.records = len(run.data["o"])
    return run


def put_layer(run: Run, layer: int, rng: random.Random) -> None:
    """Append the chunks of a layer."""
    c = run.c
    for k in range(c["c_chunks"]):
        q, f = noise(rng, WIDE_W, c["c_qb"]), noise(rng, WIDE_W, c["c_sb"])
        run.put(c["c_s_off"] + (layer * c["c_chunks"] + k) * c["c_chunk_beats"] * STEP, f + q)
        run.data["q"] += q
        run.data["f"] += f
        run.chunks += 1


def packed(taps: list[int]) -> list[int]:
    """Return taps side by side in wide beats."""
    ratio = WIDE_W // 256
    return [sum(tap << 256 * i for i, tap in enumerate(taps[k : k + ratio])) for k in range(0, len(taps), ratio)]


class Table:
    """Bench and memory of a run."""

    def __init__(self, dut, name: str, source: Stall = always, memory: Stall = always) -> None:
        self.dut = dut
        self.rng = random.Random(f"{cocotb.RANDOM_SEED}/{name}")
        self.inputs = {
            role: Source(self._port(role, [(getattr(dut, f"{role}_data"), width)]), self.rng, source)
            for role, width in WIDTHS.items()
        }
        command = [(dut.wr_cmd_offset, 64), (dut.wr_cmd_beats, 32)]
        self.commands = Sink(self._port("wr_cmd", command), self.rng, memory)
        self.d = Sink(self._port("d", [(dut.d_data, WIDE_W)]), self.rng, memory)
        self.bench = Bench(dut.clk, dut.rst, [*self.inputs.values()], [self.commands, self.d], self.watch)
        dut.clear.value = dut.finish.value = dut.written.value = 0
        self.run: Run | None = None

    def _port(self, role: str, data: list) -> Port:
        return Port(getattr(self.dut, f"{role}_valid"), getattr(self.dut, f"{role}_ready"), data)

    async def begin(self, run: Run) -> None:
        """Configure, clear, and offer everything that a run writes."""
        self.run, self.answered, self.chunks, self.records, self.ordered = None, 0, 0, 0, {}
        for port in (*self.bench.sources, *self.bench.sinks):
            port.clear()
        for name, value in run.c.items():
            getattr(self.dut, name).value = value
        self.dut.finish.value = 0
        self.dut.clear.value = 1
        await self.bench.step()
        self.dut.clear.value = 0
        self.run = run
        for role, beats in run.data.items():
            self.inputs[role].queues[0].extend(beats)

    def orders(self) -> list[tuple[int, int]]:
        """Return the writes so far as (offset, beats)."""
        return [(word & (1 << 64) - 1, word >> 64) for word in self.commands.beats()]

    def watch(self, cycle: int) -> None:
        """Answer writes whose data have come; check that a write's data are inside when it is ordered."""
        self.dut.written.value = 0
        if self.run is None:
            return
        self.chunks += int(self.dut.chunk_written.value)
        self.records += int(self.dut.record_written.value)
        orders = self.orders()
        self.stored(orders)
        ends = sum(beats for _, beats in orders[: self.answered + 1])
        if self.answered < len(orders) and len(self.d.taken[0]) >= ends and self.rng.random() < 0.4:
            self.dut.written.value = 1
            self.answered += 1
        self.dut.finish.value = int(self.inputs["t"].idle)

    def stored(self, orders: list[tuple[int, int]]) -> None:
        """Store and forward: a source has handed in the beats of all writes that were ordered for it."""
        for offset, beats in orders[sum(self.ordered.values(), 0) :]:
            region = offset >> 40 & 3
            self.ordered[region] = self.ordered.get(region, 0) + 1
            ordered = sum(size for at, size in orders if at >> 40 & 3 == region)
            roles, ratio = ((("q", "f"), 1), (("o",), 1), (("t",), WIDE_W // 256))[region]
            inside = sum(len(self.inputs[role].taken[0]) for role in roles)
            assert ordered <= -(-inside // ratio), f"a write of {beats} beats without its data"

    async def drain(self) -> None:
        """Run until everything has been answered, and compare the memory."""
        run = self.run
        size = sum(map(len, run.data.values()))
        await self.bench.run(lambda: self.sent() and int(self.dut.idle.value) == 1, 60 * size + 5000)
        await self.bench.step(20)
        orders = self.orders()
        places = [offset + i * STEP for offset, beats in orders for i in range(beats)]
        assert len(set(places)) == len(places), "a place written twice"
        assert self.answered == len(orders)
        assert len(self.d.taken[0]) == len(places)
        assert dict(zip(places, self.d.beats(), strict=True)) == run.memory
        assert (self.chunks, self.records) == (run.chunks, run.records)
        self.run = None

    def sent(self) -> bool:
        return all(source.idle for source in self.bench.sources) and self.records == self.run.records


@cocotb.test()
@cocotb.parametrize(source=[always, stalls], memory=[always, stalls])
async def runs(dut, source, memory):
    """Every beat ends up in its place, once; answers are counted; data are inside before their write is ordered."""
    table = Table(dut, f"runs/{source.__name__}/{memory.__name__}", source, memory)
    await table.bench.start()
    for _ in range(4):
        await table.begin(draw(table.rng))
        await table.drain()


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
    while table.chunks < run.chunks:
        await table.bench.step()
        if int(dut.chunk_written.value):
            beats = sum(size for _, size in table.orders()[: table.answered])
            assert beats >= table.chunks * run.c["c_chunk_beats"]
    await table.drain()


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
    await table.drain()


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
        await table.drain()

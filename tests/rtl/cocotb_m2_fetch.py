# SPDX-License-Identifier: Apache-2.0
"""m2_fetch: random runs against a memory whose beats tell their address; what each stream must carry is listed here.

The model knows the regions as golden.mamba2.accel.image lays them out: sections in the order of layers, rows by token
id, chunks by layer. States are written back by a model of the writer, at random times, in the order of the jobs.
"""

import random
from dataclasses import dataclass, field

import cocotb

from harness.uvm.stream_pins import Bench, Port, Sink, Source, Stall, always, first_difference, never, stalls
from tests.rtl.current_dut import current
from tests.rtl.regions import region_offset

DUT = current()
WIDE_W, STEP = (int(DUT.params[name]) for name in ("WIDE_W", "PORT_BYTES")) if DUT.name else (64, 4)
EMBED, IN, OUT, HEAD = range(4)
WORDS = WIDE_W // 32


@dataclass(frozen=True)
class Job:
    """Fields of a job that a reader looks at."""

    kind: int
    layer: int = 0
    tokens: int = 1
    fresh: bool = False
    feedback: bool = False
    raw: bool = False

    @property
    def word(self) -> int:
        flags = self.fresh << 3 | self.feedback << 4 | self.raw << 5
        return self.kind | flags | (self.tokens - 1) << 6 | self.layer << 14


@dataclass
class Run:
    """Configuration and jobs of a run, and what follows from them.

    Attributes:
        c: value of each c_* input.
        jobs: in order.
        w, p, s, e: byte offset of each beat that a stream carries.
        rows: beats of e until the end of each EMBED job.
        bad: token ids out of range.
        chunks: one (offset or None when fresh, number of the write that it waits for or -1) for each chunk of a write.
    """

    c: dict[str, int]
    jobs: list[Job]
    prompt: list[int]
    feedback: list[int]
    w: list[int] = field(default_factory=list)
    p: list[int] = field(default_factory=list)
    s: list[int] = field(default_factory=list)
    e: list[int] = field(default_factory=list)
    bad: int = 0
    rows: list[int] = field(default_factory=list)
    chunks: list[tuple[int | None, int]] = field(default_factory=list)

    def beat(self, offset: int) -> int:
        """Return what lies in memory at an offset."""
        at = (offset - self.c["c_tok_off"]) // STEP
        if 0 <= at <= len(self.prompt) // WORDS:
            part = self.prompt[at * WORDS : (at + 1) * WORDS]
            return sum(value << 32 * i for i, value in enumerate(part))
        return random.Random(offset).getrandbits(WIDE_W)

    def expect(self) -> "Run":
        """Fill in what the jobs read."""
        prompt, feedback, raw = iter(self.prompt), iter(self.feedback), iter(range(1 << 20))
        last: dict[int, int] = {}
        for job in self.jobs:
            if job.kind == EMBED:
                for _ in range(job.tokens):
                    row = next(raw) if job.raw else next(feedback) if job.feedback else next(prompt)
                    if not job.raw and row >= self.c["c_vocab"]:
                        row, self.bad = 0, self.bad + 1
                    self.e += self._run("c_e_off", row * self.c["c_row_beats"], self.c["c_row_beats"])
                self.rows.append(len(self.e))
                continue
            self.w += self._section(job, "w")
            self.p += self._section(job, "p")
            if job.kind == IN and job.layer >= self.c["c_mem_first"]:
                self._states(job, last)
        return self

    def _run(self, base: str, first: int, beats: int) -> list[int]:
        return [self.c[base] + (first + i) * STEP for i in range(beats)]

    def _section(self, job: Job, region: str) -> list[int]:
        inside, outside, head = (self.c[f"c_{region}_{name}"] for name in ("in", "out", "head"))
        layer = self.c["c_layers"] if job.kind == HEAD else job.layer
        first = layer * (inside + outside) + inside * (job.kind == OUT)
        return self._run(f"c_{region}_off", first, {IN: inside, OUT: outside, HEAD: head}[job.kind])

    def _states(self, job: Job, last: dict[int, int]) -> None:
        before, now = last.get(job.layer, -1), len(self.chunks)
        for k in range(self.c["c_chunks"]):
            place = job.layer * self.c["c_chunks"] + k
            offset = self.c["c_s_off"] + place * self.c["c_chunk_beats"] * STEP
            self.chunks.append((None if job.fresh else offset, before + k if before >= 0 else -1))
            if not job.fresh:
                self.s += self._run("c_s_off", place * self.c["c_chunk_beats"], self.c["c_chunk_beats"])
        last[job.layer] = now


def shape(rng: random.Random) -> dict[str, int]:
    """Return a random configuration; regions lie far apart."""
    layers = rng.randint(1, 5)
    c = {f"c_{name}_off": region_offset(rng, i, STEP) for i, name in enumerate(("w", "p", "s", "e", "tok"))}
    for name in ("w_in", "w_out", "w_head", "p_in", "p_out", "p_head"):
        c[f"c_{name}"] = rng.choice((1, rng.randint(1, 20), rng.randint(1, 90)))
    c |= {"c_layers": layers, "c_mem_first": rng.choice((0, rng.randint(0, layers))), "c_chunks": rng.randint(1, 4)}
    return c | {
        "c_chunk_beats": rng.randint(1, 12),
        "c_row_beats": rng.randint(1, 9),
        "c_vocab": rng.choice((1, 7, 999, 1 << 20)),
    }


def draw(rng: random.Random, chunks: int = 4) -> Run:
    """Return a run of chunks of jobs, each through some layers in order; layers recur soon.

    Now and then the sections of OUT are large, and no job reads them: what lies behind is far away.
    """
    c, far = shape(rng), rng.random() < 0.3
    if far:
        c |= {name: rng.getrandbits(26) for name in ("c_w_out", "c_p_out")}
    raw, jobs = rng.random() < 0.3, []
    for _ in range(chunks):
        jobs.append(Job(EMBED, tokens=rng.randint(1, 5), raw=raw, feedback=not raw and rng.random() < 0.4))
        for layer in range(c["c_layers"]):
            jobs += [Job(IN, layer, rng.randint(1, 5), fresh=rng.random() < 0.3)]
            jobs += [] if far else [Job(OUT, layer)]
        if rng.random() < 0.5:
            jobs.append(Job(HEAD, tokens=rng.randint(1, 5)))
    ids = [[rng.randrange(c["c_vocab"] + 1 + (rng.random() < 0.1) * 2**31) for _ in range(5 * chunks)] for _ in "pf"]
    return Run(c, jobs, *ids).expect()


class Table:
    """Bench, memory and writer of a run."""

    def __init__(self, dut, name: str, stall: Stall = always, memory: Stall = always) -> None:
        self.dut = dut
        self.rng = random.Random(f"{cocotb.RANDOM_SEED}/{name}")
        data = {"job": [(dut.job_data, 32)], "go": [], "tok": [(dut.tok_data, 32)], "r": [(dut.r_data, WIDE_W)]}
        self.sources = {
            role: Source(self._port(role, wires), self.rng, memory if role == "r" else stall)
            for role, wires in data.items()
        }
        self.out = {
            role: Sink(self._port(role, [(getattr(dut, f"{role}_data"), WIDE_W)]), self.rng, stall) for role in "wpse"
        }
        command = [(dut.rd_cmd_offset, 64), (dut.rd_cmd_beats, 32)]
        self.commands = Sink(self._port("rd_cmd", command), self.rng, memory)
        self.bench = Bench(dut.clk, dut.rst, [*self.sources.values()], [*self.out.values(), self.commands], self.watch)
        dut.clear.value = dut.chunk_written.value = 0
        self.run: Run | None = None

    def _port(self, role: str, data: list) -> Port:
        return Port(getattr(self.dut, f"{role}_valid"), getattr(self.dut, f"{role}_ready"), data)

    async def begin(self, run: Run) -> None:
        """Configure, clear, and offer everything that a run takes."""
        self.run, self.seen, self.written, self.bad, self.s_ordered, self.e_ordered = None, 0, 0, 0, 0, 0
        for port in (*self.bench.sources, *self.bench.sinks):
            port.clear()
        for name, value in run.c.items():
            getattr(self.dut, name).value = value
        self.dut.clear.value = 1
        await self.bench.step(2)
        self.dut.clear.value = 0
        self.run = run
        self.sources["job"].queues[0].extend(job.word for job in run.jobs)
        self.sources["go"].queues[0].extend(0 for job in run.jobs if job.kind == EMBED)
        used = sum(job.tokens for job in run.jobs if job.feedback)
        self.sources["tok"].queues[0].extend(run.feedback[:used])

    def watch(self, cycle: int) -> None:
        """Serve reads, check when they come, count what was refused, write states back."""
        self.dut.chunk_written.value = 0
        if self.run is None:
            return
        self.bad += int(self.dut.bad_token.value)
        for _, word in self.commands.taken[0][self.seen :]:
            self.seen += 1
            offset, beats = word & (1 << 64) - 1, word >> 64
            self.order(offset, beats)
            self.sources["r"].queues[0].extend(self.run.beat(offset + i * STEP) for i in range(beats))
        if self.may_write() and self.rng.random() < 0.1:
            self.dut.chunk_written.value = 1
            self.written += 1

    def order(self, offset: int, beats: int) -> None:
        """Check the time of a read of states or rows."""
        run = self.run
        assert beats > 0
        if run.s[self.s_ordered : self.s_ordered + 1] == [offset]:
            reads = [wait for place, wait in run.chunks if place is not None]
            first, size = self.s_ordered, run.c["c_chunk_beats"]
            for wait in reads[first // size : (first + beats - 1) // size + 1]:
                assert wait < self.written, f"state read before write {wait}, {self.written} were answered"
            self.s_ordered += beats
        elif run.e[self.e_ordered : self.e_ordered + 1] == [offset]:
            self.e_ordered += beats
            job = next(i for i, end in enumerate(run.rows) if self.e_ordered <= end)
            assert len(self.sources["go"].taken[0]) > job, "a row was ordered before its go"

    def may_write(self) -> bool:
        """Whether the next chunk's new state can be there: its old one has left."""
        if self.written == len(self.run.chunks):
            return False
        read = sum(place is not None for place, _ in self.run.chunks[: self.written + 1])
        return len(self.out["s"].taken[0]) >= read * self.run.c["c_chunk_beats"]

    def complete(self, roles: str = "wpse") -> bool:
        return all(len(self.out[role].taken[0]) >= len(getattr(self.run, role)) for role in roles)

    async def drain(self) -> None:
        """Run until every stream has had its beats, then some more, and compare."""
        run = self.run
        size = sum(len(getattr(run, role)) for role in "wpse")
        await self.bench.run(self.complete, 60 * size + 200 * len(run.jobs) + 4000)
        await self.bench.step(60)
        for role, sink in self.out.items():
            expected = [run.beat(offset) for offset in getattr(run, role)]
            assert sink.beats() == expected, f"{role}: {first_difference(sink.beats(), expected)}"
        assert all(source.idle for source in self.sources.values()), "an input was left"
        assert self.bad == run.bad


@cocotb.test()
@cocotb.parametrize(stall=[always, stalls], memory=[always, stalls])
async def runs(dut, stall, memory):
    """Each stream carries its regions' beats in the order of the jobs; states wait for their writes, rows for go."""
    table = Table(dut, f"runs/{stall.__name__}/{memory.__name__}", stall, memory)
    await table.bench.start()
    for _ in range(5):
        await table.begin(draw(table.rng))
        await table.drain()


@cocotb.test()
async def long_rows(dut):
    """Rows of each power of two of beats, and one more, are whole."""
    table = Table(dut, "rows")
    await table.bench.start()
    for beats in (1 << k for k in range(4, 10)):
        jobs = [Job(EMBED), Job(EMBED, tokens=2, feedback=True)]
        await table.begin(Run(shape(table.rng) | {"c_row_beats": beats + 1, "c_vocab": 9}, jobs, [3], [8, 1]).expect())
        await table.drain()


@cocotb.test()
@cocotb.parametrize(role=["w", "p", "s"])
async def a_full_queue_blocks_nobody(dut, role):
    """While one stream's consumer stands still, the others get all that they read; then it gets its beats too."""
    table = Table(dut, f"blocked/{role}", stalls, stalls)
    await table.bench.start()
    run = draw(table.rng, 1)
    run = Run(
        run.c | {"c_mem_first": 0, "c_w_in": 90, "c_p_in": 70, "c_w_out": 9, "c_p_out": 7, "c_chunk_beats": 90},
        [Job(EMBED, tokens=3), Job(IN), Job(EMBED, tokens=2, feedback=True), Job(OUT), Job(HEAD)],
        run.prompt,
        run.feedback,
    ).expect()
    await table.begin(run)
    table.out[role].set_stall(never)
    others = "wpse".replace(role, "")
    await table.bench.run(lambda: table.complete(others), 20000)
    assert not table.out[role].taken[0]
    table.out[role].set_stall(stalls)
    await table.drain()


@cocotb.test()
async def rate(dut):
    """With an ideal memory a beat arrives in every cycle, over slices, sections and jobs."""
    table = Table(dut, "rate")
    await table.bench.start()
    c = shape(table.rng) | {"c_w_in": 90, "c_w_out": 70, "c_w_head": 99, "c_p_in": 3, "c_p_out": 9, "c_p_head": 1}
    c |= {"c_layers": 3, "c_mem_first": 3}
    jobs = [Job(kind, layer) for layer in range(3) for kind in (IN, OUT)] + [Job(HEAD)]
    await table.begin(Run(c, jobs, [], []).expect())
    await table.drain()
    cycles = [cycle for cycle, _ in table.out["w"].taken[0]]
    beats = len(table.run.w) + len(table.run.p)
    assert cycles[-1] - cycles[0] <= beats, f"{beats} beats took {cycles[-1] - cycles[0]} cycles"


@cocotb.test()
async def reset_in_traffic(dut):
    """S6: reset empties; a full run afterwards reads what it should."""
    table = Table(dut, "reset", stalls, stalls)
    await table.bench.start()
    for _ in range(4):
        await table.begin(draw(table.rng))
        await table.bench.step(table.rng.randint(1, 600))
        table.run = None
        await table.bench.reset(table.rng.randint(1, 3))
        for valid in (dut.rd_cmd_valid, dut.w_valid, dut.p_valid, dut.s_valid, dut.e_valid):
            assert int(valid.value) == 0, f"{valid._name} after reset"
        await table.begin(draw(table.rng, 2))
        await table.drain()

# SPDX-License-Identifier: Apache-2.0
"""axi_ports: random reads and writes at once on memories whose ports stall on their own."""

import random
from dataclasses import dataclass, field

import cocotb

from golden.axi import split_bursts
from harness.uvm.stream_pins import Bench, Port, Sink, Source, Stall, always, first_difference, never, noise, stalls
from tests.rtl.cocotb_axi_common import beginning
from tests.rtl.current_dut import current

DUT = current()
NAMES = ("PORTS", "PORT_W", "STROBES", "PARTIAL")
PORTS, PORT_W, STROBES, PARTIAL = (int(DUT.params[name]) for name in NAMES) if DUT.name else (1, 512, 0, 0)
STEP, BURST = PORT_W // 8, 4096 * 8 // PORT_W
WORD, STROBE = (1 << PORT_W) - 1, (1 << STEP) - 1
BEAT_W = PORTS * (PORT_W + STEP)  # data, above them strobes
SLVERR = 2


def content(port: int, address: int) -> int:
    """Return the word that a port's memory holds from the start."""
    return random.Random(address * PORTS + port).getrandbits(PORT_W)


@dataclass
class Traffic:
    """Reads (offset, beats, ports), writes (offset, beats), and the wide beats to write with their strobes."""

    base: list[int]
    reads: list[tuple[int, int, int]]
    writes: list[tuple[int, int]]
    data: list[int] = field(default_factory=list)

    def read_beats(self) -> list[int]:
        """Return the wide beats that the reads yield."""
        places = [(offset + i * STEP, ports) for offset, beats, ports in self.reads for i in range(beats)]
        return [
            sum(content(p, base + at) << p * PORT_W for p, base in enumerate(self.base) if p < ports or not PARTIAL)
            for at, ports in places
        ]

    def port_reads(self, port: int) -> int:
        """Return the beats that a port reads."""
        return sum(beats for _, beats, ports in self.reads if port < ports or not PARTIAL)

    def memory(self, port: int) -> dict[int, tuple[int, int]]:
        """Return what the writes put into a port's memory: word and strobes."""
        places = [offset + i * STEP for offset, beats in self.writes for i in range(beats)]
        words = (beat >> port * PORT_W & WORD for beat in self.data)
        strobes = (beat >> PORTS * PORT_W + port * STEP & STROBE if STROBES else STROBE for beat in self.data)
        return {self.base[port] + at: put for at, put in zip(places, zip(words, strobes, strict=True), strict=True)}

    def bursts(self, port: int, writes: int) -> int:
        """Return the bursts of a port's first writes."""
        runs = (split_bursts(self.base[port] + at, beats, STEP, BURST) for at, beats in self.writes[:writes])
        return sum(len(run) for run in runs)


def draw(rng: random.Random, count: int = 12) -> Traffic:
    """Return random commands, many beside a 4 KiB boundary, some of no beats."""

    def command(index: int) -> tuple[int, int]:
        beats = rng.choice((0, 1, 2, rng.randint(1, 20), rng.randint(1, 20), rng.randint(1, 2 * BURST)))
        return (index << 16) + rng.choice((0, 4096 - STEP * rng.randint(1, 8), STEP * rng.randint(0, 40))), beats

    base = [rng.getrandbits(24) << 32 | rng.getrandbits(6) * STEP for _ in range(PORTS)]
    reads = [(*command(i), PORTS if i == 0 else rng.randint(1, PORTS)) for i in range(count)]  # no address stays X
    traffic = Traffic(base, reads, [command(i + count) for i in range(count)])
    traffic.data = noise(rng, BEAT_W, sum(beats for _, beats in traffic.writes))
    return traffic


class Table:
    """Bench, streams and the ports' memories."""

    def __init__(self, dut, name: str, user: Stall = always, memory: Stall = always) -> None:
        self.dut, self.rng = dut, random.Random(f"{cocotb.RANDOM_SEED}/{name}")
        pins = ((dut.rd_cmd_offset, 64), (dut.rd_cmd_beats, 32), (dut.rd_cmd_ports, 6))
        self.rd = Source(self._wide("rd_cmd", *pins), self.rng, user)
        self.wr = Source(self._wide("wr_cmd", (dut.wr_cmd_offset, 64), (dut.wr_cmd_beats, 32)), self.rng, user)
        self.s = Source(self._wide("s", (dut.s_data, PORTS * PORT_W), (dut.s_strb, PORTS * STEP)), self.rng, user)
        self.m = Sink(self._wide("m", (dut.m_data, PORTS * PORT_W)), self.rng, user)
        self.ar = Sink(self._axi("ar", addr=64, len=8), self.rng, memory)
        self.aw = Sink(self._axi("aw", addr=64, len=8), self.rng, memory)
        self.w = Sink(self._axi("w", data=PORT_W, strb=PORT_W // 8, last=1), self.rng, memory)
        self.r = Source(self._axi("r", data=PORT_W, resp=2, last=1), self.rng, memory)
        self.b = Source(self._axi("b", resp=2), self.rng, memory)
        sources, sinks = [self.rd, self.wr, self.s, self.r, self.b], [self.m, self.ar, self.aw, self.w]
        self.bench = Bench(dut.clk, dut.rst, sources, sinks, self.watch)
        self.traffic: Traffic | None = None
        self.bad_read: int | None = None  # ports whose next burst is answered with an error
        self.bad_write: int | None = None
        dut.clear.value = 0

    def _wide(self, role: str, *data) -> Port:
        return Port(getattr(self.dut, f"{role}_valid"), getattr(self.dut, f"{role}_ready"), data)

    def _axi(self, channel: str, **fields: int) -> Port:
        wires = [(getattr(self.dut, f"m_axi_{channel}{name}"), width) for name, width in fields.items()]
        valid, ready = (getattr(self.dut, f"m_axi_{channel}{name}") for name in ("valid", "ready"))
        return Port(valid, ready, wires, lanes=PORTS)

    def begin(self, traffic: Traffic) -> None:
        """Offer all commands and data."""
        for port in (*self.bench.sources, *self.bench.sinks):
            port.clear()
        self.read, self.begun, self.stored, self.written = ([0] * PORTS for _ in range(4))
        self.answers, self.beats = 0, [[0] * PORTS, [0] * PORTS]
        self.memory: list[dict[int, tuple[int, int]]] = [{} for _ in range(PORTS)]
        self.dut.base.value = sum(base << 64 * p for p, base in enumerate(traffic.base))
        self.rd.queues[0].extend(offset | beats << 64 | ports << 96 for offset, beats, ports in traffic.reads)
        self.wr.queues[0].extend(offset | beats << 64 for offset, beats in traffic.writes)
        self.s.queues[0].extend(traffic.data)
        self.traffic = traffic

    def watch(self, cycle: int) -> None:
        """Serve the ports, count beats and answers, check when an answer may come."""
        if self.traffic is None:
            return
        for p in range(PORTS):
            self.serve_reads(p)
            self.serve_writes(p)
            for direction, wire in enumerate((self.dut.rd_beat, self.dut.wr_beat)):
                self.beats[direction][p] += int(wire.value) >> p & 1
        if int(self.dut.written.value):
            self.answers += 1
            for p in range(PORTS):
                assert len(self.b.taken[p]) >= self.traffic.bursts(p, self.answers), f"port {p} has not answered"

    def serve_reads(self, p: int) -> None:
        for _, word in self.ar.taken[p][self.read[p] :]:
            self.read[p] += 1
            address, last = word & (1 << 64) - 1, word >> 64
            response = SLVERR if self.bad_read == p else 0
            self.bad_read = None if self.bad_read == p else self.bad_read
            for i in range(last + 1):
                beat = content(p, address + i * STEP) | response << PORT_W | (i == last) << PORT_W + 2
                self.r.queues[p].append(beat)

    def serve_writes(self, p: int) -> None:
        while self.begun[p] < len(self.aw.taken[p]):
            word = self.aw.taken[p][self.begun[p]][1]
            address, beats = word & (1 << 64) - 1, (word >> 64) + 1
            data = [beat for _, beat in self.w.taken[p][self.stored[p] : self.stored[p] + beats]]
            if len(data) < beats:
                return
            for i, beat in enumerate(data):
                assert beat >> PORT_W + STEP == (i == beats - 1), "wlast is wrong"
                self.memory[p][address + i * STEP] = (beat & WORD, beat >> PORT_W & STROBE)
            self.begun[p], self.stored[p] = self.begun[p] + 1, self.stored[p] + beats
            self.b.queues[p].append(SLVERR if self.bad_write == p else 0)
            self.bad_write = None if self.bad_write == p else self.bad_write

    async def drain(self) -> None:
        """Run until everything was read and answered, and compare."""
        traffic = self.traffic
        expected = traffic.read_beats()
        limit = 60 * (len(expected) + len(traffic.data)) + 3000
        await self.bench.run(lambda: self.done(len(expected)), limit)
        await self.bench.step(30)
        assert self.m.beats() == expected, first_difference(self.m.beats(), expected)
        assert self.memory == [traffic.memory(p) for p in range(PORTS)]
        assert self.answers == len(traffic.writes)
        assert self.beats == [[traffic.port_reads(p) for p in range(PORTS)], [len(traffic.data)] * PORTS]

    def done(self, beats: int) -> bool:
        idle = all(source.idle for source in self.bench.sources)
        return idle and len(self.m.taken[0]) >= beats and self.answers >= len(self.traffic.writes)


@cocotb.test()
@cocotb.parametrize(user=[always, stalls], memory=[always, stalls])
async def both_ways(dut, user, memory):
    """Reads yield the ports' words side by side, writes put them there, each written once when all have answered."""
    table = Table(dut, f"both/{user.__name__}/{memory.__name__}", user, memory)
    await table.bench.start()
    for _ in range(2):
        table.begin(draw(table.rng))
        await table.drain()
    assert int(dut.rd_err.value) == int(dut.wr_err.value) == 0


@cocotb.test()
async def directions_do_not_wait(dut):
    """Writes end while no read is taken, and reads while no write is answered."""
    table = Table(dut, "directions")
    await table.bench.start()
    table.begin(draw(table.rng))
    table.m.set_stall(never)
    await table.bench.run(lambda: table.answers == len(table.traffic.writes), 5000)
    table.m.set_stall(always)
    await table.drain()
    table.begin(draw(table.rng))
    table.w.set_stall(never)
    await table.bench.run(lambda: len(table.m.taken[0]) == len(table.traffic.read_beats()), 5000)
    table.w.set_stall(always)
    await table.drain()


@cocotb.test()
async def rate(dut):
    """A wide beat a cycle each way, over commands, on however many ports."""
    table = Table(dut, "rate")
    await table.bench.start()
    runs = [(i << 16, 40, PORTS - i % PORTS) for i in range(4)]
    table.begin(
        Traffic(
            [p << 32 for p in range(PORTS)],
            runs,
            [(at | 1 << 24, n) for at, n, _ in runs],
            noise(table.rng, BEAT_W, 160),
        )
    )
    await table.drain()
    cycles = [cycle for cycle, _ in table.m.taken[0]]
    assert cycles[-1] - cycles[0] == 159, f"160 beats read in {cycles[-1] - cycles[0] + 1} cycles"
    for p in range(PORTS):
        cycles = [cycle for cycle, _ in table.w.taken[p]]
        assert cycles[-1] - cycles[0] == 159, f"160 beats written in {cycles[-1] - cycles[0] + 1} cycles"


@cocotb.test()
async def short_reads_wait(dut):
    """More reads of a beat or none than the unit holds, on any ports, while none is taken: each comes, on its ports."""
    table = Table(dut, "short", always, stalls)
    await table.bench.start()
    reads = [(i << 12, table.rng.choice((0, 1, 1)), table.rng.randint(1, PORTS)) for i in range(200)]
    reads[0] = (0, 1, PORTS)
    table.begin(Traffic([p << 32 for p in range(PORTS)], reads, [], []))
    table.m.set_stall(never)
    await table.bench.step(400)
    assert not table.rd.idle, "all commands were taken"
    table.m.set_stall(always)
    await table.drain()


@cocotb.test()
async def long_commands_begin(dut):
    """A command of each power of two of beats offers its first bursts on all ports, anywhere in memory."""
    table = Table(dut, "long")
    await table.bench.start()
    for k in range(32):
        offset, base = table.rng.getrandbits(52) << 12, [table.rng.getrandbits(52) << 12 for _ in range(PORTS)]
        dut.base.value = sum(each << 64 * p for p, each in enumerate(base))
        table.rd.queues[0].append(offset | 1 << 64 + k | PORTS << 96)
        table.wr.queues[0].append(offset | 1 << 64 + k)
        await table.bench.step(14)
        for p in range(PORTS):
            golden = beginning(((base[p] + offset) % (1 << 64), 1 << k), STEP, BURST)
            for channel in (table.ar, table.aw):
                found = [(word & (1 << 64) - 1, (word >> 64) + 1) for _, word in channel.taken[p][:2]]
                assert found == golden, f"port {p}, 2^{k} beats"
        await table.bench.reset(2)


@cocotb.test()
async def errors(dut):
    """An error answer shows at its port until clear; the transfer completes all the same."""
    table = Table(dut, "errors", stalls, stalls)
    await table.bench.start()
    for port in range(PORTS):
        table.begin(draw(table.rng, 4))
        table.traffic.reads.append((0, 1, PORTS))
        table.traffic.writes.append((4 << 20, 1))
        table.traffic.data.append(1)
        table.begin(table.traffic)
        table.bad_read, table.bad_write = port, PORTS - 1 - port
        await table.drain()
        assert int(dut.rd_err.value) == 1 << port
        assert int(dut.wr_err.value) == 1 << PORTS - 1 - port
        dut.clear.value = 1
        await table.bench.step()
        dut.clear.value = 0
        await table.bench.step()
        assert int(dut.rd_err.value) == int(dut.wr_err.value) == 0


@cocotb.test()
async def reset_in_traffic(dut):
    """S6: reset empties, memories included; full traffic afterwards is right."""
    table = Table(dut, "reset", stalls, stalls)
    await table.bench.start()
    for _ in range(3):
        table.begin(draw(table.rng))
        await table.bench.step(table.rng.randint(1, 200))
        table.traffic = None
        await table.bench.reset(table.rng.randint(1, 3))
        for valid in (dut.m_valid, dut.m_axi_arvalid, dut.m_axi_awvalid, dut.m_axi_wvalid, dut.written):
            assert int(valid.value) == 0, f"{valid._name} after reset"
        table.begin(draw(table.rng, 5))
        await table.drain()

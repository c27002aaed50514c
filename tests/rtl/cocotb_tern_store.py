# SPDX-License-Identifier: Apache-2.0
"""tern_store: random runs into a memory of bytes, each of them listed here; no answer is told in front of its time."""

import random
from dataclasses import dataclass, field
from typing import ClassVar

import cocotb

from harness.uvm.stream_pins import always, first_difference, noise, stalls
from tests.rtl import store_bench
from tests.rtl.cocotb_m2_store import packed
from tests.rtl.current_dut import current
from tests.rtl.regions import REGION, region_offset

DUT = current()
WIDE_W, STEP = (int(DUT.params[name]) for name in ("WIDE_W", "PORT_BYTES")) if DUT.name else (512, 32)
WIDE = WIDE_W // 8
WORD = 32
LAST = 1 << 337


@dataclass
class Run(store_bench.Run):
    """A run; `memory`: what is written, byte by byte, at (offset of the wide beat, byte in it)."""

    answers: dict[str, int] = field(default_factory=lambda: dict.fromkeys(("cache_written", "record_written"), 0))
    memory: dict[tuple[int, int], int] = field(default_factory=dict)

    def put(self, offset: int, first: int, beat: int, size: int) -> None:
        self.memory |= {(offset, first + i): beat >> 8 * i & 0xFF for i in range(size)}


def cache_writes(run: Run, base: int, rng: random.Random, jobs: int, most: int) -> list[int]:
    """Return writes of some jobs: places and exponents, none of them twice, many in the same beat."""
    beats = [base + i * STEP for i in range(2 + jobs * most // 4)]
    places = [(at, False, lane) for at in beats[::2] for lane in range(WIDE // WORD)]
    places += [(at, True, lane) for at in beats[1::2] for lane in rng.sample(range(WIDE), 8)]
    rng.shuffle(places)
    found = []
    for _ in range(jobs):
        size = rng.randint(1, most)
        for i, (at, exponent, lane) in enumerate(places[:size]):
            (word,) = noise(rng, 256, 1)
            run.put(at, lane if exponent else lane * WORD, word, 1 if exponent else WORD)
            found.append(word | at << 256 | lane << 320 | exponent << 336 | (LAST if i == size - 1 else 0))
        del places[:size]
    return found


def draw(rng: random.Random) -> Run:
    """Return a run with records, jobs that write to the cache, and taps."""
    base = [region_offset(rng, region, STEP) for region in range(3)]
    run = Run({"c_out_off": base[0], "c_tap_off": base[2]}, {"o": noise(rng, 512, rng.randint(0, 20))})
    jobs = rng.randint(0, 5)
    run.data["kv"] = cache_writes(run, base[1], rng, jobs, rng.choice((1, 12, 40)))
    run.data["t"] = noise(rng, 256, rng.randint(0, 80))
    for at, beats in ((base[0], run.data["o"]), (base[2], packed(run.data["t"]))):
        for i, beat in enumerate(beats):
            run.put(at + i * STEP, 0, beat, WIDE)
    run.answers = {"cache_written": jobs, "record_written": len(run.data["o"])}
    return run


class Table(store_bench.Store):
    """Bench of tern_store."""

    widths: ClassVar = {"o": 512, "kv": 338, "t": 256}
    fields: ClassVar = {"d_data": WIDE_W, "d_strb": WIDE}
    regions: ClassVar = ((("o",), 1), (("kv",), 1), (("t",), WIDE_W // 256))
    pulses: ClassVar = ("cache_written", "record_written")

    def watch(self, cycle: int) -> None:
        """Hold cache_written against the answers of the cycles before."""
        answered = self.answered if self.run else 0
        super().watch(cycle)
        if self.run and int(self.dut.cache_written.value):
            ends = [i + 1 for i, beat in enumerate(self.run.data["kv"]) if beat & LAST]
            cache = sum(offset >> REGION & 7 == 1 for offset, _ in self.orders()[:answered])
            assert cache >= ends[self.answers["cache_written"] - 1], "cache_written in front of an answer"

    async def end(self) -> None:
        """Run until everything has been answered, and compare the memory."""
        run, found = self.run, {}
        for offset, beat in await self.drain(STEP):
            for i in range(WIDE):
                if beat >> WIDE_W + i & 1:
                    assert (offset, i) not in found, "a byte written twice"
                    found[offset, i] = beat >> 8 * i & 0xFF
        assert found == run.memory


@cocotb.test()
@cocotb.parametrize(source=[always, stalls], memory=[always, stalls])
async def runs(dut, source, memory):
    """Every byte ends up in its place, once; answers are counted; data are inside before their write is ordered."""
    table = Table(dut, f"runs/{source.__name__}/{memory.__name__}", source, memory)
    await table.bench.start()
    for _ in range(5):
        await table.begin(draw(table.rng))
        await table.end()


@cocotb.test()
async def order(dut):
    """Writes of one kind leave in the order in which they came."""
    table = Table(dut, "order", stalls, stalls)
    await table.bench.start()
    run = draw(table.rng)
    run.data["kv"] = cache_writes(run, 1 << REGION, table.rng, 3, 30)
    run.answers["cache_written"] = 3
    await table.begin(run)
    await table.bench.run(lambda: table.sent() and int(dut.idle.value) == 1, 20_000)
    sent = [beat >> 256 & (1 << 64) - 1 for beat in run.data["kv"]]
    found = [offset for offset, _ in table.orders() if offset >> REGION & 7 == 1]
    assert found[-len(sent) :] == sent, first_difference(found, sent)


@cocotb.test()
async def rates(dut):
    """With an ideal memory a write of the cache leaves in every second cycle, and taps without a pause in a write."""
    table = Table(dut, "rates")
    await table.bench.start()
    run = draw(table.rng)
    run.data = {"o": [], "kv": [], "t": noise(table.rng, 256, 16 * WIDE_W // 256)}
    await table.begin(run)
    await table.bench.run(lambda: len(table.d.taken[0]) == 16, 3000)
    cycles = [cycle for cycle, _ in table.d.taken[0]]
    assert cycles[7] - cycles[0] == cycles[15] - cycles[8] == 7, f"a pause in a write of taps: {cycles}"
    table.run, dut.written.value = None, 0
    await table.bench.reset()
    run.data |= {"t": [], "kv": [(1 << REGION | i * STEP) << 256 for i in range(40)]}
    await table.begin(run)
    await table.bench.run(lambda: len(table.d.taken[0]) == 40, 3000)
    cycles = [cycle for cycle, _ in table.d.taken[0]]
    assert cycles[-1] - cycles[0] == 2 * 39, f"{cycles[-1] - cycles[0]} cycles for 40 writes"


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

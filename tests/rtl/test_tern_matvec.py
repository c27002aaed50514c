# SPDX-License-Identifier: Apache-2.0
"""tern_matvec: whole runs on the simulation memory against the golden product."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from golden.spec.configs import TernConfig, load_config
from golden.spec.gen.tern_matvec import KERNEL_ID, MAGIC, MAX_ROW_TILES, Offset
from golden.ternary.matvec import matvec
from golden.ternary.packing import ZERO_BYTE, Tiling, pack_weights, tiling, unpack_weights, unpack_y
from harness.build import build
from harness.sim.mem import FREE, Channel, Response, burst_stall, random_stall
from harness.sim.model import kernel_build
from harness.sim.runner import derive_seed, simulate
from harness.sim.timing import IDEAL, MemoryTiming
from tests.rtl.tern_bench import Outcome, TernBench, geometry, library, parameters, tern_sources

# Two ports, three vectors, two result vectors a beat; and two slots a beat, row blocks of two tiles.
PORTS2 = geometry(ports=2, t_cols=3)
SLOTS2 = geometry(port_bits=512, outs=16, t_cols=1, acc_depth=2)
ROW_TILES, COL_BLOCKS, VECTORS, OFFSET, READ, WRITE, WEIGHT = range(1, 8)


@pytest.fixture(scope="module", params=[PORTS2, SLOTS2], ids=["ports2", "slots2"])
def bench(request: pytest.FixtureRequest) -> Iterator[TernBench]:
    made = TernBench(request.param, library(request.param))
    yield made
    made.model.close()


@pytest.fixture(autouse=True)
def _fresh_memory(request: pytest.FixtureRequest) -> None:
    """Every test starts with a memory that neither stalls nor fails."""
    if "bench" in request.fixturenames:
        memory = request.getfixturevalue("bench").memory
        memory.set_stall(FREE)
        memory.set_timing(IDEAL)
        memory.clear_injections()


def draw(cfg: TernConfig, rng: random.Random, rows: int = 0, cols: int = 0, vectors: int = 0) -> tuple[Tensor, Tensor]:
    """Return W and X of given or random size; one X in three has only extreme values."""
    vectors = vectors or rng.randint(1, cfg.t_cols)
    rows = rows or rng.randint(1, 3 * cfg.acc_depth * cfg.outs)
    cols = cols or rng.randint(1, cfg.x_slots // vectors * cfg.block)
    generator = torch.Generator().manual_seed(rng.getrandbits(32))
    w = torch.randint(-1, 2, (rows, cols), dtype=torch.int8, generator=generator)
    x = torch.randint(-128, 128, (cols, vectors), dtype=torch.int8, generator=generator)
    if rng.random() < 1 / 3:
        x = torch.tensor([-128, 127, -1, 0, 1], dtype=torch.int8)[x.long() % 5]
    return w, x


def expect(bench: TernBench, w: Tensor, x: Tensor, got: tuple[Tensor, Outcome], code: int = 0) -> None:
    """Compare a run with the golden product, and its counters with what the formats imply."""
    y, outcome = got
    golden = matvec(w, x)
    wrong = (y != golden).nonzero()
    assert not len(wrong), (
        f"W {tuple(w.shape)} X {tuple(x.shape)}: Y{wrong[0].tolist()} is {y[tuple(wrong[0])]}, "
        f"golden {golden[tuple(wrong[0])]}; {len(wrong)} differ"
    )
    size = tiling(w.shape[0], w.shape[1], x.shape[1], bench.cfg)
    count = outcome.counters
    assert outcome.code == code
    assert outcome.read_beats == (size.x_beats + size.w_beats,) * bench.cfg.ports
    assert outcome.write_beats == (size.y_beats,) * bench.cfg.ports
    assert count["WEIGHT_BEATS"] == size.w_beats
    assert count["WINDOW"] == size.w_beats + sum(value for name, value in count.items() if name.startswith("STALL"))
    assert count["CYCLES"] > count["WINDOW"]


def shapes(cfg: TernConfig) -> list[tuple[int, int, int]]:
    """Return corner shapes: one element, exact blocks and one beyond, one and two tiles, full buffers."""
    outs, block, depth = cfg.outs, cfg.block, cfg.acc_depth
    most = cfg.x_slots // cfg.t_cols * block
    return [
        (1, 1, 1),
        (outs, block, 1),
        (outs + 1, block + 1, cfg.t_cols),
        (1, most, cfg.t_cols),
        (2 * outs, most, 1),
        (depth * outs, 3 * block, cfg.t_cols),
        (depth * outs + 1, 3 * block - 1, cfg.t_cols),
        (3 * depth * outs + 5, cfg.x_slots * block, 1),
        (40 * depth * outs, block, cfg.t_cols),
    ]


def test_corner_shapes(bench: TernBench) -> None:
    """Law: Y = W X for one element, whole and broken tiles and blocks, several row blocks, every number of vectors."""
    rng = random.Random(derive_seed("tern/corners"))
    for rows, cols, vectors in shapes(bench.cfg):
        w, x = draw(bench.cfg, rng, rows, cols, vectors)
        expect(bench, w, x, bench.product(w, x, gap=rng.randint(0, 3)))


def test_largest_sums(bench: TernBench) -> None:
    """Law: the sums of largest magnitude are exact: all weights 1 or -1, all activations -128 or 127."""
    cols = bench.cfg.x_slots * bench.cfg.block
    for sign in (1, -1):
        for value in (-128, 127):
            w = torch.full((bench.cfg.outs, cols), sign, dtype=torch.int8)
            x = torch.full((cols, 1), value, dtype=torch.int8)
            expect(bench, w, x, bench.product(w, x))


@pytest.mark.parametrize("seed", range(4))
def test_random_runs_with_stalls(bench: TernBench, seed: int) -> None:
    """Law: no pattern of stalls on any AXI channel changes a result."""
    rng = random.Random(derive_seed(f"tern/stalls/{seed}"))
    for _ in range(12):
        bench.memory.set_stall(FREE)
        bench.memory.set_timing(MemoryTiming(latency=rng.choice((1, 2, 17, 60))))
        bench.memory.seed(rng.getrandbits(32))
        for channel in Channel:
            kind = rng.choice((FREE, random_stall(rng.choice((0.1, 0.5, 0.9))), burst_stall(rng.randint(1, 90), 40)))
            bench.memory.set_stall(kind, channel=channel, port=rng.randrange(-1, bench.cfg.ports))
        w, x = draw(bench.cfg, rng)
        expect(bench, w, x, bench.product(w, x, gap=rng.randint(0, 70)))


def bad_arguments(cfg: TernConfig) -> list[tuple[int, dict[int, int]]]:
    """Return registers that spoil a legal start, with the error each must give."""
    half = cfg.port_bytes // 2
    return [
        (ROW_TILES, {Offset.ROW_TILES: 0}),
        (ROW_TILES, {Offset.ROW_TILES: MAX_ROW_TILES + 1}),
        (ROW_TILES, {Offset.ROW_TILES: 1 << 31, Offset.COL_BLOCKS: 0, Offset.VECTORS: 0, Offset.X_OFF: 1}),
        (COL_BLOCKS, {Offset.COL_BLOCKS: 0, Offset.VECTORS: 0}),
        (COL_BLOCKS, {Offset.COL_BLOCKS: cfg.x_slots + 1}),
        (COL_BLOCKS, {Offset.COL_BLOCKS: 1 << 31 | 1}),
        (COL_BLOCKS, {Offset.COL_BLOCKS: cfg.x_slots // cfg.t_cols + 1, Offset.VECTORS: cfg.t_cols}),
        (VECTORS, {Offset.VECTORS: 0, Offset.W_OFF: 1}),
        (VECTORS, {Offset.VECTORS: cfg.t_cols + 1}),
        (VECTORS, {Offset.VECTORS: 1 << 31 | 1}),
        (OFFSET, {Offset.X_OFF: half}),
        (OFFSET, {Offset.W_OFF: 1}),
        (OFFSET, {Offset.Y_OFF: half}),
        (OFFSET, {Offset.PORT_BASE + 8 * (cfg.ports - 1): TernBench.base(cfg.ports - 1) + half & 0xFFFFFFFF}),
    ]


def test_illegal_arguments(bench: TernBench) -> None:
    """Law: each illegal argument ends in its error code and ap_done within 10 cycles, without memory traffic; of
    several the first in the order of codes counts; the next legal run is clean."""
    cfg = bench.cfg
    legal = Tiling(row_tiles=1, col_blocks=1, vectors=1, x_beats=1, w_beats=1, y_beats=1)
    for code, registers in bad_arguments(cfg):
        bench.arguments(legal, (0, 64 * 8, 64 * 16))
        for offset, value in registers.items():
            bench.model.write(offset, value)
        before = bench.memory.totals()
        bench.go(limit=20)
        outcome = bench.outcome()
        assert (outcome.code, outcome.port) == (code, 0), registers
        assert outcome.counters["CYCLES"] <= 10
        assert outcome.counters["WEIGHT_BEATS"] == outcome.counters["WINDOW"] == 0
        assert bench.memory.totals() == replace(before, deliverable=bench.memory.totals().deliverable)
        bench.set_bases()
    w, x = draw(cfg, random.Random(derive_seed("tern/legal")))
    expect(bench, w, x, bench.product(w, x))


@pytest.mark.parametrize("response", Response)
@pytest.mark.parametrize("nth", [1, 3])
def test_error_responses(bench: TernBench, response: Response, nth: int) -> None:
    """Law: an error answer on any port is reported with its port, the run still ends, and the next one is clean."""
    rng = random.Random(derive_seed(f"tern/errors/{response}/{nth}"))
    w, x = draw(bench.cfg, rng, rows=8 * bench.cfg.outs, cols=3 * bench.cfg.block, vectors=1)
    for write, code in ((False, READ), (True, WRITE)):
        for port in range(bench.cfg.ports):
            bench.memory.clear_counters()
            bench.memory.inject(write, response, nth=nth, port=port)
            _, outcome = bench.product(w, x)
            bench.memory.clear_injections()
            assert (outcome.code, outcome.port) == (code, port)
            expect(bench, w, x, bench.product(w, x))


def test_illegal_weight_bytes(bench: TernBench) -> None:
    """Law: a byte above 242 counts as five zeros and is reported with the port it came through."""
    cfg = bench.cfg
    rng = random.Random(derive_seed("tern/bytes"))
    for byte in range(243, 256):
        w, x = draw(cfg, rng, rows=5 * cfg.outs, cols=3 * cfg.block, vectors=1)
        packed = pack_weights(w, cfg)
        beat, place = rng.randrange(packed.shape[0]), rng.randrange(cfg.wide_bytes)
        packed[beat, place] = ZERO_BYTE
        zeroed = unpack_weights(packed, *w.shape, cfg)
        packed[beat, place] = byte
        y, outcome = run_packed(bench, packed, x, zeroed.shape[0])
        assert torch.equal(y, matvec(zeroed, x))
        assert (outcome.code, outcome.port) == (WEIGHT, place // cfg.port_bytes)


def run_packed(bench: TernBench, packed: Tensor, x: Tensor, rows: int) -> tuple[Tensor, Outcome]:
    """Run with weight bytes as given; the bench's own packing is overwritten."""
    cfg = bench.cfg
    size = tiling(rows, x.shape[0], x.shape[1], cfg)
    bench.product(torch.zeros(rows, x.shape[0], dtype=torch.int8), x)
    bench.store(size.x_beats * cfg.port_bytes, packed)
    bench.go()
    y = bench.load((size.x_beats + size.w_beats) * cfg.port_bytes, size.y_beats)
    return unpack_y(y, rows, x.shape[1], cfg), bench.outcome()


def test_starts_in_a_row(bench: TernBench) -> None:
    """Law: a start during a run waits for its end, and arguments written during a run belong to the next one."""
    rng = random.Random(derive_seed("tern/row"))
    cfg = bench.cfg
    w, x = draw(cfg, rng, rows=6 * cfg.outs, cols=4 * cfg.block, vectors=1)
    bench.memory.set_timing(MemoryTiming(latency=200))
    bench.product(w, x)
    size = tiling(*w.shape, 1, cfg)
    y_off = (size.x_beats + size.w_beats) * cfg.port_bytes
    second = y_off + size.y_beats * cfg.port_bytes
    bench.store(y_off, torch.zeros(2 * size.y_beats, cfg.wide_bytes, dtype=torch.uint8))
    bench.model.write(Offset.CTRL, 1)
    bench.write64(Offset.Y_OFF, second)
    bench.model.write(Offset.CTRL, 1)
    assert bench.model.read(Offset.CTRL) & 5 == 1, "the second start does not wait"
    for off in (y_off, second):
        bench.model.run(100_000)
        assert bench.model.interrupt
        bench.model.write(Offset.ISR, 1)
        assert torch.equal(unpack_y(bench.load(off, size.y_beats), w.shape[0], 1, cfg), matvec(w, x))


def test_reset_in_flight(bench: TernBench) -> None:
    """Law: a reset at any point of a run leaves a kernel that computes the next run correctly."""
    rng = random.Random(derive_seed("tern/reset"))
    w, x = draw(bench.cfg, rng, rows=3 * bench.cfg.acc_depth * bench.cfg.outs, cols=4 * bench.cfg.block)
    for cycles in (3, 8, 12, 16, 20, 24, 30, 45, 60, 75):
        bench.product(w, x)
        bench.model.write(Offset.CTRL, 1)
        bench.model.run(cycles, stop_on_interrupt=False)
        bench.model.reset()
        assert bench.model.read(Offset.CTRL) == 4
        assert bench.model.read(Offset.ERROR) == 0
        bench.set_bases()
        expect(bench, w, x, bench.product(w, x))


def test_stalls_are_told_apart(bench: TernBench) -> None:
    """Law: slow reads show as STALL_WEIGHTS, slow writes as STALL_OUTPUT, short row blocks as STALL_HAZARD."""
    cfg = bench.cfg
    rng = random.Random(derive_seed("tern/causes"))

    def causes(rows: int, cols: int, vectors: int, prepare: Callable[[], None] = lambda: None) -> set[str]:
        w, x = draw(cfg, rng, rows, cols, vectors)
        prepare()
        got = bench.product(w, x)
        bench.memory.set_stall(FREE)
        expect(bench, w, x, got)
        return {name for name, value in got[1].counters.items() if name.startswith("STALL") and value}

    tall, tiles = 60 * cfg.acc_depth * cfg.outs, 2 * cfg.outs
    assert causes(cfg.outs, 4 * cfg.block, 1) >= {"STALL_HAZARD"}
    slow_reads = lambda: bench.memory.set_stall(burst_stall(3, 1), channel=Channel.R)  # noqa: E731
    assert causes(tall, cfg.block, 1, slow_reads) >= {"STALL_WEIGHTS"}
    slow_writes = lambda: bench.memory.set_stall(burst_stall(200, 4), channel=Channel.W)  # noqa: E731
    assert causes(tall, cfg.block, 1, slow_writes) == {"STALL_OUTPUT"}
    if cfg.t_cols > 1:
        assert causes(tiles, 4 * cfg.block, cfg.t_cols) >= {"STALL_TABLES"}


def test_identity_and_unused_registers(bench: TernBench) -> None:
    """Law: the identity block tells the parameters; absent ports read 0 even after a write; reserved words read 0."""
    model, cfg = bench.model, bench.cfg
    assert model.read(Offset.MAGIC) == MAGIC
    assert model.read(Offset.KERNEL_ID) == KERNEL_ID
    assert model.read(Offset.BUILD_ID) == 7
    assert bench.read64(Offset.CONFIG_HASH) == 0x0123456789ABCDEF
    log2 = {1: 0, 2: 1, 8: 3, 16: 4, 32: 5, 64: 6}
    assert (
        model.read(Offset.GEOMETRY) == cfg.ports | log2[cfg.port_bytes] << 8 | log2[cfg.outs] << 16 | cfg.t_cols << 24
    )
    absent = Offset.PORT_BASE + 8 * cfg.ports
    model.write(absent, 0xFFFFFFFF)
    assert model.read(absent) == model.read(Offset.RD_BEATS + 8 * cfg.ports) == model.read(0x01C) == 0


def test_free_counter_measures_cycles(bench: TernBench) -> None:
    """Law: the difference of two readings is the number of cycles between them; it runs in and between runs."""
    start, cycles = bench.read64(Offset.FREE_COUNTER), bench.model.cycles
    bench.model.run(1000, stop_on_interrupt=False)
    assert bench.read64(Offset.FREE_COUNTER) - start == bench.model.cycles - cycles


def test_full_size_product_keeps_the_port_busy() -> None:
    """Law: 1536 x 4096 on one 512-bit port of ideal memory uses a weight beat in at least 97 % of all cycles, and with
    60 cycles of latency the cost of a start beside its weights stays within 250 cycles."""
    cfg = load_config("tern_matvec", "sim512")
    bench = TernBench(cfg, build(kernel_build("tern_matvec", "sim512")), arena_bytes=1 << 21)
    w, x = draw(cfg, random.Random(derive_seed("tern/full")), 1536, 4096, 1)
    for timing in (IDEAL, MemoryTiming(latency=60)):
        bench.memory.set_timing(timing)
        got = bench.product(w, x)
        expect(bench, w, x, got)
        count = got[1].counters
        assert count["WINDOW"] == count["WEIGHT_BEATS"], count
        assert count["CYCLES"] - count["WINDOW"] <= 250, count
        assert timing != IDEAL or count["WEIGHT_BEATS"] >= 0.97 * count["CYCLES"], count


@pytest.mark.parametrize("sim", ["verilator", pytest.param("icarus", marks=pytest.mark.icarus)])
def test_in_a_cocotb_simulator(sim: str) -> None:
    """Law: the same on the core's bare ports, of a beat with two groups for each row; four-state simulation shows that
    no X leaves reset.
    """
    cfg = geometry(ports=2, t_cols=3)
    simulate("tern_matvec", tern_sources(), parameters(cfg), "tests.rtl.cocotb_tern_matvec", sim=sim, timeout_s=600)  # type: ignore[arg-type]

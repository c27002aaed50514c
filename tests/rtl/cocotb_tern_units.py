# SPDX-License-Identifier: Apache-2.0
"""Laws of the kernel's leaf units; `tests/rtl/test_<unit>.py` picks the one with its name."""

import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cocotb
import torch
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge, RisingEdge
from torch import Tensor

from golden.ternary.arguments import argument_error
from golden.ternary.matvec import decode, lut_product, tables


def pack(values: Sequence[int], width: int) -> int:
    """Return signed or unsigned values side by side, the first lowest."""
    return sum((value & (1 << width) - 1) << i * width for i, value in enumerate(values))


def unpack(vector: int, width: int, count: int) -> list[int]:
    """Return signed values that lie side by side."""
    fields = [vector >> i * width & (1 << width) - 1 for i in range(count)]
    return [value - (value >> width - 1 << width) for value in fields]


async def clock(dut: Any, **inputs: int) -> None:
    """Start the clock with the given inputs, a reset where there is one."""
    logging.getLogger(f"cocotb.{dut._name}").setLevel(logging.ERROR)
    for name, value in inputs.items():
        getattr(dut, name).value = value
    cocotb.start_soon(Clock(dut.clk, 10, unit="ns").start())
    if hasattr(dut, "rst"):
        dut.rst.value = 1
        await ClockCycles(dut.clk, 3)
        dut.rst.value = 0
    await RisingEdge(dut.clk)


async def step(dut: Any, **inputs: int) -> None:
    """Hold the inputs over one edge."""
    for name, value in inputs.items():
        getattr(dut, name).value = value
    await RisingEdge(dut.clk)


def activations(count: int) -> list[int]:
    """Return random bytes, every other time extreme ones."""
    pick = (
        (lambda: random.choice((-128, 127, -1, 0, 1))) if random.random() < 0.5 else lambda: random.randint(-128, 127)
    )
    return [pick() for _ in range(count)]


@cocotb.test()
async def tern_decode(dut: Any) -> None:
    """Law: every one of 256 bytes, in every place, decodes to golden's signed indices; en low holds the output."""
    n = int(dut.N.value)
    await clock(dut, en=1, code=0)
    for value in range(256):
        codes = [(value + 37 * i) % 256 for i in range(n)]
        low, high, bad = decode(torch.tensor(codes).to(torch.uint8))
        expected = [
            abs(v3) | (v3 < 0) << 4 | abs(v2) << 5 | (v2 < 0) << 8 | flag << 9
            for v3, v2, flag in zip(low.tolist(), high.tolist(), bad.tolist(), strict=True)
        ]
        await step(dut, en=1, code=pack(codes, 8))
        for held in range(3):
            await step(dut, en=0, code=random.getrandbits(8 * n))
            assert int(dut.index.value) == pack(expected, 10), f"bytes {codes}, {held} cycles later"


@cocotb.test()
async def tern_table(dut: Any) -> None:
    """Law: after load, fill and swap the entries are golden's, and a shadow never shows before its swap."""
    columns = int(dut.T_COLS.value)
    await clock(dut, load=0, fill=0, swap=0, x=0)
    shown: list[int] | None = None
    for _ in range(60):
        vectors = [activations(5) for _ in range(columns)]
        for t, x in enumerate(vectors):
            await step(dut, load=1, fill=0, swap=0, x=pack(x, 8))
            await step(dut, load=0, fill=1 << t, x=random.getrandbits(40))
        await step(dut, fill=0, swap=(1 << columns) - 1)
        if shown is not None:
            assert unpack(int(dut.table3.value), 10, 13 * columns) == shown, "shadow in use before the swap"
        await step(dut, swap=0)
        await FallingEdge(dut.clk)
        table3, table2 = tables(torch.tensor(vectors, dtype=torch.int8).T.contiguous())
        shown = table3[0, 1:].T.flatten().tolist()
        assert unpack(int(dut.table3.value), 10, 13 * columns) == shown
        assert unpack(int(dut.table2.value), 9, 4 * columns) == table2[0, 1:].T.flatten().tolist()
        await RisingEdge(dut.clk)


def golden_group(w: Tensor, x: Tensor) -> list[int]:
    """W uint8 [OUTS, 4], X int8 [20, T] -> the sums in the order of the port."""
    return lut_product(w, x).T.flatten().tolist()


@cocotb.test()
async def tern_group(dut: Any) -> None:
    """Law: sums are golden's four cycles after the beat, back to back and with gaps, tables change with `swap` alone,
    a vector that is not enabled holds still, and bytes above 242 are flagged."""
    outs, columns = int(dut.OUTS.value), int(dut.T_COLS.value)
    await clock(dut, w=0, beat=0, swap=0, enable=(1 << columns) - 1, x=0, load=0, fill=0)
    expected: dict[int, tuple[list[int], int]] = {}
    cycle = 0
    x_now = torch.zeros(20, columns, dtype=torch.int8)
    for _ in range(80):
        vectors = [activations(20) for _ in range(columns)]
        for t, x in enumerate(vectors):
            await step(dut, beat=0, swap=0, load=1, fill=0, x=pack(x, 8))
            check_group(dut, expected, cycle := cycle + 1)
            await step(dut, load=0, fill=1 << t)
            check_group(dut, expected, cycle := cycle + 1)
        x_now = torch.tensor(vectors, dtype=torch.int8).T.contiguous()
        for index in range(random.randint(1, 6)):
            beat = index == 0 or random.random() < 0.8
            w = torch.randint(0, 256 if random.random() < 0.3 else 243, (outs, 4)).to(torch.uint8)
            await step(dut, fill=0, beat=int(beat), swap=int(index == 0), w=pack(w.flatten().tolist(), 8))
            check_group(dut, expected, cycle := cycle + 1)
            if beat:
                bad = pack([int((row >= 243).any()) for row in w], 1)
                expected[cycle] = golden_group(w, x_now), bad
    await idle_column(dut, outs, columns)


def check_group(dut: Any, expected: dict[int, tuple[list[int], int]], cycle: int) -> None:
    """Compare the outputs before the edge that ended `cycle` with the beats 2 and 4 cycles older."""
    outs, columns = int(dut.OUTS.value), int(dut.T_COLS.value)
    if cycle - 4 in expected:
        assert unpack(int(dut.sum.value), 13, outs * columns) == expected[cycle - 4][0], f"cycle {cycle}"
    if cycle - 2 in expected:
        assert int(dut.bad.value) == expected[cycle - 2][1], f"cycle {cycle}"


async def idle_column(dut: Any, outs: int, columns: int) -> None:
    """The last vector's sums stay while it is not enabled."""
    await step(dut, beat=0, swap=0, enable=(1 << columns - 1) - 1)
    await ClockCycles(dut.clk, 5)
    low = outs * (columns - 1) * 13
    before = int(dut.sum.value) >> low
    for _ in range(20):
        await step(dut, beat=1, w=random.getrandbits(32 * outs))
        assert int(dut.sum.value) >> low == before


@cocotb.test()
async def tern_acc(dut: Any) -> None:
    """Law: sums start at a `first` term and grow by each further one, for tiles three beats apart, in 32 bits; the last
    one stays while nothing is added.
    """
    outs, width, depth = int(dut.OUTS.value), int(dut.IN_W.value), int(dut.DEPTH.value)
    await clock(dut, rd_en=0, rd_tile=0, add=0, first=0, x=0, wr_en=0, wr_tile=0)
    begun: set[int] = set()
    history: dict[int, list[list[int]]] = {}  # sums seen of each tile
    pipe: list[tuple[int, bool, list[int]] | None] = [None, None, None]  # beat in read, add, write stage
    recent: list[int] = []
    last: list[int] = []
    for _ in range(500):
        beat = None
        if random.random() < 0.8:
            tile = random.choice([tile for tile in range(depth) if tile not in recent[-2:]])
            first = tile not in begun or random.random() < 0.2
            begun.add(tile)
            limit = 1 << width - 1
            x = [random.choice((-limit, limit - 1, random.randrange(-limit, limit))) for _ in range(outs)]
            beat = (tile, first, x)
        recent.append(beat[0] if beat else -1)
        pipe = [beat, *pipe[:2]]
        read, add, write = pipe
        await step(
            dut,
            rd_en=int(read is not None and not read[1]),
            rd_tile=read[0] if read else 0,
            add=int(add is not None),
            first=int(add[1]) if add else random.randrange(2),
            x=pack(add[2], width) if add else random.getrandbits(outs * width),
            wr_en=int(write is not None),
            wr_tile=write[0] if write else 0,
        )
        await FallingEdge(dut.clk)
        found = unpack(int(dut.acc.value), 32, outs) if add or last else []
        if add:
            history.setdefault(add[0], []).append(found)
            last = expected_sum(add, history)
        assert found == last


def expected_sum(beat: tuple[int, bool, list[int]], seen: dict[int, list[list[int]]]) -> list[int]:
    """The sum after a beat: its terms, on top of the tile's sum before it unless it is the first."""
    tile, first, x = beat
    before = [0] * len(x) if first or len(seen[tile]) < 2 else seen[tile][-2]
    return [old + new for old, new in zip(before, x, strict=True)]


@cocotb.test()
async def tern_xbuf(dut: Any) -> None:
    """Law: the slots come in order, once for each pass, none before it has arrived, and hold while not taken."""
    slots, per_beat, width = int(dut.SLOTS.value), int(dut.P.value), int(dut.DATA_W.value)
    stride = int(dut.WIDE_W.value) // per_beat
    await clock(dut, clear=0, last_slot=0, last_pass=0, s_valid=0, s_data=0, m_ready=0)
    for _ in range(25):
        count, passes = random.choice((1, per_beat, slots, random.randint(1, slots))), random.randint(1, 3)
        words = [random.getrandbits(stride) for _ in range(-(-count // per_beat) * per_beat)]
        beats = [words[i : i + per_beat] for i in range(0, len(words), per_beat)]
        await step(dut, clear=1, last_slot=count - 1, last_pass=passes - 1, s_valid=0, m_ready=0)
        dut.clear.value = 0
        expected = [word & (1 << width) - 1 for word in words[:count]] * passes
        pace = random.random()
        for _ in range(20_000):
            fill = bool(beats) and random.random() < 0.5
            dut.s_valid.value = int(fill)
            if fill:
                dut.s_data.value = pack(beats.pop(0), stride)
            dut.m_ready.value = int(random.random() <= pace + 0.05)
            await FallingEdge(dut.clk)
            if int(dut.m_valid.value) and int(dut.m_ready.value):
                assert expected, "a slot too many"
                assert int(dut.m_data.value) == expected.pop(0)
            await RisingEdge(dut.clk)
            if not expected and not beats:
                break
        assert not expected
        dut.s_valid.value = 0
        dut.m_ready.value = 1
        for _ in range(6):
            await FallingEdge(dut.clk)
            assert not int(dut.m_valid.value), "a slot too many"
            await RisingEdge(dut.clk)


@dataclass(frozen=True)
class Limits:
    """What golden's laws ask of a configuration, from a unit's parameters alone."""

    x_slots: int
    t_cols: int
    port_bytes: int


def some_count(limit: int) -> int:
    """Return a count below, at, around or far above a limit."""
    return random.choice(
        (0, 1, limit - 1, limit, limit + 1, random.randrange(1, 2 * limit + 2), 1 << 31, (1 << 32) - 1)
    )


@cocotb.test()
async def tern_args(dut: Any) -> None:
    """Law: three cycles after `start` error is golden's argument_error; of a legal run the counts are those of tiling,
    last_* one less than the count, and offsets and bases are the ones of the start, whatever the inputs do later."""
    names = ("PORTS", "PORT_BYTES", "T_COLS", "X_SLOTS", "P", "RATIO")
    ports, step_bytes, t_cols, x_slots, per_beat, ratio = (int(getattr(dut, name).value) for name in names)
    limits = Limits(x_slots, t_cols, step_bytes)
    await clock(dut, start=0, row_tiles=0, col_blocks=0, vectors=0, x_off=0, w_off=0, y_off=0, port_base=0)
    seen = set()
    for _ in range(400):
        tiles, blocks, vectors = some_count(65535), some_count(x_slots), some_count(t_cols)
        if random.random() < 0.5:
            vectors = random.randint(1, t_cols)
            tiles, blocks = random.randint(1, 65535), random.randint(1, x_slots // vectors)
        odd = random.random() < 0.2
        offsets = [random.getrandbits(40) * step_bytes + odd * random.randrange(step_bytes) for _ in range(3)]
        bases = [random.getrandbits(50) * step_bytes + (random.random() < 0.05) for _ in range(ports)]
        inputs = {"row_tiles": tiles, "col_blocks": blocks, "vectors": vectors, "port_base": pack(bases, 64)}
        inputs |= dict(zip(("x_off", "w_off", "y_off"), offsets, strict=True))
        await step(dut, start=1, **inputs)
        for _ in range(3):
            assert not int(dut.valid.value), "a verdict too early"
            await step(dut, start=0, **{name: random.getrandbits(32) for name in ("row_tiles", "col_blocks", "x_off")})
        assert int(dut.valid.value), "no verdict after three cycles"
        error = argument_error(tiles, blocks, vectors, offsets, bases, limits)  # type: ignore[arg-type] # all it asks for
        seen.add(error)
        assert int(dut.error.value) == error, f"{inputs}: RTL {int(dut.error.value)}, golden {error.name}"
        if not error:
            slots, results = blocks * vectors, tiles * vectors
            expected = {
                "last_tile": tiles - 1,
                "last_block": blocks - 1,
                "last_vector": vectors - 1,
                "last_slot": slots - 1,
                "enable": (1 << vectors) - 1,
                "x_beats": -(-slots // per_beat),
                "w_beats": tiles * blocks,
                "y_beats": -(-results // ratio),
                "base": pack(bases, 64),
            } | dict(zip(("x_offset", "w_offset", "y_offset"), offsets, strict=True))
            assert {name: int(getattr(dut, name).value) for name in expected} == expected
        await step(dut, start=0)
    assert len(seen) == 5, f"stimuli reached {sorted(seen)} only"

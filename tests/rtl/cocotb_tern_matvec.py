# SPDX-License-Identifier: Apache-2.0
"""The kernel on its bare flat ports: cocotbext-axi on the registers, a Python memory with random stalls behind them."""

import logging
import random
from typing import Any

import cocotb
import torch
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles
from cocotbext.axi import AxiLiteBus, AxiLiteMaster
from torch import Tensor

from golden.spec.gen.tern_matvec import MAX_ROW_TILES, Offset
from golden.striping import stripe, unstripe
from golden.ternary.matvec import matvec
from golden.ternary.packing import pack_weights, pack_x, tiling, unpack_y
from tests.rtl.flat_memory import FlatMemory
from tests.rtl.tern_bench import COUNTERS, geometry


def config(dut: Any) -> Any:
    """Return the configuration that the design's parameters make."""
    return geometry(
        ports=int(dut.PORTS.value),
        port_bits=int(dut.PORT_W.value),
        outs=int(dut.OUTS.value),
        t_cols=int(dut.T_COLS.value),
        acc_depth=int(dut.ACC_DEPTH.value),
        x_slots=int(dut.X_SLOTS.value),
    )


async def open_kernel(dut: Any, stall: float) -> tuple[AxiLiteMaster, FlatMemory]:
    """Start the clock, leave reset, attach registers and memory."""
    cfg = config(dut)
    logging.getLogger(f"cocotb.{dut._name}").setLevel(logging.ERROR)
    dut.aresetn.value = 0
    master = AxiLiteMaster(AxiLiteBus.from_prefix(dut, "s_axil"), dut.aclk, dut.aresetn, reset_active_level=False)
    memory = FlatMemory(dut, cfg.ports, cfg.port_bytes, stall)
    cocotb.start_soon(Clock(dut.aclk, 10, unit="ns").start())
    await reset(dut)
    return master, memory


async def reset(dut: Any) -> None:
    dut.aresetn.value = 0
    await ClockCycles(dut.aclk, 4)
    dut.aresetn.value = 1
    await ClockCycles(dut.aclk, 2)


async def write64(master: AxiLiteMaster, offset: int, value: int) -> None:
    await master.write_dword(offset, value & 0xFFFFFFFF)
    await master.write_dword(offset + 4, value >> 32)


async def product(dut: Any, master: AxiLiteMaster, memory: FlatMemory, w: Tensor, x: Tensor, first: int = 0) -> Tensor:
    """Run W X and return Y; the memory's stores are at offset `first` of the arenas. Each cycle of the window has a
    beat or one cause.
    """
    cfg = config(dut)
    size = tiling(w.shape[0], w.shape[1], x.shape[1], cfg)
    w_off = size.x_beats * cfg.port_bytes
    y_off = w_off + size.w_beats * cfg.port_bytes
    memory.store(0, stripe(pack_x(x, cfg), cfg))
    memory.store(w_off, stripe(pack_weights(w, cfg), cfg))
    for offset, value in {Offset.X_OFF: 0, Offset.W_OFF: w_off, Offset.Y_OFF: y_off}.items():
        await write64(master, offset, first + value)
    values = {
        Offset.ROW_TILES: size.row_tiles,
        Offset.COL_BLOCKS: size.col_blocks,
        Offset.VECTORS: size.vectors,
        Offset.CTRL: 1,
    }
    for offset, value in values.items():
        await master.write_dword(offset, value)
    while not await master.read_dword(Offset.CTRL) & 2:
        pass
    assert await master.read_dword(Offset.ERROR) == 0
    count = {name: await master.read_dword(Offset[name]) for name in COUNTERS}
    assert count["WEIGHT_BEATS"] == size.w_beats
    assert count["WINDOW"] == size.w_beats + sum(value for name, value in count.items() if name.startswith("STALL"))
    assert count["CYCLES"] > count["WINDOW"]
    return unpack_y(unstripe(memory.load(y_off, size.y_beats * cfg.port_bytes), cfg), w.shape[0], x.shape[1], cfg)


def operands(rows: int, cols: int, vectors: int) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(random.getrandbits(32))
    w = torch.randint(-1, 2, (rows, cols), dtype=torch.int8, generator=generator)
    return w, torch.randint(-128, 128, (cols, vectors), dtype=torch.int8, generator=generator)


@cocotb.test(timeout_time=5, timeout_unit="ms")
async def products_with_stalls(dut: Any) -> None:
    """Law: Y = W X for a single element, broken blocks, and more than one row block, with random stalls."""
    cfg = config(dut)
    master, memory = await open_kernel(dut, 0.3)
    block, outs = cfg.block, cfg.outs
    for shape in ((1, 1, 1), (outs + 3, 2 * block + 1, cfg.t_cols), (2 * cfg.acc_depth * outs + 1, 3 * block, 1)):
        w, x = operands(*shape)
        y = await product(dut, master, memory, w, x)
        assert torch.equal(y, matvec(w, x)), shape


@cocotb.test(timeout_time=5, timeout_unit="ms")
async def rates(dut: Any) -> None:
    """Law: on a memory that never waits a beat comes in every cycle where a row block has a tile more than there are
    vectors, and three at least; with fewer, accumulators are waited for. More beats cost their own cycles alone.
    """
    cfg = config(dut)
    assert cfg.acc_depth > cfg.t_cols
    master, memory = await open_kernel(dut, 0.0)
    beside, most, deep = [], cfg.x_slots // cfg.t_cols, cfg.acc_depth
    shapes = (
        (1, most, 1),
        (2, most, 1),
        (3, most, 1),
        (131, 1, 1),
        (deep, most, cfg.t_cols),
        (6 * deep, most, cfg.t_cols),
    )
    for tiles, blocks, vectors in shapes:
        w, x = operands(tiles * cfg.outs, blocks * cfg.block, vectors)
        assert torch.equal(await product(dut, master, memory, w, x), matvec(w, x)), tiles
        read = (Offset.CYCLES, Offset.WEIGHT_BEATS, Offset.WINDOW)
        cycles, beats, window = [await master.read_dword(at) for at in read]
        assert window - beats == (blocks - 1) * max(3 - tiles, 0), tiles
        beside.append(cycles - window)
    assert beside[-1] == beside[-2], f"{beside} cycles beside the window"


@cocotb.test(timeout_time=5, timeout_unit="ms")
async def causes_at_once(dut: Any) -> None:
    """Law: a cycle that waits for accumulators and for tables, or for room behind results, is told to one of them."""
    cfg = config(dut)
    master, memory = await open_kernel(dut, 0.0)
    most = cfg.x_slots // cfg.t_cols
    slow = (30 * cfg.acc_depth + 1, 2, 1, 0.9)  # of one vector tables are there at once
    for tiles, blocks, vectors, write_stall in ((1, most, cfg.t_cols, 0.0), (2, most, cfg.t_cols, 0.0), slow):
        memory.write_stall = write_stall
        w, x = operands(tiles * cfg.outs, blocks * cfg.block, vectors)
        assert torch.equal(await product(dut, master, memory, w, x), matvec(w, x)), tiles
        assert await master.read_dword(Offset.STALL_OUTPUT if write_stall else Offset.STALL_TABLES), tiles


@cocotb.test(timeout_time=5, timeout_unit="ms")
async def arenas_anywhere(dut: Any) -> None:
    """Law: arenas, and what lies in them, may be anywhere in 64 bits; each bit of each address is once 0 and once 1."""
    cfg = config(dut)
    master, memory = await open_kernel(dut, 0.0)
    ends = (1 << 64) - cfg.port_bytes
    anywhere = [random.getrandbits(64) & ends for _ in range(cfg.ports)]
    mirrored = [base ^ ends for base in anywhere]
    for bases in (anywhere, mirrored, [0] * cfg.ports):
        for port, base in enumerate(bases):
            await write64(master, Offset.PORT_BASE + 8 * port, base)
        for first in (0,) if any(bases) else (anywhere[0], mirrored[0]):
            memory.bases = [base + first for base in bases]
            w, x = operands(1, 1, 1)
            assert torch.equal(await product(dut, master, memory, w, x, first), matvec(w, x))


@cocotb.test(timeout_time=5, timeout_unit="ms")
async def far_arguments(dut: Any) -> None:
    """Law: a count with one bit past its limit is refused, whichever bit, and what is legal again runs."""
    cfg = config(dut)
    master, memory = await open_kernel(dut, 0.0)
    w, x = operands(1, 1, 1)
    assert torch.equal(await product(dut, master, memory, w, x), matvec(w, x))
    limits = {Offset.ROW_TILES: MAX_ROW_TILES, Offset.COL_BLOCKS: cfg.x_slots, Offset.VECTORS: cfg.t_cols}
    for code, (offset, most) in enumerate(limits.items(), 1):
        for bit in range(most.bit_length(), 32):
            await master.write_dword(offset, 1 << bit | 1)
            await master.write_dword(Offset.CTRL, 1)
            while not await master.read_dword(Offset.CTRL) & 2:
                pass
            assert await master.read_dword(Offset.ERROR) == code, (offset, bit)
        await master.write_dword(offset, 1)
    assert torch.equal(await product(dut, master, memory, w, x), matvec(w, x))


@cocotb.test(timeout_time=5, timeout_unit="ms")
async def no_x_after_reset(dut: Any) -> None:
    """Law: every control output and every register reads a defined value after reset, and after a reset in a run."""
    master, memory = await open_kernel(dut, 0.0)
    w, x = operands(3, 7, 1)
    for _ in range(2):
        for name in ("arvalid", "awvalid", "wvalid", "rready", "bready"):
            assert getattr(dut, "m_axi_" + name).value.is_resolvable, name
        for offset in range(0, 0x400, 4):
            if offset < 0x80 or offset >= 0xC0:
                await master.read_dword(offset)
        assert torch.equal(await product(dut, master, memory, w, x), matvec(w, x))
        await master.write_dword(Offset.CTRL, 1)
        await ClockCycles(dut.aclk, 15)
        await reset(dut)

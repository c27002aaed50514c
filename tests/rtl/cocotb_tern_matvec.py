# SPDX-License-Identifier: Apache-2.0
"""The kernel on its bare flat ports: cocotbext-axi on the registers, a Python memory with random stalls behind them."""

import logging
import random
from collections import deque
from typing import Any

import cocotb
import torch
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge, RisingEdge
from cocotbext.axi import AxiLiteBus, AxiLiteMaster
from torch import Tensor

from golden.spec.gen.tern_matvec import Offset
from golden.striping import stripe, unstripe
from golden.ternary.matvec import matvec
from golden.ternary.packing import pack_weights, pack_x, tiling, unpack_y
from tests.rtl.tern_bench import geometry

INPUTS = ("arready", "rvalid", "rlast", "rresp", "rdata", "awready", "wready", "bvalid", "bresp")


class FlatMemory:
    """All ports of the core: one byte store a port, bursts in order, every channel stalled at random."""

    def __init__(self, dut: Any, ports: int, port_bytes: int, stall: float) -> None:
        self.dut, self.ports, self.bytes, self.stall = dut, ports, port_bytes, stall
        self.stores = [bytearray(1 << 14) for _ in range(ports)]
        self.clear()
        cocotb.start_soon(self._run())

    def clear(self) -> None:
        self.reads: list[deque[tuple[int, bool]]] = [deque() for _ in range(self.ports)]
        self.writes: list[deque[int]] = [deque() for _ in range(self.ports)]
        self.answers = [0] * self.ports
        self.values = {name: [0] * self.ports for name in INPUTS}
        self._apply()

    def _get(self, name: str, port: int, width: int) -> int:
        vector = getattr(self.dut, "m_axi_" + name).value
        return int(str(vector)[len(vector) - (port + 1) * width : len(vector) - port * width], 2)

    def _apply(self) -> None:
        widths = {"rresp": 2, "bresp": 2, "rdata": 8 * self.bytes}
        for name, values in self.values.items():
            width = widths.get(name, 1)
            getattr(self.dut, "m_axi_" + name).value = sum(v << p * width for p, v in enumerate(values))

    async def _run(self) -> None:
        while True:
            await FallingEdge(self.dut.aclk)
            if not int(self.dut.aresetn.value):
                self.clear()
                continue
            for port in range(self.ports):
                self._sample(port)
            await RisingEdge(self.dut.aclk)
            for port in range(self.ports):
                self._drive(port)
            self._apply()

    def _fires(self, channel: str, port: int, ours: str) -> bool:
        theirs = "valid" if ours == "ready" else "ready"
        return bool(self.values[channel + ours][port]) and bool(self._get(channel + theirs, port, 1))

    def _sample(self, port: int) -> None:
        for channel, queue in (("ar", self.reads), ("aw", self.writes)):
            if self._fires(channel, port, "ready"):
                address, beats = self._get(channel + "addr", port, 64), self._get(channel + "len", port, 8) + 1
                assert address >> 12 == (address + beats * self.bytes - 1) >> 12, "burst crosses 4 KiB"
                steps = [address + i * self.bytes for i in range(beats)]
                queue[port].extend(steps if channel == "aw" else [(a, a == steps[-1]) for a in steps])
        if self._fires("r", port, "valid"):
            self.reads[port].popleft()
            self.values["rvalid"][port] = 0
        if self._fires("b", port, "valid"):
            self.answers[port] -= 1
            self.values["bvalid"][port] = 0
        if self._fires("w", port, "ready"):
            address = self.writes[port].popleft()
            assert self._get("wstrb", port, self.bytes) == (1 << self.bytes) - 1
            data = self._get("wdata", port, 8 * self.bytes).to_bytes(self.bytes, "little")
            self.stores[port][address : address + self.bytes] = data
            self.answers[port] += self._get("wlast", port, 1)

    def _drive(self, port: int) -> None:
        values, go = self.values, lambda: int(random.random() >= self.stall)
        values["arready"][port], values["awready"][port] = go(), go()
        values["wready"][port] = go() if self.writes[port] else 0
        if not values["bvalid"][port] and self.answers[port]:
            values["bvalid"][port] = go()
        if not values["rvalid"][port] and self.reads[port] and go():
            address, last = self.reads[port][0]
            values["rvalid"][port], values["rlast"][port] = 1, int(last)
            word = self.stores[port][address : address + self.bytes]
            values["rdata"][port] = int.from_bytes(word, "little")

    def store(self, offset: int, parts: Tensor) -> None:
        for port, part in enumerate(parts):
            self.stores[port][offset : offset + part.numel()] = bytes(part.tolist())

    def load(self, offset: int, size: int) -> Tensor:
        return torch.tensor([list(store[offset : offset + size]) for store in self.stores], dtype=torch.uint8)


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


async def product(dut: Any, master: AxiLiteMaster, memory: FlatMemory, w: Tensor, x: Tensor) -> Tensor:
    """Run W X and return Y; the arenas start at 0 on every port."""
    cfg = config(dut)
    size = tiling(w.shape[0], w.shape[1], x.shape[1], cfg)
    w_off = size.x_beats * cfg.port_bytes
    y_off = w_off + size.w_beats * cfg.port_bytes
    memory.store(0, stripe(pack_x(x, cfg), cfg))
    memory.store(w_off, stripe(pack_weights(w, cfg), cfg))
    values = {
        Offset.ROW_TILES: size.row_tiles,
        Offset.COL_BLOCKS: size.col_blocks,
        Offset.VECTORS: size.vectors,
        Offset.W_OFF: w_off,
        Offset.Y_OFF: y_off,
        Offset.CTRL: 1,
    }
    for offset, value in values.items():
        await master.write_dword(offset, value)
    while not await master.read_dword(Offset.CTRL) & 2:
        pass
    assert await master.read_dword(Offset.ERROR) == 0
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

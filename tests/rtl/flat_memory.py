# SPDX-License-Identifier: Apache-2.0
"""A Python memory with random stalls on the flat AXI ports of a kernel's core, for cocotb in any simulator."""

import random
from collections import deque
from typing import Any

import cocotb
import torch
from cocotb.triggers import FallingEdge, RisingEdge
from torch import Tensor

INPUTS = ("arready", "rvalid", "rlast", "rresp", "rdata", "awready", "wready", "bvalid", "bresp")


class FlatMemory:
    """All ports of the core: one byte store a port, bursts in order, every channel stalled at random.

    Attributes:
        stall: how often a channel stalls, within 0 and 1; writes by `write_stall`.
        bases: address of each port's store.
    """

    def __init__(self, dut: Any, ports: int, port_bytes: int, stall: float, size: int = 1 << 14) -> None:
        self.dut, self.ports, self.bytes, self.stall, self.write_stall = dut, ports, port_bytes, stall, stall
        self.stores = [bytearray(size) for _ in range(ports)]
        self.bases = [0] * ports
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
                first = address - self.bases[port]
                assert 0 <= first <= len(self.stores[port]) - beats * self.bytes, f"port {port}: {address:#x}"
                steps = [first + i * self.bytes for i in range(beats)]
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

    def _go(self) -> int:
        return int(random.random() >= self.stall)

    def _go_write(self) -> int:
        return int(random.random() >= self.write_stall)

    def _drive(self, port: int) -> None:
        values = self.values
        values["arready"][port], values["awready"][port] = self._go(), self._go_write()
        values["wready"][port] = self._go_write() if self.writes[port] else 0
        if not values["bvalid"][port] and self.answers[port]:
            values["bvalid"][port] = self._go_write()
        if not values["rvalid"][port] and self.reads[port] and self._go():
            address, last = self.reads[port][0]
            values["rvalid"][port], values["rlast"][port] = 1, int(last)
            word = self.stores[port][address : address + self.bytes]
            values["rdata"][port] = int.from_bytes(word, "little")

    def store(self, offset: int, parts: Tensor) -> None:
        for port, part in enumerate(parts):
            self.stores[port][offset : offset + part.numel()] = bytes(part.tolist())

    def load(self, offset: int, size: int) -> Tensor:
        return torch.tensor([list(store[offset : offset + size]) for store in self.stores], dtype=torch.uint8)

# SPDX-License-Identifier: Apache-2.0
"""AXI4-Lite agent: cocotb-bus drives the pins, the monitor rebuilds what crossed them without trusting the driver."""

from dataclasses import dataclass
from typing import Any

import cocotb
from cocotb.queue import Queue
from cocotb.triggers import First, RisingEdge, ValueChange
from cocotb_bus.drivers.amba import AXI4LiteMaster, AXIProtocolError
from pyuvm import (
    uvm_agent,
    uvm_analysis_port,
    uvm_component,
    uvm_driver,
    uvm_monitor,
    uvm_sequence_item,
    uvm_sequencer,
)

PREFIX = "s_axi_control"


class AxilItem(uvm_sequence_item):
    """One 32-bit access: `write`, byte address, data (filled in by a read) and whether the answer was OKAY."""

    def __init__(self, name: str, *, write: bool, address: int, data: int = 0) -> None:
        super().__init__(name)
        self.write = write
        self.address = address
        self.data = data
        self.okay = True


@dataclass(frozen=True)
class AxilAccess:
    """An access as the monitor saw it."""

    write: bool
    address: int
    data: int
    response: int


class AxilDriver(uvm_driver):
    """Drives the sequencer's items, one at a time, through cocotb-bus."""

    def __init__(self, name: str, parent: uvm_component, dut: Any, clock: Any) -> None:
        super().__init__(name, parent)
        self._bus = AXI4LiteMaster(dut, PREFIX, clock, case_insensitive=True)

    async def run_phase(self) -> None:
        """Serve items for ever."""
        while True:
            item = await self.seq_item_port.get_next_item()
            try:
                if item.write:
                    await self._bus.write(item.address, item.data)
                else:
                    item.data = int(await self._bus.read(item.address))
                item.okay = True
            except AXIProtocolError:
                item.okay = False
            self.seq_item_port.item_done()


class AxilMonitor(uvm_monitor):
    """Publishes every completed access as an AxilAccess on `ap`."""

    def __init__(self, name: str, parent: uvm_component, dut: Any, clock: Any) -> None:
        super().__init__(name, parent)
        self.ap = uvm_analysis_port("ap", self)
        self._clock = clock
        self._pins = {
            name: getattr(dut, f"{PREFIX}_{name}")
            for name in (
                *("awvalid", "awready", "awaddr", "wvalid", "wready", "wdata", "bvalid", "bready", "bresp"),
                *("arvalid", "arready", "araddr", "rvalid", "rready", "rdata", "rresp"),
            )
        }
        self._addresses: dict[str, Queue[int]] = {channel: Queue() for channel in ("aw", "w", "ar")}

    def _moves(self, channel: str) -> bool:
        return self._high(f"{channel}valid") and self._high(f"{channel}ready")

    def _high(self, pin: str) -> bool:
        return bool(self._pins[pin].value == 1)

    def _int(self, pin: str) -> int:
        return int(self._pins[pin].value)

    def flush(self) -> None:
        """Forget accesses under way; call it when the bus is reset."""
        for queue in self._addresses.values():
            while not queue.empty():
                queue.get_nowait()

    async def run_phase(self) -> None:
        """Sample the five channels at every rising edge while there is traffic; sleep while there is none."""
        while True:
            await RisingEdge(self._clock)
            for channel, payload in (("aw", "awaddr"), ("w", "wdata"), ("ar", "araddr")):
                if self._moves(channel):
                    self._addresses[channel].put_nowait(self._int(payload))
            if self._moves("b") and not self._addresses["aw"].empty():
                address, data = self._addresses["aw"].get_nowait(), self._addresses["w"].get_nowait()
                self.ap.write(AxilAccess(True, address, data, self._int("bresp")))
            if self._moves("r") and not self._addresses["ar"].empty():
                address = self._addresses["ar"].get_nowait()
                self.ap.write(AxilAccess(False, address, self._int("rdata"), self._int("rresp")))
            if self._idle():
                await First(*(ValueChange(self._pins[name]) for name in _REQUESTS))

    def _idle(self) -> bool:
        """Return whether nothing is offered and no accepted access waits for its answer."""
        return not any(map(self._high, _REQUESTS)) and all(queue.empty() for queue in self._addresses.values())


_REQUESTS = ("awvalid", "wvalid", "arvalid")


class AxilAgent(uvm_agent):
    """Sequencer, driver and monitor of the control port."""

    def __init__(self, name: str, parent: uvm_component, dut: Any, clock: Any) -> None:
        self._dut, self._clock = dut, clock
        super().__init__(name, parent)

    def build_phase(self) -> None:
        """Make the parts."""
        self.sequencer = uvm_sequencer("sequencer", self)
        self.driver = AxilDriver("driver", self, self._dut, self._clock)
        self.monitor = AxilMonitor("monitor", self, self._dut, self._clock)

    def connect_phase(self) -> None:
        """Join driver and sequencer."""
        self.driver.seq_item_port.connect(self.sequencer.seq_item_export)


def log_quietly() -> None:
    """Keep cocotb-bus from logging every access."""
    cocotb.log.getChild("bus").setLevel("WARNING")

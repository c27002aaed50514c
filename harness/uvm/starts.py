# SPDX-License-Identifier: Apache-2.0
"""Kernel agent, for any kernel: memory contents, arguments, start, interrupt, outcome of one item after the other."""

import time
from abc import abstractmethod
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, Protocol

from cocotb.triggers import ClockCycles, RisingEdge, SimTimeoutError, with_timeout
from cocotb.utils import get_sim_time
from pyuvm import (
    uvm_agent,
    uvm_analysis_port,
    uvm_component,
    uvm_driver,
    uvm_sequence_item,
    uvm_sequencer,
)

from golden.errors import CheckError
from golden.spec.geometry import KernelConfig
from harness.uvm.abstract import AbstractComponent
from harness.uvm.job import CLOCK_NS, Pace
from harness.uvm.memory import MemoryTransport
from harness.uvm.registers import RegisterModel
from harness.uvm.stalls import Fault, Stalls

SENTINEL = 0xA5
"""What memory holds where a start has not written."""
DEADLINE_CYCLES = 400_000

Reset = Callable[[], Awaitable[None]]


class Start(Protocol):
    """What a driver needs to know of any kernel's start."""

    @property
    def name(self) -> str:
        """Number and seed."""

    @property
    def restarted(self) -> bool:
        """Whether a second start is written while the first runs: two runs back to back."""

    @property
    def reset(self) -> bool:
        """Whether a reset in flight, `delay` cycles after the start, comes before the start that counts."""

    @property
    def delay(self) -> int:
        """Cycles until the reset."""

    @property
    def stalls(self) -> Stalls:
        """Of the memory."""

    @property
    def fault(self) -> Fault | None:
        """Of the memory."""

    @property
    def label(self) -> str:
        """Action and shape, for the log."""


class StartItem(uvm_sequence_item):
    """Sequence item around a Start; the driver fills in how many runs ended and the outcome of the last one."""

    def __init__(self, stimulus: Start) -> None:
        super().__init__(stimulus.name)
        self.stimulus: Any = stimulus
        self.runs = 0
        self.outcome: Any = None


class StartDriver(uvm_driver, metaclass=AbstractComponent):
    """Runs items one after the other; announces each on `started` and publishes it, with outcomes, on `ap`.

    A kernel's own driver says what lies in memory (`_fill`), which arguments are written (`_program`) and what became
    of them (`_outcome`).
    """

    STATUS: tuple[str, ...] = ("CTRL", "ERROR")
    """Registers that a hang is told with."""

    def __init__(
        self,
        name: str,
        parent: uvm_component,
        *,
        cfg: KernelConfig,
        dut: Any,
        clock: Any,
        memory: MemoryTransport,
        reset: Reset,
    ) -> None:
        super().__init__(name, parent)
        self._cfg: Any = cfg
        self._dut, self._clock, self._memory, self._reset = dut, clock, memory, reset
        self.started = uvm_analysis_port("started", self)
        self.ap = uvm_analysis_port("ap", self)
        self.registers: RegisterModel | None = None
        self.pace = Pace(0.0, 0.0)

    @property
    def _regs(self) -> RegisterModel:
        if self.registers is None:
            raise CheckError("kernel driver: no register model was connected")
        return self.registers

    @abstractmethod
    def _fill(self, stimulus: Any) -> None:
        """Write to every port's arena what the start reads, and the sentinel where it writes."""

    @abstractmethod
    async def _program(self, stimulus: Any) -> None:
        """Write the kernel's arguments."""

    @abstractmethod
    async def _outcome(self, stimulus: Any) -> Any:
        """Read registers and memory after the last run."""

    async def run_phase(self) -> None:
        """Serve items for ever."""
        while True:
            item = await self.seq_item_port.get_next_item()
            self.started.write(item)
            await self._run(item)
            self.ap.write(item)
            self.seq_item_port.item_done()

    async def _run(self, item: StartItem) -> None:
        stimulus = item.stimulus
        self.logger.info("%s: %s, stalls %s", item.get_name(), stimulus.label, stimulus.stalls.kind.name)
        self._memory.stall(stimulus.stalls)
        self._memory.inject(stimulus.fault)
        await self._prepare(stimulus)
        await self._start()
        if stimulus.reset:
            await ClockCycles(self._clock, stimulus.delay)
            await self._reset()
            await self._prepare(stimulus)
            await self._start()
        await self._finish(item)
        item.outcome = await self._outcome(stimulus)
        self._memory.inject(None)

    async def _prepare(self, stimulus: Any) -> None:
        self._fill(stimulus)
        await self._program(stimulus)
        await self._regs.write("GIE", self._bit("GIE", "ENABLE"))
        await self._regs.write("IER", self._bit("IER", "DONE"))

    def _bit(self, register: str, field: str) -> int:
        return self._regs.declared[register].field(field).mask

    async def _start(self) -> None:
        await self._regs.write("CTRL", self._bit("CTRL", "AP_START"))

    async def _finish(self, item: StartItem) -> None:
        """Wait for the runs of an item (two for a restart) and account for their pace."""
        cycles, started = get_sim_time("ns") / CLOCK_NS, time.process_time()
        expected_runs = 1
        if item.stimulus.restarted:
            await self._start()
            expected_runs = 2
        for _ in range(expected_runs):
            await self._wait_done(item)
            item.runs += 1
        self.pace = Pace(
            self.pace.cycles + get_sim_time("ns") / CLOCK_NS - cycles, self.pace.seconds + time.process_time() - started
        )

    async def _wait_done(self, item: StartItem) -> None:
        """Wait for the interrupt, check it against CTRL, and acknowledge both."""
        try:
            await with_timeout(self._interrupt(), DEADLINE_CYCLES * CLOCK_NS, "ns")
        except SimTimeoutError:
            raise CheckError(
                f"no interrupt within {DEADLINE_CYCLES} cycles of a start: {await self._state()} [{item.get_name()}]"
            ) from None
        control = await self._regs.read("CTRL")
        if not control & self._bit("CTRL", "AP_DONE"):
            raise CheckError(f"register CTRL: interrupt without AP_DONE, found {control:#x}")
        await self._regs.write("ISR", self._bit("ISR", "DONE"))

    async def _state(self) -> str:
        """Return status and counters on one line, for a start that hangs."""
        return ", ".join([f"{name}={await self._regs.read(name):#x}" for name in self.STATUS])

    async def _interrupt(self) -> None:
        """Wait for the interrupt without waking up in every cycle; at an edge the pin still shows the cycle before."""
        await RisingEdge(self._clock)
        if not int(self._dut.interrupt.value):
            await RisingEdge(self._dut.interrupt)

    async def _count(self, names: tuple[str, ...]) -> dict[str, int]:
        """Return counters by name, with RD_BEATS_nn and WR_BEATS_nn of every port."""
        counters = {name: await self._regs.read(name) for name in names}
        for port in range(self._cfg.ports):
            for name in ("RD_BEATS", "WR_BEATS"):
                counters[f"{name}_{port:02d}"] = await self._regs.read(name, element=port)
        return counters

    async def _error(self) -> tuple[int, int]:
        """Return code and port of the register ERROR."""
        error, declared = await self._regs.read("ERROR"), self._regs.declared["ERROR"]
        code, port = declared.field("CODE"), declared.field("PORT")
        return (error & code.mask) >> code.lsb, (error & port.mask) >> port.lsb


class StartAgent(uvm_agent):
    """Sequencer and driver of whole starts."""

    DRIVER: ClassVar[type[StartDriver]]

    def __init__(self, name: str, parent: uvm_component, **parts: Any) -> None:
        self._parts = parts
        super().__init__(name, parent)

    def build_phase(self) -> None:
        """Make the parts."""
        self.sequencer = uvm_sequencer("sequencer", self)
        self.driver = self.DRIVER("driver", self, **self._parts)

    def connect_phase(self) -> None:
        """Join driver and sequencer."""
        self.driver.seq_item_port.connect(self.sequencer.seq_item_export)

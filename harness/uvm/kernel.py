# SPDX-License-Identifier: Apache-2.0
"""Kernel agent: turns a KernelItem into memory contents, register writes and a start, and reads back what happened."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np
import torch
from cocotb.triggers import ClockCycles, RisingEdge, SimTimeoutError, with_timeout
from cocotb.utils import get_sim_time
from pyuvm import uvm_agent, uvm_analysis_port, uvm_component, uvm_driver, uvm_sequencer

from golden.errors import CheckError
from golden.spec.configs import TernConfig
from golden.spec.gen import tern_matvec as regs
from golden.striping import stripe, unstripe
from golden.ternary.packing import tiling, unpack_y
from harness.uvm.items import Action, Arguments, KernelItem, Outcome, Stimulus
from harness.uvm.job import Pace
from harness.uvm.memory import MemoryTransport
from harness.uvm.registers import RegisterModel
from harness.uvm.stimuli import GUARD

SENTINEL = 0xA5
DEADLINE_CYCLES = 400_000
CLOCK_NS = 10
COUNTERS = ("CYCLES", "WEIGHT_BEATS", "WINDOW", "STALL_WEIGHTS", "STALL_TABLES", "STALL_OUTPUT", "STALL_HAZARD")

Reset = Callable[[], Awaitable[None]]


class KernelDriver(uvm_driver):
    """Runs items one after the other; announces each on `started` and publishes it, with outcomes, on `ap`."""

    def __init__(
        self,
        name: str,
        parent: uvm_component,
        *,
        cfg: TernConfig,
        dut: Any,
        clock: Any,
        memory: MemoryTransport,
        reset: Reset,
    ) -> None:
        super().__init__(name, parent)
        self._cfg, self._dut, self._clock, self._memory, self._reset = cfg, dut, clock, memory, reset
        self.started = uvm_analysis_port("started", self)
        self.ap = uvm_analysis_port("ap", self)
        self.registers: RegisterModel | None = None
        self.pace = Pace(0.0, 0.0)

    @property
    def _regs(self) -> RegisterModel:
        if self.registers is None:
            raise CheckError("kernel driver: no register model was connected")
        return self.registers

    async def run_phase(self) -> None:
        """Serve items for ever."""
        while True:
            item = await self.seq_item_port.get_next_item()
            self.started.write(item)
            await self._run(item)
            self.ap.write(item)
            self.seq_item_port.item_done()

    async def _run(self, item: KernelItem) -> None:
        stimulus = item.stimulus
        shape = f"{stimulus.rows} x {stimulus.cols} x {stimulus.vectors}"
        self.logger.info(
            "%s: %s %s, stalls %s", item.get_name(), stimulus.action.name, shape, stimulus.stalls.kind.name
        )
        self._memory.stall(stimulus.stalls)
        self._memory.inject(stimulus.fault)
        self._fill(stimulus)
        await self._program(stimulus.arguments)
        await self._start()
        if stimulus.action is Action.RESET:
            await ClockCycles(self._clock, stimulus.delay)
            await self._reset()
            self._fill(stimulus)
            await self._program(stimulus.arguments)
            await self._start()
        await self._finish(item)
        item.outcome = await self._outcome(stimulus)
        self._memory.inject(None)

    async def _finish(self, item: KernelItem) -> None:
        """Wait for the runs of an item (two for RESTART) and account for their pace."""
        cycles, started = get_sim_time("ns") / CLOCK_NS, time.perf_counter()
        expected_runs = 1
        if item.stimulus.action is Action.RESTART:
            await self._start()
            expected_runs = 2
        for _ in range(expected_runs):
            await self._wait_done()
            item.runs += 1
        self.pace = Pace(
            self.pace.cycles + get_sim_time("ns") / CLOCK_NS - cycles, self.pace.seconds + time.perf_counter() - started
        )

    def _fill(self, stimulus: Stimulus) -> None:
        """Write x and weights to every port's arena, and the sentinel where results and their guards will be."""
        arguments = stimulus.arguments
        for offset, data in ((arguments.x_off, stimulus.activations), (arguments.w_off, stimulus.weights)):
            place = offset - offset % self._cfg.port_bytes
            for port, lane in enumerate(stripe(data, self._cfg)):
                self._memory.write(port, place, lane.numpy())
        start, stop = self._y_span(stimulus)
        for port in range(self._cfg.ports):
            self._memory.write(port, start, np.full(stop - start, SENTINEL, dtype=np.uint8))

    def _y_span(self, stimulus: Stimulus) -> tuple[int, int]:
        """Return the bytes of the result region with a guard on both sides."""
        sizes = tiling(stimulus.rows, stimulus.cols, stimulus.vectors, self._cfg)
        y_off = stimulus.arguments.y_off - stimulus.arguments.y_off % self._cfg.port_bytes
        return y_off - GUARD, y_off + sizes.y_beats * self._cfg.port_bytes + GUARD

    async def _program(self, arguments: Arguments) -> None:
        for name in ("ROW_TILES", "COL_BLOCKS", "VECTORS", "X_OFF", "W_OFF", "Y_OFF"):
            await self._regs.write(name, getattr(arguments, name.lower()))
        for port, base in enumerate(arguments.port_base):
            await self._regs.write("PORT_BASE", base, element=port)
        await self._regs.write("GIE", regs.GIE_ENABLE.mask)
        await self._regs.write("IER", regs.IER_DONE.mask)

    async def _start(self) -> None:
        await self._regs.write("CTRL", regs.CTRL_AP_START.mask)

    async def _wait_done(self) -> None:
        """Wait for the interrupt, check it against CTRL, and acknowledge both."""
        try:
            await with_timeout(self._interrupt(), DEADLINE_CYCLES * CLOCK_NS, "ns")
        except SimTimeoutError:
            raise CheckError(
                f"no interrupt within {DEADLINE_CYCLES} cycles of a start: {await self._state()}"
            ) from None
        control = await self._regs.read("CTRL")
        if not control & regs.CTRL_AP_DONE.mask:
            raise CheckError(f"register CTRL: interrupt without AP_DONE, found {control:#x}")
        await self._regs.write("ISR", regs.ISR_DONE.mask)

    async def _state(self) -> str:
        """Return status and counters on one line, for a start that hangs."""
        names = ("CTRL", "ERROR", "ROW_TILES", "COL_BLOCKS", "VECTORS", *COUNTERS)
        return ", ".join([f"{name}={await self._regs.read(name):#x}" for name in names])

    async def _interrupt(self) -> None:
        """Wait for the interrupt without waking up in every cycle; at an edge the pin still shows the cycle before."""
        await RisingEdge(self._clock)
        if not int(self._dut.interrupt.value):
            await RisingEdge(self._dut.interrupt)

    async def _outcome(self, stimulus: Stimulus) -> Outcome:
        error = await self._regs.read("ERROR")
        counters = {name: await self._regs.read(name) for name in COUNTERS}
        for port in range(self._cfg.ports):
            for name in ("RD_BEATS", "WR_BEATS"):
                counters[f"{name}_{port:02d}"] = await self._regs.read(name, element=port)
        y, intact = self._results(stimulus)
        return Outcome(
            y=y,
            error=regs.ErrorCode(regs.ERROR_CODE.get(error)),
            error_port=regs.ERROR_PORT.get(error),
            counters=counters,
            guards_intact=intact,
            violations=tuple(self._memory.violations()),
        )

    def _results(self, stimulus: Stimulus) -> tuple[torch.Tensor | None, bool]:
        """Return y int32 [M, V] (None if no byte of its region was written) and whether the guards are intact."""
        start, stop = self._y_span(stimulus)
        lanes = [self._memory.read(port, start, stop - start) for port in range(self._cfg.ports)]
        intact = all((lane[:GUARD] == SENTINEL).all() and (lane[-GUARD:] == SENTINEL).all() for lane in lanes)
        if all((lane == SENTINEL).all() for lane in lanes):
            return None, intact
        inner = torch.from_numpy(np.stack([lane[GUARD:-GUARD] for lane in lanes]))
        return unpack_y(unstripe(inner, self._cfg), stimulus.rows, stimulus.vectors, self._cfg), intact


class KernelAgent(uvm_agent):
    """Sequencer and driver of whole starts."""

    def __init__(self, name: str, parent: uvm_component, **parts: Any) -> None:
        self._parts = parts
        super().__init__(name, parent)

    def build_phase(self) -> None:
        """Make the parts."""
        self.sequencer = uvm_sequencer("sequencer", self)
        self.driver = KernelDriver("driver", self, **self._parts)

    def connect_phase(self) -> None:
        """Join driver and sequencer."""
        self.driver.seq_item_port.connect(self.sequencer.seq_item_export)

# SPDX-License-Identifier: Apache-2.0
"""What every kernel's environment has: clock, memory, control agent, kernel agent, register model, joined."""

from dataclasses import dataclass
from typing import Any

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, RisingEdge
from pyuvm import uvm_component, uvm_env, uvm_subscriber

from golden.errors import CheckError
from golden.spec.geometry import KernelConfig
from golden.spec.registers import RegisterMap
from harness.uvm.axil import AxilAccess, AxilAgent
from harness.uvm.inorder import InOrderScoreboard
from harness.uvm.job import CLOCK_NS, Job
from harness.uvm.memory import BeatMemory, MemoryTransport
from harness.uvm.registers import Backdoor, RegisterModel
from harness.uvm.starts import StartAgent

ARENA_BYTES = 1 << 20
RESET_CYCLES = 8


@dataclass
class Bench:
    """What the tests share: the job, the design, and the parts that do not belong to UVM."""

    job: Job
    cfg: Any
    declared: RegisterMap
    dut: Any
    clock: Any
    reset_n: Any
    memory: MemoryTransport

    async def reset(self) -> None:
        """Reset design and memory; contents of the memory stay."""
        self.reset_n.value = 0
        self.memory.hold(True)
        self.memory.reset()
        await ClockCycles(self.clock, RESET_CYCLES)
        await RisingEdge(self.clock)
        self.reset_n.value = 1
        self.memory.hold(False)
        await ClockCycles(self.clock, 2)


def start_bench(job: Job, cfg: KernelConfig, declared: RegisterMap, arena: int = ARENA_BYTES) -> Bench:
    """Start the memory that the job asks for, `arena` bytes a port, and the clock, which a bulk build drives itself."""
    dut: Any = cocotb.top
    bulk = job.transport == "bulk"
    clock, reset_n = (dut.clk, dut.rst_n) if bulk else (dut.ap_clk, dut.ap_rst_n)
    reset_n.value = 0
    memory: MemoryTransport
    if bulk:
        from harness.uvm.bulk import BulkMemory

        memory = BulkMemory(cfg.ports, arena)
    else:
        Clock(clock, CLOCK_NS, unit="ns").start()
        memory = BeatMemory(dut, clock, cfg.ports, arena)
    return Bench(job, cfg, declared, dut, clock, reset_n, memory)


def find_backdoor(dut: Any) -> Backdoor | None:
    """Return the backdoor where the build shows the register file, else None."""
    wrapper = getattr(dut, "u_wrapper", dut)
    try:
        file = wrapper.u_core.u_regs.u_regs
        return Backdoor(storage=file.store_q, status=file.ro_value)
    except AttributeError:
        return None


class ControlTraffic(uvm_subscriber):
    """Checks what crossed the control port: aligned, answered OKAY, inside the map."""

    def __init__(self, name: str, parent: uvm_component) -> None:
        super().__init__(name, parent)
        self.failures: list[str] = []
        self.seen = 0

    def write(self, access: AxilAccess) -> None:
        """Look at one access."""
        self.seen += 1
        kind = "write" if access.write else "read"
        if access.address % 4 or access.response:
            self.failures.append(
                f"control port: {kind} at {access.address:#x} answered {access.response}, expected OKAY"
            )

    def check_phase(self) -> None:
        """Fail on any failure, and when the monitor saw nothing."""
        if self.failures:
            raise CheckError(self.failures[0])
        if not self.seen:
            raise CheckError("the control port's monitor saw no access")


class KernelEnv(uvm_env):
    """Base: everything around a kernel. Its own environment names the parts that know the kernel.

    `PREDICTOR` and `COVERAGE` are subscribers made with (name, parent, cfg), the predictor with a port `ap`.
    """

    AGENT: type[StartAgent]
    PREDICTOR: type[Any]
    SCOREBOARD: type[InOrderScoreboard]
    COVERAGE: type[Any]

    def __init__(self, name: str, parent: uvm_component, bench: Bench) -> None:
        self.bench = bench
        super().__init__(name, parent)

    def build_phase(self) -> None:
        """Make the parts."""
        bench = self.bench
        self.control = AxilAgent("control", self, bench.dut, bench.clock)
        self.traffic = ControlTraffic("traffic", self)
        self.kernel = self.AGENT(
            "kernel", self, cfg=bench.cfg, dut=bench.dut, clock=bench.clock, memory=bench.memory, reset=self._reset
        )
        self.predictor = self.PREDICTOR("predictor", self, bench.cfg)
        self.scoreboard = self.SCOREBOARD("scoreboard", self, bench.cfg)
        self.coverage = self.COVERAGE("coverage", self, bench.cfg)

    def connect_phase(self) -> None:
        """Join the parts and build the register model on the control sequencer."""
        self.registers = RegisterModel(self.bench.declared, self.control.sequencer, find_backdoor(self.bench.dut))
        self.kernel.driver.registers = self.registers
        self.kernel.driver.started.connect(self.predictor.analysis_export)
        self.predictor.ap.connect(self.scoreboard.predicted.analysis_export)
        self.kernel.driver.ap.connect(self.scoreboard.done.analysis_export)
        self.kernel.driver.ap.connect(self.coverage.analysis_export)
        self.control.monitor.ap.connect(self.traffic.analysis_export)

    async def _reset(self) -> None:
        await self.bench.reset()
        self.control.monitor.flush()
        self.registers.reset()

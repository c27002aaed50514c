# SPDX-License-Identifier: Apache-2.0
"""The simulations that exist, and the suites: smoke (minutes), nightly (hours), all (each once), power_up."""

from dataclasses import dataclass, field, replace
from typing import Literal

from harness.regress import graded
from harness.uvm.job import Bias, Job, Transport

Simulator = Literal["verilator", "icarus"]

MODULES = {
    "tern_matvec": "harness.uvm.tests",
    "mamba2_accel": "harness.uvm.mamba2.tests",
    "ternary_accel": "harness.uvm.ternary.tests",
}
"""Where each kernel's test classes are."""


@dataclass(frozen=True)
class Entry:
    """One simulation: `test` is a class of the kernel's test module, `items` the starts it draws or samples.

    With `power_up` registers begin with random values on Icarus, too; on Verilator they always do.
    `bias` is what drawn starts prefer beyond their seed; `again` the command that runs an entry of no suite again.
    """

    name: str
    test: str
    config: str
    transport: Transport
    simulator: Simulator
    items: int
    seed: int = 0
    kernel: str = "tern_matvec"
    power_up: bool = False
    bias: Bias | None = field(default=None, hash=False)
    again: str = ""

    @property
    def module(self) -> str:
        """Return the module of the test class."""
        return MODULES[self.kernel]

    @property
    def folder(self) -> str:
        """Return the job's folder below that of the results: one for each test and seed."""
        return f"jobs/{self.name}/{self.seed}"

    @property
    def repeat(self) -> str:
        """Return the command that runs it again."""
        return self.again or f"krait regress {self.name} --seed {self.seed}"

    def job(self, out: str, bundle: str = "") -> Job:
        """Return what the simulation is told, to leave its results in the folder `out`."""
        return Job(
            config=self.config,
            transport=self.transport,
            seed=self.seed,
            items=self.items,
            bundle=bundle,
            out=out,
            kernel=self.kernel,
            repeat=self.repeat,
            bias=self.bias,
        )


@dataclass(frozen=True)
class Suite:
    """Simulations under a common name, each with that many seeds."""

    entries: tuple[Entry, ...]
    seeds: int = 1


def entry(found: graded.Graded) -> Entry:
    """Return a simulation that krait cover chose; its seed is its own."""
    words = (found.name, found.test, found.config, "bulk", "verilator", found.items, found.seed, found.kernel)
    return Entry(*words, bias=found.bias)  # type: ignore[arg-type] # transport and simulator are words above


# Icarus is four-state and slow: a few starts find X after reset. Bundle cases are the real model's layers.
_TERN = (
    Entry("registers", "RegisterTest", "sim", "beat", "verilator", 1),
    Entry("random_beat_0", "RandomTest", "sim", "beat", "verilator", 30),
    Entry("random_beat_1", "RandomTest", "sim", "beat", "verilator", 30),
    Entry("random_bulk_0", "RandomTest", "sim", "bulk", "verilator", 160),
    Entry("random_bulk_1", "RandomTest", "sim", "bulk", "verilator", 160),
    Entry("bitnet_beat", "BundleTest", "sim", "beat", "verilator", 6),
    Entry("bitnet_bulk", "BundleTest", "sim", "bulk", "verilator", 48),
    Entry("random_icarus", "RandomTest", "sim", "beat", "icarus", 4),
)
_MAMBA2 = (
    Entry("mamba2_registers", "RegisterTest", "sim", "beat", "verilator", 1),
    Entry("mamba2_random_beat", "RandomTest", "sim", "beat", "verilator", 4),
    Entry("mamba2_random_bulk", "RandomTest", "sim", "bulk", "verilator", 40),
    Entry("mamba2_w8a8_random_bulk", "RandomTest", "sim_w8a8", "bulk", "verilator", 40),
    Entry("mamba2_corners", "CornerTest", "sim", "bulk", "verilator", 1),
    Entry("mamba2_refusals", "RefusalTest", "sim", "bulk", "verilator", 1),
    Entry("mamba2_w8a8_refusals", "RefusalTest", "sim_w8a8", "bulk", "verilator", 1),
    Entry("mamba2_tiny", "DecodingTest", "sim", "bulk", "verilator", 2),
    Entry("mamba2_w8a8_tiny", "DecodingTest", "sim_w8a8", "bulk", "verilator", 2),
    Entry("mamba2_w8a8_icarus", "LeastTest", "sim_w8a8", "beat", "icarus", 1),
)
_TERNARY = (
    Entry("ternary_registers", "RegisterTest", "sim", "beat", "verilator", 1),
    Entry("ternary_random_beat", "RandomTest", "sim", "beat", "verilator", 8),
    Entry("ternary_random_bulk", "RandomTest", "sim", "bulk", "verilator", 80),
    Entry("ternary_silu_random_bulk", "RandomTest", "sim_silu", "bulk", "verilator", 80),
    Entry("ternary_corners", "CornerTest", "sim", "bulk", "verilator", 1),
    Entry("ternary_silu_corners", "CornerTest", "sim_silu", "bulk", "verilator", 1),
    Entry("ternary_refusals", "RefusalTest", "sim", "bulk", "verilator", 1),
    Entry("ternary_silu_refusals", "RefusalTest", "sim_silu", "bulk", "verilator", 1),
    Entry("ternary_tiny", "DecodingTest", "sim", "bulk", "verilator", 2),
    Entry("ternary_silu_icarus", "LeastTest", "sim_silu", "beat", "icarus", 1),
)
_GRADED = tuple(map(entry, graded.read()))
_SMOKE = (
    *_TERN,
    *(replace(entry, kernel="mamba2_accel") for entry in _MAMBA2),
    *(replace(entry, kernel="ternary_accel") for entry in _TERNARY),
    *_GRADED,
)

# Configurations of boards are those of tern_matvec, which are small; krait bench runs those of the accelerators, whose
# builds take minutes.
_NIGHT = (
    Entry("registers_icarus", "RegisterTest", "sim", "beat", "icarus", 1),
    Entry("bitnet_icarus", "BundleTest", "sim", "beat", "icarus", 1),
    Entry("sim512_random_beat", "RandomTest", "sim512", "beat", "verilator", 20),
    Entry("sim512_random_bulk", "RandomTest", "sim512", "bulk", "verilator", 160),
    Entry("vck190_stock_random_beat", "RandomTest", "vck190_stock", "beat", "verilator", 20),
    Entry("vck190_stock_random_bulk", "RandomTest", "vck190_stock", "bulk", "verilator", 160),
)

# From other values of all registers each time: here of four states; what Verilator runs begins so anyway.
_POWER_UP = tuple(
    replace(entry, name=f"power_up_{entry.name}", power_up=True)
    for entry in (*_SMOKE, *_NIGHT)
    if entry.simulator == "icarus" and entry.test != "BundleTest"
)
_OF_TWO_STATES = ("random_bulk_0", "mamba2_random_bulk", "ternary_random_bulk")

NIGHTLY_SEEDS = 5
SUITES = {
    "smoke": Suite(_SMOKE),
    "nightly": Suite((*_SMOKE, *_NIGHT), NIGHTLY_SEEDS),
    "all": Suite((*_SMOKE, *_NIGHT, *_POWER_UP)),
    "power_up": Suite((*_POWER_UP, *(entry for entry in _SMOKE if entry.name in _OF_TWO_STATES)), NIGHTLY_SEEDS),
}

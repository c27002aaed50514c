# SPDX-License-Identifier: Apache-2.0
"""Which simulations a suite consists of. Each entry is one process: a test class, a build, a seed."""

import fnmatch
from dataclasses import dataclass, replace
from typing import Literal

from golden.errors import InputError
from harness.sim.runner import derive_seed
from harness.uvm.job import Transport

Simulator = Literal["verilator", "icarus"]

MODULES = {
    "tern_matvec": "harness.uvm.tests",
    "mamba2_accel": "harness.uvm.mamba2.tests",
    "ternary_accel": "harness.uvm.ternary.tests",
}
"""Where each kernel's test classes are."""


@dataclass(frozen=True)
class Entry:
    """One simulation: `test` is a class of the kernel's test module, `items` the starts it draws or samples."""

    name: str
    test: str
    config: str
    transport: Transport
    simulator: Simulator
    items: int
    seed: int = 0
    kernel: str = "tern_matvec"

    @property
    def module(self) -> str:
        """Return the module of the test class."""
        return MODULES[self.kernel]


# Icarus is four-state and slow: a few starts find X after reset. Bundle cases are the real model's layers.
_SMOKE = (
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

SUITES: dict[str, tuple[Entry, ...]] = {
    "smoke": (
        *_SMOKE,
        *(replace(entry, kernel="mamba2_accel") for entry in _MAMBA2),
        *(replace(entry, kernel="ternary_accel") for entry in _TERNARY),
    ),
}


def plan(names: list[str], seed: int | None) -> tuple[Entry, ...]:
    """Return the entries that `names` select: suites, entries, or patterns such as random_*.

    Every entry has its own seed, derived from its name and `seed` (KRAIT_SEED, or 1, without it), unless the selection
    is a single entry: then `seed` is its seed, as a repeat command prints it.

    Raises:
        InputError: a name selects nothing.
    """
    chosen: dict[str, Entry] = {}
    for name in names:
        known = {entry.name: entry for suite in SUITES.values() for entry in suite}
        found = SUITES.get(name) or tuple(known[each] for each in known if fnmatch.fnmatch(each, name))
        if not found:
            raise InputError(f"regress: found {name!r}, expected one of {', '.join((*SUITES, *known))} or a pattern")
        chosen |= {entry.name: entry for entry in found}
    entries = tuple(chosen.values())
    if seed is not None and len(entries) == 1:
        return (replace(entries[0], seed=seed),)
    salt = "" if seed is None else f"{seed}/"
    return tuple(replace(entry, seed=derive_seed(f"{salt}regress/{entry.name}")) for entry in entries)

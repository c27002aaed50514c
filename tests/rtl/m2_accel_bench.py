# SPDX-License-Identifier: Apache-2.0
"""A `mamba2_accel` on the simulation memory in this process: lays a start out, runs it, takes what it wrote."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from golden.spec import Mamba2AccelConfig
from golden.spec.gen.mamba2_accel import PORT_BASE, RD_BEATS, WR_BEATS, ErrorCode, Offset
from golden.striping import stripe, unstripe
from harness.sim.model import SimModel
from tests.rtl.m2_accel_starts import COUNTERS, GUARD, Start, check, check_counters, outputs, registers


class AccelBench:
    """The kernel on a simulation memory. Port `p`'s arena is at p * 2^40 + 64 KiB."""

    def __init__(self, cfg: Mamba2AccelConfig, lib: Path, arena_bytes: int = 1 << 20, seed: int = 1) -> None:
        self.cfg, self.bytes = cfg, arena_bytes
        self.model = SimModel(lib, seed)
        self.memory = self.model.memory
        for port in range(cfg.ports):
            self.memory.attach(port, self.base(port), arena_bytes)
        self.set_bases()

    def set_bases(self) -> None:
        """Write the arenas' addresses and enable the interrupt; needed after each reset."""
        for port in range(self.cfg.ports):
            self.model.write(PORT_BASE[port], self.base(port) & 0xFFFFFFFF)
            self.model.write(PORT_BASE[port] + 4, self.base(port) >> 32)
        self.model.write(Offset.GIE, 1)
        self.model.write(Offset.IER, 1)

    @staticmethod
    def base(port: int) -> int:
        return (port << 40) + 0x10000

    def store(self, offset: int, wide: Tensor) -> None:
        """Put wide beats at an offset of the arenas."""
        for port, part in enumerate(stripe(wide, self.cfg).numpy()):
            self.memory.at(port, self.base(port) + offset, part.size)[:] = part

    def load(self, offset: int, beats: int) -> Tensor:
        """Take wide beats from an offset of the arenas."""
        size = beats * self.cfg.port_bytes
        parts = [self.memory.at(port, self.base(port) + offset, size).copy() for port in range(self.cfg.ports)]
        return unstripe(torch.from_numpy(np.stack(parts)), self.cfg)

    def prepare(self, start: Start) -> None:
        """Write what a start reads, and its arguments; states in memory stay if it goes on from them."""
        a = start.arguments
        assert a.arena_bytes <= self.bytes
        kept = self.load(a.s_off, a.s_bytes // self.cfg.port_bytes) if a.keep else None
        for port in range(self.cfg.ports):
            self.memory.view(port)[:] = GUARD
        for name, wide in start.regions.items():
            self.store(getattr(a, f"{name}_off"), wide)
        if kept is not None:
            self.store(a.s_off, kept)
        for offset, value in registers(a).items():
            self.model.write(offset, value)

    def go(self, limit: int) -> None:
        """Start and wait for the interrupt, which is acknowledged."""
        self.model.write(Offset.CTRL, 1)
        self.model.run(limit)
        assert self.model.interrupt, f"no interrupt within {limit} cycles: {self.counters()}"
        self.model.write(Offset.ISR, 1)
        assert self.model.read(Offset.CTRL) & 0xE == 0xE, "not done, idle and ready"

    def run(self, start: Start, limit: int = 400_000) -> Mapping[str, int]:
        """Run a start, compare everything that it leaves with golden, return its counters."""
        self.prepare(start)
        self.go(limit)
        error = ErrorCode(self.model.read(Offset.ERROR) & 0xFF)
        assert error is ErrorCode.NONE, error.name
        check(start, {name: self.load(at, beats + 1) for name, (at, beats) in outputs(start).items()})
        count = self.counters()
        for array in (RD_BEATS, WR_BEATS):
            assert len({self.model.read(array[port]) for port in range(self.cfg.ports)}) == 1, "ports out of step"
        check_counters(start, count)
        return count

    def counters(self) -> Mapping[str, int]:
        """Return all counters by name, beats of the ports as `RD_BEATS`, `WR_BEATS` (of port 0)."""
        return {name: self.model.read(Offset[name]) for name in (*COUNTERS, "RD_BEATS", "WR_BEATS")}

# SPDX-License-Identifier: Apache-2.0
"""A `tern_matvec` of any geometry in this process: places W and X, starts, reads Y and the counters."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from golden.spec.configs import TernConfig, load_config
from golden.spec.gen.tern_matvec import Offset
from golden.striping import stripe, unstripe
from golden.ternary.packing import Tiling, pack_weights, pack_x, tiling, unpack_y
from harness.build import VerilatorBuild, build
from harness.paths import ROOT, VERILOG
from harness.sim.model import BOARD_CPP, MEMORY_RTL, SimModel, core_sources
from harness.sim.runner import simulate
from tests.rtl.faults import replaced

ARENA = 0x10000
COUNTERS = (
    "CYCLES",
    "WEIGHT_BEATS",
    "WINDOW",
    "STALL_WEIGHTS",
    "STALL_TABLES",
    "STALL_OUTPUT",
    "STALL_HAZARD",
)


def tern_sources() -> list[Path]:
    """Return every Verilog file of the kernel."""
    return list(core_sources("tern_matvec"))


def geometry(**changes: int) -> TernConfig:
    """Return a small geometry: one row block is four tiles."""
    small = {"ports": 1, "port_bits": 256, "outs": 8, "t_cols": 2, "acc_depth": 4, "x_slots": 16}
    return replace(load_config("tern_matvec", "sim"), **(small | changes))


def library(cfg: TernConfig, opt: str = "-O1") -> Path:
    """Build the kernel with this geometry on a simulation memory."""
    return build(
        VerilatorBuild(
            "tb_tern_matvec",
            (ROOT / "tests/rtl/tb_tern_matvec.sv", *MEMORY_RTL, *tern_sources()),
            params=parameters(cfg),
            includes=(VERILOG, VERILOG / "gen", VERILOG / "common"),
            kind="shared",
            cpp=BOARD_CPP,
            opt=opt,
        )
    )


def parameters(cfg: TernConfig) -> dict[str, int]:
    """Return the kernel's Verilog parameters."""
    return {
        "PORTS": cfg.ports,
        "PORT_W": cfg.port_bits,
        "OUTS": cfg.outs,
        "T_COLS": cfg.t_cols,
        "ACC_DEPTH": cfg.acc_depth,
        "X_SLOTS": cfg.x_slots,
    }


@dataclass(frozen=True)
class Outcome:
    """What one run left: error code and port, counters by name, beats of each port."""

    code: int
    port: int
    counters: dict[str, int]
    read_beats: tuple[int, ...]
    write_beats: tuple[int, ...]


class TernBench:
    """The kernel on a simulation memory. Port `p`'s arena is at p * 2^40 + 64 KiB."""

    def __init__(self, cfg: TernConfig, lib: Path, arena_bytes: int = 1 << 20) -> None:
        self.cfg = cfg
        self.model = SimModel(lib)
        self.memory = self.model.memory
        self.bytes = arena_bytes
        for port in range(cfg.ports):
            self.memory.attach(port, self.base(port), arena_bytes)
        self.set_bases()

    def set_bases(self) -> None:
        """Write the arenas' addresses and enable the interrupt; needed after each reset."""
        for port in range(self.cfg.ports):
            self.write64(Offset.PORT_BASE + 8 * port, self.base(port))
        self.model.write(Offset.GIE, 1)
        self.model.write(Offset.IER, 1)

    @staticmethod
    def base(port: int) -> int:
        return (port << 40) + ARENA

    def write64(self, offset: int, value: int) -> None:
        self.model.write(offset, value & 0xFFFFFFFF)
        self.model.write(offset + 4, value >> 32)

    def read64(self, offset: int) -> int:
        return self.model.read(offset) | self.model.read(offset + 4) << 32

    def store(self, offset: int, wide: Tensor) -> None:
        """Put wide beats at an offset of the arenas."""
        for port, part in enumerate(stripe(wide, self.cfg).numpy()):
            self.memory.at(port, self.base(port) + offset, part.size)[:] = part

    def load(self, offset: int, beats: int) -> Tensor:
        """Take wide beats from an offset of the arenas."""
        size = beats * self.cfg.port_bytes
        parts = [self.memory.at(port, self.base(port) + offset, size).copy() for port in range(self.cfg.ports)]
        return unstripe(torch.from_numpy(np.stack(parts)), self.cfg)

    def arguments(self, size: Tiling, offsets: Sequence[int]) -> None:
        self.model.write(Offset.ROW_TILES, size.row_tiles)
        self.model.write(Offset.COL_BLOCKS, size.col_blocks)
        self.model.write(Offset.VECTORS, size.vectors)
        for register, offset in zip((Offset.X_OFF, Offset.W_OFF, Offset.Y_OFF), offsets, strict=True):
            self.write64(register, offset)

    def go(self, limit: int = 400_000) -> None:
        """Start and wait for the interrupt, which is acknowledged."""
        self.model.write(Offset.CTRL, 1)
        self.model.run(limit)
        assert self.model.interrupt, f"no interrupt within {limit} cycles"
        self.model.write(Offset.ISR, 1)
        assert self.model.read(Offset.CTRL) & 0xE == 0xE, "not done, idle and ready"
        assert self.model.read(Offset.CTRL) & 0xF == 4, "done and ready do not clear on read"

    def outcome(self) -> Outcome:
        error = self.model.read(Offset.ERROR)
        ports = range(self.cfg.ports)
        return Outcome(
            code=error & 0xFF,
            port=error >> 8 & 0xFF,
            counters={name: self.read64(Offset[name]) for name in COUNTERS},
            read_beats=tuple(self.read64(Offset.RD_BEATS + 8 * p) for p in ports),
            write_beats=tuple(self.read64(Offset.WR_BEATS + 8 * p) for p in ports),
        )

    def product(self, w: Tensor, x: Tensor, gap: int = 0, limit: int = 400_000) -> tuple[Tensor, Outcome]:
        """Compute W X: int8 [M, K], int8 [K, V] -> int32 [M, V]; regions follow one another with `gap` free beats.

        The beats after Y are filled with a pattern before, and must hold it after.
        """
        cfg = self.cfg
        size = tiling(w.shape[0], w.shape[1], x.shape[1], cfg)
        x_off = gap * cfg.port_bytes
        w_off = x_off + (size.x_beats + gap) * cfg.port_bytes
        y_off = w_off + (size.w_beats + gap) * cfg.port_bytes
        self.store(x_off, pack_x(x, cfg))
        self.store(w_off, pack_weights(w, cfg))
        canary = torch.full((size.y_beats + 1, cfg.wide_bytes), 0xA5, dtype=torch.uint8)
        self.store(y_off, canary)
        self.arguments(size, (x_off, w_off, y_off))
        self.go(limit)
        after = self.load(y_off, size.y_beats + 1)
        assert torch.equal(after[-1], canary[-1]), "wrote beyond Y"
        words = after[:-1].reshape(-1).view(torch.int32)
        assert not words[size.row_tiles * size.vectors * cfg.outs :].any(), "the tail of Y's last beat is not zero"
        return unpack_y(after[:-1], w.shape[0], x.shape[1], cfg), self.outcome()


SIMS = ["verilator", pytest.param("icarus", marks=pytest.mark.icarus)]


def simulate_unit(unit: str, params: dict[str, int], sim: str) -> None:
    """Run the test of cocotb_tern_units.py that has the unit's name on a build of the unit."""
    simulate(unit, replaced(tern_sources()), params, "tests.rtl.cocotb_tern_units", testcase=unit, sim=sim)  # type: ignore[arg-type]
